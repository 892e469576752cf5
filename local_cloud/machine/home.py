"""The folder that holds one local cloud's state: held by one process at a time, with a secret and logs of its own."""

import fcntl
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local_cloud.machine.settings import LocalCloudError


@contextmanager
def hold_home(home: Path) -> Iterator[None]:
    """Be the only cloud on this state until the block ends. Raises LocalCloudError while another one is."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise LocalCloudError(
                f"Heaters is running in this checkout already (state in {home}); stop it first, or give this one "
                "a state of its own with HEATERS_HOME and HEATERS_PORT."
            ) from exc
        yield


def keep_secret(path: Path) -> str:
    """The secret key that signs media links; made once, so that links outlive a restart."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24))
    return path.read_text()


def keep_library_logs(logs: Path) -> None:
    """What moto, werkzeug and this package log goes to a file: the terminal is for people."""
    logs.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(logs / "moto.log")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    for old in [h for h in root.handlers if isinstance(h, logging.FileHandler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
