"""What an object of a bucket is: a version with its headers and tags, bytes in a file, or an upload not yet done."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_BLOCK = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of an object; `headers` are what the uploader set (Content-Type, x-amz-meta-…)."""

    key: str
    version_id: str
    size: int
    etag: str
    modified_s: float
    is_marker: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Upload:
    upload_id: str
    bucket: str
    key: str
    headers: dict[str, str]
    tags: dict[str, str]


def read_blocks(path: Path, start: int = 0, size: int | None = None) -> Iterator[bytes]:
    """The bytes `[start, start + size)` of a file, a megabyte at a time."""
    left = path.stat().st_size - start if size is None else size
    with path.open("rb") as file:
        file.seek(start)
        while left > 0 and (block := file.read(min(_BLOCK, left))):
            left -= len(block)
            yield block
