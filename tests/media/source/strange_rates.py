"""Strange sources: rates that headers state falsely, leave out or round, and pictures that containers leave empty."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from tests.media.pictures import run
from tests.media.source.strange_case import X264, Case, Generator, Made, Shows, file, signal

_PLAIN = (*X264, "-bf", "0")
_MILLISECONDS = ("-enc_time_base", "1/1000", "-fps_mode", "passthrough", *_PLAIN)
_NO_DURATIONS = ("-enc_time_base", "1/90000", "-fps_mode", "vfr", *_PLAIN)
_THIRTY = signal(rate="30", duration_s=1, at_s=0.5)
_SIXTY = signal(rate="60", duration_s=1, at_s=0.5)
_LAST_IS_LATE = signal(rate="60", duration_s=1, at_s=0.5, more=",setpts='PTS+eq(N,59)/TB'")
_FAST = signal(rate="600", duration_s=0.05, at_s=0.025)
_EVERY_THIRD = signal(duration_s=4, more=",select='not(mod(n,3))'")


def _slowed(path: Path) -> None:
    """Frames at 240 a second, copied to be shown eight times as long on a clock that has no room for the last."""
    fast = path.with_name("fast")
    file("mp4", *signal(rate="240", duration_s=0.4, at_s=0.2), *X264)(fast)
    run(
        "ffmpeg", "-v", "error", "-y", "-itsscale", "8", "-i", fast, "-c", "copy", "-video_track_timescale", "600",
        "-f", "mp4", path,
    )  # fmt: skip


def _all(made: Made, of: tuple[str, ...]) -> Made:
    """Every frame, in order, once."""
    assert isinstance(made.frames, int)
    return Made(
        frames=made.frames, rate=made.rate, signal_frame=made.signal_frame,
        shows=Shows(of=of, numbers=tuple(range(made.frames))),
    )  # fmt: skip


def _fast(rate: str, duration_s: float) -> Case:
    pictures = signal(rate=rate, duration_s=duration_s, at_s=duration_s / 2)
    frames = round(int(rate) * duration_s)
    made = Made(frames=frames, rate=Fraction(rate), signal_frame=frames // 2)
    return Case(make=file("mp4", *pictures, *X264), expect=_all(made, pictures))


def _case(make: Generator, pictures: tuple[str, ...], *, frames: int, rate: int) -> Case:
    made = Made(frames=frames, rate=Fraction(rate), signal_frame=frames // 2)
    return Case(make=make, expect=_all(made, pictures))


RATES: Mapping[str, Case] = {
    "a last frame that is a second late": Case(
        make=file("mp4", *_LAST_IS_LATE, "-fps_mode", "passthrough", "-enc_time_base", "1/600", *_PLAIN),
        expect=Made(
            frames=120, rate=Fraction(60), decoded=60, signal_frame=30, warnings=(r"repeated 60 times",),
            shows=Shows(of=_SIXTY, numbers=(*range(59), *[58] * 60, 59)),
        ),
    ),
    "300 frames a second": _fast("300", 0.5),
    "1,000 frames a second": _fast("1000", 0.1),
    "a slow-motion copy": Case(make=_slowed, expect=Made(frames=96, rate=Fraction(30), signal_frame=48)),
    "packets that do not say how long they last": _case(
        file("matroska", *_THIRTY, *_NO_DURATIONS), _THIRTY, frames=30, rate=30
    ),
    "packets that do not say how long they last in an MP4": _case(
        file("mp4", *_THIRTY, *_NO_DURATIONS), _THIRTY, frames=30, rate=30
    ),
    "a second of MKV on a clock of milliseconds": _case(
        file("matroska", *_THIRTY, *_MILLISECONDS), _THIRTY, frames=30, rate=30
    ),
    "a second of FLV on a clock of milliseconds": _case(
        file("flv", *_THIRTY, *_MILLISECONDS), _THIRTY, frames=30, rate=30
    ),
    "600 frames a second in an MKV": _case(file("matroska", *_FAST, *_PLAIN), _FAST, frames=30, rate=600),
    "600 frames a second in an FLV": _case(file("flv", *_FAST, *_PLAIN), _FAST, frames=30, rate=600),
    "an AVI with empty chunks": Case(
        make=file(
            "avi", *_EVERY_THIRD, "-fps_mode", "passthrough", "-enc_time_base", "1/25", "-c:v", "mpeg4", "-q:v", "2"
        ),
        expect=Made(
            frames=100, decoded=34, signal_frame=27, warnings=(r"repeated 66 times",),
            shows=Shows(of=signal(duration_s=4), numbers=tuple(n - n % 3 for n in range(100))),
        ),
    ),
}  # fmt: skip
