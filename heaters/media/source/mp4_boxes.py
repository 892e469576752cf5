"""The boxes of an MP4: what they are called and where they lie. Reads eight or sixteen bytes of each and no more.

Box layout: ISO/IEC 14496-12.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MAX_BOXES = 10_000


@dataclass(frozen=True, kw_only=True)
class Box:
    """One box: its type and where its payload is, `[start, end)`."""

    kind: bytes
    start: int
    end: int


def read_boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
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


def top_boxes(path: Path) -> list[Box]:
    """The outermost boxes of the file at `path`, in order."""
    with path.open("rb") as file:
        return list(read_boxes(file, 0, file.seek(0, 2)))


def find_box(file: BinaryIO, box: Box, *path: bytes) -> Box | None:
    """The first box at `path` inside `box`."""
    for kind in path:
        inner = next((child for child in children(file, box) if child.kind == kind), None)
        if inner is None:
            return None
        box = inner
    return box


def children(file: BinaryIO, box: Box) -> Iterator[Box]:
    return read_boxes(file, box.start, box.end)


def read_payload(file: BinaryIO, box: Box, size_bytes: int) -> bytes:
    file.seek(box.start)
    return file.read(min(size_bytes, box.end - box.start))


def picture_kinds(path: Path) -> list[bytes]:
    """What each picture track's first sample description is called, for instance `avc1`."""
    kinds = []
    with path.open("rb") as file:
        for moov in (box for box in top_boxes(path) if box.kind == b"moov"):
            for trak in (box for box in children(file, moov) if box.kind == b"trak"):
                handler = find_box(file, trak, b"mdia", b"hdlr")
                table = find_box(file, trak, b"mdia", b"minf", b"stbl", b"stsd")
                if handler and table and read_payload(file, handler, 12)[8:] == b"vide":
                    kinds.append(read_payload(file, table, 16)[12:])
    return kinds


def is_fragmented(path: Path) -> bool:
    """Whether the index says that pictures come in fragments, each with an index of its own."""
    with path.open("rb") as file:
        indexes = [box for box in top_boxes(path) if box.kind == b"moov"]
        return any(find_box(file, moov, b"mvex") is not None for moov in indexes)
