"""Read the boxes of an MP4 to see whether it is laid out like a proxy. Decodes nothing, trusts nothing.

Box layout: ISO/IEC 14496-12.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MAX_INDEX_BYTES = 64 * 1024**2
_MAX_BOXES = 10_000


@dataclass(frozen=True, kw_only=True)
class Box:
    """One box: its type and where its payload is, `[start, end)`."""

    kind: bytes
    start: int
    end: int


def is_plain_all_intra(path: Path) -> bool:
    """Whether the MP4's index precedes its media and promises sync samples only, of one length, none hidden.

    True only for unfragmented files whose single picture track has no `stss` (every sample is a sync sample), one
    entry in `stts` (constant rate), no `ctts` (no reordering) and no edit beyond playing it from its start.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        top = list(_boxes(file, 0, size))
        kinds = [box.kind for box in top]
        if (
            kinds.count(b"moov") != 1
            or kinds.count(b"mdat") != 1
            or kinds.index(b"moov") > kinds.index(b"mdat")
        ):
            return False
        moov = top[kinds.index(b"moov")]
        if moov.end - moov.start > _MAX_INDEX_BYTES or _find(file, moov, b"mvex"):
            return False
        pictures = [
            trak for trak in _children(file, moov) if trak.kind == b"trak" and _is_picture(file, trak)
        ]
        return len(pictures) == 1 and _is_plain_track(file, pictures[0])


def _is_picture(file: BinaryIO, trak: Box) -> bool:
    handler = _find(file, trak, b"mdia", b"hdlr")
    return handler is not None and _read(file, handler, 12)[8:12] == b"vide"


def _is_plain_track(file: BinaryIO, trak: Box) -> bool:
    table = _find(file, trak, b"mdia", b"minf", b"stbl")
    lengths = table and _find(file, table, b"stts")
    if not table or not lengths or _find(file, table, b"stss") or _find(file, table, b"ctts"):
        return False
    edits = _find(file, trak, b"edts", b"elst")
    return _count(file, lengths) == 1 and (edits is None or _plays_from_start(file, edits))


def _plays_from_start(file: BinaryIO, edits: Box) -> bool:
    body = _read(file, edits, 28)
    if len(body) < 20 or _count(file, edits) != 1:
        return False
    media_time = (
        struct.unpack_from(">q", body, 16)[0] if body[0] == 1 else struct.unpack_from(">i", body, 12)[0]
    )
    return bool(media_time == 0)


def _count(file: BinaryIO, table: Box) -> int:
    body = _read(file, table, 8)
    return int.from_bytes(body[4:8], "big") if len(body) == 8 else 0


def _find(file: BinaryIO, box: Box, *path: bytes) -> Box | None:
    """The first box at `path` inside `box`."""
    for kind in path:
        inner = next((child for child in _children(file, box) if child.kind == kind), None)
        if inner is None:
            return None
        box = inner
    return box


def _children(file: BinaryIO, box: Box) -> Iterator[Box]:
    return _boxes(file, box.start, box.end)


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """The boxes in `[start, end)`; ends at the first that does not fit."""
    for _ in range(_MAX_BOXES):
        file.seek(start)
        header = file.read(16)
        if start + 8 > end or len(header) < 8:
            return
        size, head = int.from_bytes(header[:4], "big"), 8
        if size == 1:
            size, head = int.from_bytes(header[8:16], "big"), 16
        elif size == 0:
            size = end - start
        if size < head or start + size > end:
            return
        yield Box(kind=header[4:8], start=start + head, end=start + size)
        start += size


def _read(file: BinaryIO, box: Box, size_bytes: int) -> bytes:
    file.seek(box.start)
    return file.read(min(size_bytes, box.end - box.start))
