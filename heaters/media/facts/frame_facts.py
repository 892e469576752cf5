"""What each frame is like, as it is stored beside the scores. Needs numpy alone; never looks at a picture.

Layout, little-endian, so that the rows of some frames can be had by a ranged read without the rest:

    0       header      HEADER_BYTES: `_HEADER`
    32      rows        frame_count records of ROW
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heaters.domain.errors import InvalidJob
from heaters.domain.timebase import FrameRange
from heaters.media.sound.levels import SoundLevels, silence_of_frames

ROW = np.dtype(
    [
        ("brightness", "<f2"), ("contrast", "<f2"), ("black", "<f2"), ("sharpness", "<f2"), ("motion", "<f2"),
        ("borders", "<f2", 4), ("silence", "<f2"),
    ]
)  # fmt: skip
"""Facts of one frame, of the small picture that is scored.

`brightness` and `contrast` are mean and standard deviation of luma, of which 0 is black and 1 is white. `black` is the
share of black pixels. `sharpness` is the root mean square of luma's Laplacian, `motion` the mean absolute change of
luma since the frame before, 0 in the first one; both as shares of 255. `borders` is how far black bars reach into the
picture from above, below, left and right, as shares of its height or width; all 1 in a frame that is black. `silence`
is the share of the frame's time in which nothing is heard.
"""

Rows = NDArray[Any]

_MAGIC = b"HTRFACTS"
_VERSION = 1
_HEADER = struct.Struct("<8sHHIIQ4x")
"""magic, version, bytes of a row, rate's numerator and denominator, frames."""

HEADER_BYTES = _HEADER.size


@dataclass(frozen=True, kw_only=True, eq=False)
class FrameFacts:
    """Facts of frames that follow each other at `rate`; `rows` is (n,) ROW."""

    rate: Fraction
    rows: Rows

    @property
    def frame_count(self) -> int:
        return len(self.rows)

    def to_bytes(self) -> bytes:
        """The same facts give the same bytes."""
        rate = self.rate
        header = _HEADER.pack(
            _MAGIC, _VERSION, ROW.itemsize, rate.numerator, rate.denominator, self.frame_count
        )
        return header + self.rows.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> "FrameFacts":
        """What `to_bytes` wrote. Raises InvalidJob for anything else."""
        try:
            magic, version, row_bytes, numerator, denominator, count = _HEADER.unpack_from(data)
        except struct.error as exc:
            raise InvalidJob("The stored facts cannot be read; make the proxy again.") from exc
        if (magic, version, row_bytes) != (_MAGIC, _VERSION, ROW.itemsize) or len(data) != size_bytes(count):
            raise InvalidJob("The stored facts are not of this version; make the proxy again.")
        return cls(rate=Fraction(numerator, denominator), rows=np.frombuffer(data, ROW, offset=HEADER_BYTES))


def size_bytes(frame_count: int) -> int:
    """How large the facts of so many frames are when they are stored."""
    return HEADER_BYTES + frame_count * ROW.itemsize


def place_of_rows(frames: FrameRange) -> tuple[int, int]:
    """Where the rows of `frames` are stored: offset and number of bytes. `read_rows` reads what is there."""
    return HEADER_BYTES + frames.start_frame * ROW.itemsize, frames.frame_count * ROW.itemsize


def read_rows(data: bytes) -> Rows:
    """Raises InvalidJob for what is broken off."""
    if len(data) % ROW.itemsize:
        raise InvalidJob("The stored facts are broken off; make the proxy again.")
    return np.frombuffer(data, ROW)


def with_silence(facts: FrameFacts, levels: SoundLevels) -> FrameFacts:
    """The same facts, in which each frame is as silent as the sound is at its time."""
    rows = facts.rows.copy()
    rows["silence"] = silence_of_frames(levels, rate=facts.rate, frame_count=facts.frame_count)
    return replace(facts, rows=rows)


def without_first(facts: FrameFacts, count: int) -> FrameFacts:
    """The facts of the frames after the first `count`."""
    return replace(facts, rows=facts.rows[count:])


def join_facts(parts: Sequence[FrameFacts]) -> FrameFacts:
    """The facts of all parts' frames, in order."""
    return replace(parts[0], rows=np.concatenate([part.rows for part in parts]))
