"""Read the boxes of an MP4 to see whether it is laid out like a proxy. Decodes nothing, trusts nothing."""

import struct
from pathlib import Path
from typing import BinaryIO

from heaters.media.source.mp4_boxes import Box, children, find_box, read_boxes, read_payload

_MAX_INDEX_BYTES = 64 * 1024**2


def is_plain_all_intra(path: Path) -> bool:
    """Whether the MP4's index precedes its media and promises sync samples only, of one length, none hidden.

    True only for unfragmented files whose single picture track has no `stss` (every sample is a sync sample), one
    entry in `stts` (constant rate), no `ctts` (no reordering) and no edit beyond playing it from its start.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        top = list(read_boxes(file, 0, size))
        kinds = [box.kind for box in top]
        if (
            kinds.count(b"moov") != 1
            or kinds.count(b"mdat") != 1
            or kinds.index(b"moov") > kinds.index(b"mdat")
        ):
            return False
        moov = top[kinds.index(b"moov")]
        if moov.end - moov.start > _MAX_INDEX_BYTES or find_box(file, moov, b"mvex"):
            return False
        pictures = [trak for trak in children(file, moov) if trak.kind == b"trak" and _is_picture(file, trak)]
        return len(pictures) == 1 and _is_plain_track(file, pictures[0])


def _is_picture(file: BinaryIO, trak: Box) -> bool:
    handler = find_box(file, trak, b"mdia", b"hdlr")
    return handler is not None and read_payload(file, handler, 12)[8:12] == b"vide"


def _is_plain_track(file: BinaryIO, trak: Box) -> bool:
    table = find_box(file, trak, b"mdia", b"minf", b"stbl")
    lengths = table and find_box(file, table, b"stts")
    if not table or not lengths or find_box(file, table, b"stss") or find_box(file, table, b"ctts"):
        return False
    edits = find_box(file, trak, b"edts", b"elst")
    return _count(file, lengths) == 1 and (edits is None or _plays_from_start(file, edits))


def _plays_from_start(file: BinaryIO, edits: Box) -> bool:
    body = read_payload(file, edits, 28)
    if len(body) < 20 or _count(file, edits) != 1:
        return False
    media_time = (
        struct.unpack_from(">q", body, 16)[0] if body[0] == 1 else struct.unpack_from(">i", body, 12)[0]
    )
    return bool(media_time == 0)


def _count(file: BinaryIO, table: Box) -> int:
    body = read_payload(file, table, 8)
    return int.from_bytes(body[4:8], "big") if len(body) == 8 else 0
