"""Find out that a file is several, put behind each other byte by byte: players and ffmpeg show the first of them.

Reads a few bytes of each outermost element. Transport streams and AVIs can be joined, and are read to their end.
"""

from pathlib import Path
from typing import BinaryIO

from heaters.media.source.facts import FrameTimes
from heaters.media.source.mp4_boxes import is_fragmented, top_boxes
from heaters.media.untrusted.sniff import MATROSKA, MP4, WEBM, Container

_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_GOES_ON = 0.9
_MOST_ELEMENTS = 100
_BOX_HEAD_BYTES = 8


def find_second_file(path: Path, container: Container, times: FrameTimes | None) -> int | None:
    """Where in the file at `path` another one begins, of which nothing is seen; None if it is one.

    A live stream may begin afresh with every change and go on counting time: `times` of all its frames then follow
    each other, and all are seen.
    """
    if times and times.usual_share >= _GOES_ON and (container is not MP4 or is_fragmented(path)):
        return None
    if container is MP4:
        return _second_mp4(path)
    if container in (MATROSKA, WEBM):
        with path.open("rb") as file:
            return _second_matroska(file)
    return None


def _second_mp4(path: Path) -> int | None:
    """Behind an index and pictures, a new beginning with an index of its own."""
    boxes = top_boxes(path)
    kinds = [box.kind for box in boxes]
    if kinds.count(b"moov") < 2:
        return None
    first = kinds.index(b"moov")
    second = kinds.index(b"moov", first + 1)
    starts = [n for n, kind in enumerate(kinds[:second]) if n and kind == b"ftyp"]
    if not starts and kinds.count(b"mdat") < 2:  # a copy of the same index
        return None
    return boxes[starts[-1] if starts else second].start - _BOX_HEAD_BYTES


def _second_matroska(file: BinaryIO) -> int | None:
    """RFC 8794: an element is its id, its length and its contents; a new header stands where the segment ends."""
    at, size = 0, file.seek(0, 2)
    for number in range(_MOST_ELEMENTS):
        file.seek(at)
        head = file.read(12)
        if number and head[:4] == _EBML:
            return at
        length = _ebml_length(head[4:]) if head[:4] in (_EBML, _SEGMENT) else None
        if length is None or at + length >= size:
            return None
        at += length
    return None


def _ebml_length(data: bytes) -> int | None:
    """The length of an element with an id of four bytes, id and length included; None where it is left open."""
    if not data or not data[0]:
        return None
    width = 9 - data[0].bit_length()
    if len(data) < width:
        return None
    value = int.from_bytes(data[:width], "big") & ((1 << 7 * width) - 1)
    return None if value == (1 << 7 * width) - 1 else 4 + width + value
