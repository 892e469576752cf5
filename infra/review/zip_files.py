"""Zip archives whose bytes follow from names and contents alone: the same files make the same asset anywhere."""

import os
from collections.abc import Iterable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_EPOCH = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16


def write_zip(path: Path, files: Iterable[tuple[str, Path]]) -> None:
    """Pack `(name in the archive, file)`. Nothing is left at `path` when this is interrupted."""
    making = path.with_suffix(f".{os.getpid()}.new")
    with ZipFile(making, "w", ZIP_DEFLATED) as archive:
        for name, file in sorted(files):
            _add(archive, name, file.read_bytes())
    making.rename(path)


def settle_zip(path: Path) -> None:
    """Pack an archive anew, without its dates, permissions and order."""
    making = path.with_suffix(".new")
    with ZipFile(path) as given, ZipFile(making, "w", ZIP_DEFLATED) as archive:
        for name in sorted(given.namelist()):
            _add(archive, name, given.read(name))
    making.rename(path)


def unpacked_bytes(path: Path) -> int:
    with ZipFile(path) as archive:
        return sum(entry.file_size for entry in archive.infolist())


def _add(archive: ZipFile, name: str, content: bytes) -> None:
    entry = ZipInfo(name, _EPOCH)
    entry.compress_type, entry.external_attr = ZIP_DEFLATED, _READABLE
    archive.writestr(entry, content)
