"""Runs a local cloud on a ready assembly until it is told to stop: `hold.py HOME ASSEMBLY`. Prints its URL."""

import signal
import sys
import threading
from pathlib import Path

from local_cloud.cloud import start_local_cloud
from local_cloud.machine.settings import LocalCloudError, LocalSettings


def main(home: Path, assembly: Path) -> int:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        with start_local_cloud(LocalSettings(home=home, assembly=assembly)) as cloud:
            print(cloud.url, cloud.bucket, flush=True)
            stop.wait()
    except LocalCloudError as exc:
        print(exc, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
