"""Runs the CDK app, and only when something that it reads has changed. The result is kept by the hash of its inputs."""

import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from local_cloud.machine.processes import Children, open_log
from local_cloud.machine.settings import REPOSITORY, LocalCloudError, base_environment

_INPUTS = (
    "infra/**/*.py", "heaters/__init__.py", "heaters/domain/**/*.py", "containers/*/Dockerfile", "cdk.json", "uv.lock",
)  # fmt: skip
"""What the templates follow from. The rest of the code changes only fingerprints in them, and the routes of the API;
nothing here reads either.
"""
_KEPT = 3


def synthesize(cache: Path, children: Children, say: Callable[[str], None]) -> Path:
    """The folder of an up-to-date cloud assembly. Raises LocalCloudError with the app's own words if it fails."""
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / _hash_inputs()
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "manifest.json").exists():
            say("synthesizing the stacks: the first time, or what they are made from has changed")
            _run_app(folder, children)
            _drop_old(cache, keep=folder)
        os.utime(folder)
    return folder


def find_inputs() -> list[Path]:
    """Every file that the hash is made from."""
    return sorted(path for pattern in _INPUTS for path in REPOSITORY.glob(pattern) if path.is_file())


def _hash_inputs() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in find_inputs():
        digest.update(str(path.relative_to(REPOSITORY)).encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _run_app(folder: Path, children: Children) -> None:
    output = folder.with_name(f"{folder.name}.{os.getpid()}")
    log = folder.with_name("synth.log")
    log.unlink(missing_ok=True)
    environment = base_environment() | {
        "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
    }
    argv = [sys.executable, "-m", "infra.app", "--output", str(output)]
    with open_log(log) as said:
        code = children.wait(children.start(argv, env=environment, log=said))
    if code != 0 or not (output / "manifest.json").exists():
        shutil.rmtree(output, ignore_errors=True)
        raise LocalCloudError(f"The CDK app failed:\n{log.read_text(errors='replace')[-4000:]}")
    shutil.rmtree(folder, ignore_errors=True)
    output.rename(folder)


def _drop_old(cache: Path, *, keep: Path) -> None:
    folders = sorted(
        (p for p in cache.iterdir() if p.is_dir() and p != keep), key=lambda p: p.stat().st_mtime
    )
    for old in folders[: max(0, len(folders) - _KEPT + 1)]:
        shutil.rmtree(old, ignore_errors=True)
