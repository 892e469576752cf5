"""`make bench`: run every comparison and print the table that docs/benchmarks.md records."""

import platform
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

from bench.measure import describe_machine
from bench.media import compare_detection, compare_export, compare_proxy_pass
from bench.scenes import print_scoreboard
from bench.sources import REPOSITORY, SECONDS, compose_source
from heaters.media.probe import probe
from heaters.media.proxy import make_proxy


def main() -> None:
    folder = REPOSITORY / ".heaters" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    source = compose_source(folder)
    ffmpeg = subprocess.run(
        ["ffmpeg", "-version"], capture_output=True, text=True, check=True
    ).stdout.split()[2]
    versions = ", ".join(f"{name} {version(name)}" for name in ("av", "scenedetect", "numpy"))
    print(f"{describe_machine()}; Python {platform.python_version()}, ffmpeg {ffmpeg}, {versions}.")
    print(
        f"Source: {SECONDS} s of 1080p24 H.264. Ratio: ours over the peer's, medians of interleaved rounds.\n"
    )
    print("| what | ours | peer | ratio | target | rounds |\n|---|---|---|---|---|---|")
    print(compare_proxy_pass(source).row(), flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        made = make_proxy(source, probe(source), folder=Path(scratch))
        print(compare_detection(source, made).row(), flush=True)
        export, median_s, bytes_ratio = compare_export(made)
    print(export.row())
    print(
        f"\nExport of a 3 s 1080p clip: p50 {median_s * 1000:.1f} ms; bytes read over written {bytes_ratio:.4f}.\n"
    )
    print_scoreboard()


if __name__ == "__main__":
    main()
