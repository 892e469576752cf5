"""SMPTE timecode: how editors write frames down. A label for a frame, never a time.

Counted at the nominal whole rate (24 for 24000/1001). Drop-frame, at 30000/1001 and 60000/1001 only, leaves out the
labels of the first 2 (4) frames of each minute but every tenth, so that it keeps up with the clock (SMPTE ST 12-1).
"""

import re
from fractions import Fraction
from math import ceil

from heaters.domain.errors import CutRefused
from heaters.domain.timebase import FrameRange

_DROPPED_PER_MINUTE = {Fraction(30000, 1001): 2, Fraction(60000, 1001): 4}
_TIMECODE = re.compile(r"(\d{2,3}):([0-5]\d):([0-5]\d)([:;.])(\d{2,3})", re.ASCII)


def is_drop_frame(rate: Fraction) -> bool:
    """Whether timecode of this rate leaves labels out."""
    return rate in _DROPPED_PER_MINUTE


def format_timecode(frame: int, rate: Fraction) -> str:
    """`"01:00:00:00"`, or `"01:00:00;00"` where frames are dropped; hours go on past 24."""
    nominal, dropped = ceil(rate), _DROPPED_PER_MINUTE.get(rate, 0)
    per_minute = 60 * nominal - dropped
    tens, rest = divmod(frame, 10 * per_minute + dropped)
    label = frame + dropped * (9 * tens + max(rest - dropped, 0) // per_minute)
    seconds, frames = divmod(label, nominal)
    separator = ";" if dropped else ":"
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{separator}{frames:02}"


def format_ends(frames: FrameRange, rate: Fraction) -> tuple[str, str]:
    """The timecode of the first frame, and of the one behind the last, as editors count."""
    return format_timecode(frames.start_frame, rate), format_timecode(frames.end_frame, rate)


def parse_timecode(text: str, rate: Fraction, *, drop_frame: bool | None = None) -> int:
    """The frame that `text` names, counted from 00:00:00:00.

    `drop_frame` None: as the rate has it. Raises CutRefused for what is not a timecode, or a label that is left out.
    """
    nominal = ceil(rate)
    dropped = _DROPPED_PER_MINUTE.get(rate, 0) if drop_frame in (None, True) else 0
    match = _TIMECODE.fullmatch(text)
    if match is None or int(match[5]) >= nominal:
        raise CutRefused(f"{text[:40]!r} is not a timecode at {nominal} frames a second; write hh:mm:ss:ff.")
    hours, minutes, seconds, frames = (int(match[part]) for part in (1, 2, 3, 5))
    total_minutes = 60 * hours + minutes
    if seconds == 0 and frames < dropped and minutes % 10:
        raise CutRefused(f"Drop-frame timecode has no {text}; the next frame is :{dropped:02}.")
    label = (60 * total_minutes + seconds) * nominal + frames
    return label - dropped * (total_minutes - total_minutes // 10)
