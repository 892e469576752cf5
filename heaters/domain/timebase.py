"""Frames and seconds. Time is an integer frame of a constant-rate proxy, a rate is a Fraction, a range is
half-open `[start, end)`. Floats appear only for display.
"""

from dataclasses import dataclass
from fractions import Fraction

from heaters.domain.errors import InvalidJob


@dataclass(frozen=True, kw_only=True, order=True)
class FrameRange:
    """Frames `start_frame <= f < end_frame`; never empty, never negative."""

    start_frame: int
    end_frame: int

    def __post_init__(self) -> None:
        if not 0 <= self.start_frame < self.end_frame:
            raise InvalidJob(
                f"Frames [{self.start_frame}, {self.end_frame}) are not a range; "
                "start at 0 or later and end after the start.",
            )

    @property
    def frame_count(self) -> int:
        return self.end_frame - self.start_frame

    def contains(self, frame: int) -> bool:
        return self.start_frame <= frame < self.end_frame


def parse_rate(text: str) -> Fraction:
    """`"24/1"`, `"30000/1001"` or `"25"` as frames per second. Raises InvalidJob for anything not positive."""
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError) as exc:
        raise InvalidJob(f"{text!r} is not a frame rate; write it as 24/1 or 30000/1001.") from exc
    if rate <= 0:
        raise InvalidJob(f"{text!r} is not a frame rate; it must be positive.")
    return rate


def format_rate(rate: Fraction) -> str:
    """A rate as text that keeps its exact value: `"24/1"`."""
    return f"{rate.numerator}/{rate.denominator}"


def frame_to_seconds(frame: int, rate: Fraction) -> Fraction:
    """The exact time in seconds at which `frame` begins."""
    return Fraction(frame) / rate


def duration_to_frames(seconds: Fraction, rate: Fraction) -> int:
    """How many frames last at least `seconds`: rounded up, so that a minimum stays a minimum."""
    return -int(-seconds * rate // 1)


def samples_in(frames: FrameRange, rate: Fraction, sample_rate_hz: int) -> tuple[int, int]:
    """The half-open range of audio samples that sound while `frames` are shown, each end rounded to the nearest."""
    start = round(frame_to_seconds(frames.start_frame, rate) * sample_rate_hz)
    end = round(frame_to_seconds(frames.end_frame, rate) * sample_rate_hz)
    return start, end
