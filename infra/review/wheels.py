"""What the review API's function imports beside its own code: wheels for Lambda, as the zip of a layer.

review_api/requirements.txt says which packages, uv.lock which versions. The zip is kept under .tools, so that they are
fetched once for each state of the two. Never runs any of the packages.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from infra.pipeline.container_images import REPOSITORY
from infra.review.zip_files import unpacked_bytes, write_zip

RUNTIME = "python3.13"
"""Debian 13's version, which the images have as well."""

UNPACKED_LIMIT_BYTES = 250 * 1024**2
"""Lambda's quota for a function together with its layers."""

_PLATFORM = "x86_64-manylinux_2_34"  # glibc of Amazon Linux 2023
_REQUIREMENTS = REPOSITORY / "review_api" / "requirements.txt"
_LOCK = REPOSITORY / "uv.lock"
_KEPT = REPOSITORY / ".tools" / "wheels"
_EMPTY = _KEPT / "empty.zip"
_IMPORT_ROOT = "python"  # where a layer's packages are found

_LEFT_OUT_FOLDERS = frozenset({"bin", "tests", "__pycache__"})
_LEFT_OUT_FILES = frozenset({"RECORD", "INSTALLER", "REQUESTED", "uv_cache.json"})
"""Scripts and what installers note name this machine's paths."""


class PackageTooLarge(Exception):
    """The function would be refused by Lambda."""


def wheels_zip() -> Path:
    """The layer's zip, made unless it is there. Raises PackageTooLarge when it leaves no room for the code."""
    path = _KEPT / f"{_key()}.zip"
    if not path.is_file():
        _KEPT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="heaters-wheels-") as name:
            _install(Path(name))
            write_zip(path, _wanted_files(Path(name)))
        for old in set(_KEPT.glob("*.zip")) - {path, _EMPTY}:
            old.unlink(missing_ok=True)
    check_size(unpacked_bytes(path))
    return path


def empty_zip() -> Path:
    """Stands in for the layer where only templates are wanted."""
    _KEPT.mkdir(parents=True, exist_ok=True)
    write_zip(_EMPTY, [])
    return _EMPTY


def check_size(size_bytes: int) -> None:
    if size_bytes > UNPACKED_LIMIT_BYTES:
        raise PackageTooLarge(
            f"The review API's packages take {size_bytes / 1024**2:.0f} MiB unpacked and Lambda allows "
            f"{UNPACKED_LIMIT_BYTES / 1024**2:.0f}; remove one from {_REQUIREMENTS.relative_to(REPOSITORY)}."
        )


def _key() -> str:
    digest = hashlib.sha256(f"{RUNTIME} {_PLATFORM}".encode())
    for path in (Path(__file__), _REQUIREMENTS, _LOCK):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _install(folder: Path) -> None:
    """Unpack the locked versions into `folder`; only wheels, so that nothing is built or run here."""
    uv = _find_uv()
    locked = folder.with_suffix(".locked")
    export = ["export", "--frozen", "--all-extras", "--no-dev", "--no-emit-project", "--no-hashes"]
    install = [
        "pip", "install", "--target", str(folder), "--python", sys.executable,
        "--python-version", RUNTIME.removeprefix("python"), "--python-platform", _PLATFORM,
        "--only-binary", ":all:", "--requirement", str(_REQUIREMENTS), "--constraint", str(locked),
    ]  # fmt: skip
    try:
        subprocess.run([uv, *export, "--quiet", "--output-file", str(locked)], cwd=REPOSITORY, check=True)
        subprocess.run([uv, *install, "--quiet"], cwd=REPOSITORY, check=True)
    finally:
        locked.unlink(missing_ok=True)


def _find_uv() -> str:
    places = os.pathsep.join((str(REPOSITORY / ".tools" / "bin"), os.environ.get("PATH", os.defpath)))
    return shutil.which("uv", path=places) or "uv"


def _wanted_files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if (
            path.is_file()
            and path.name not in _LEFT_OUT_FILES
            and not _LEFT_OUT_FOLDERS & set(name.parts[:-1])
        ):
            yield f"{_IMPORT_ROOT}/{name.as_posix()}", path
