"""One row of the table of strange sources: how the file comes to be, and what must become of it.

Most rows show a signal: the left half of a moving picture turns from black to white at one second, and a beep
begins. Where both land in the proxy says that time, order and sync were kept.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path

from heaters.domain.errors import HeatersError
from tests.media.pictures import encode

Generator = Callable[[Path], object]
"""Writes the source to the path it is given, whose name says nothing of what it is."""


@dataclass(frozen=True, kw_only=True)
class Shows:
    """Which pictures, by number, of those that ffmpeg generates from `of`, the frames of a proxy show."""

    of: tuple[str, ...]
    numbers: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Made:
    """A proxy: its frames, and the frame at which the signal is seen and heard (None: there is none).

    `decoded` is how many frames left the decoder, as many as the proxy has unless it is said; a range where ffmpeg's
    releases differ in what they rescue. `warnings` are patterns, one for each warning and in their order.
    `heard_throughout` is whether a tone never stops once it began. `colour` is that of the whole picture.
    """

    frames: int | range = 50
    size: tuple[int, int] = (160, 120)
    rate: Fraction = Fraction(25)
    channels: int = 0
    decoded: int | range | None = None
    lost: int | range = 0
    warnings: tuple[str, ...] = ()
    signal_frame: int | None = 25
    heard_s: float | None = 1.0
    is_source: bool = False
    shows: Shows | None = None
    heard_throughout: bool = False
    colour: tuple[int, int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Fails:
    """A typed error whose message has `words`."""

    error: type[HeatersError]
    words: str


@dataclass(frozen=True, kw_only=True)
class Case:
    make: Generator
    expect: Made | Fails


X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac")
FASTSTART = ("-movflags", "+faststart")


def signal(
    *, size: str = "160x120", rate: str = "25", duration_s: float = 2, at_s: float = 1, more: str = ""
) -> tuple[str, ...]:
    """The moving picture whose left half turns white, as ffmpeg's input; `more` are filters."""
    half = "x=0:y=0:w=iw/2:h=ih:t=fill"
    graph = (
        f"testsrc2=size={size}:rate={rate}:duration={duration_s},"
        f"drawbox={half}:color=black:enable='lt(t,{at_s})',drawbox={half}:color=white:enable='gte(t,{at_s})'"
    )
    return ("-f", "lavfi", "-i", f"{graph}{more}")


def beep(*, duration_s: float = 2, at_s: float = 1, rate_hz: int = 48000) -> tuple[str, ...]:
    """Silence, then a tone, as ffmpeg's input."""
    tone = f"aevalsrc='if(gte(t,{at_s}),0.8*sin(2*PI*1000*t),0)':sample_rate={rate_hz}:duration={duration_s}"
    return ("-f", "lavfi", "-i", tone)


def file(muxer: str, *arguments: str) -> Generator:
    """A file that ffmpeg makes of `arguments` in the format `muxer`; many cases begin with the same one."""
    return lambda path: path.write_bytes(_encoded(muxer, arguments))


@cache
def _encoded(muxer: str, arguments: tuple[str, ...]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return encode(Path(folder) / "source", *arguments, "-f", muxer).read_bytes()


def contents(data: bytes) -> Generator:
    """A file of exactly these bytes."""
    return lambda path: path.write_bytes(data)


def edited(make: Generator, change: Callable[[bytes], bytes]) -> Generator:
    """The file that `make` writes, its bytes changed."""

    def write(path: Path) -> None:
        make(path)
        path.write_bytes(change(path.read_bytes()))

    return write


def cut(make: Generator, start: float, end: float = 1.0) -> Generator:
    """The part of a file from `start` to `end`, as fractions of its length."""
    return edited(make, lambda data: data[int(start * len(data)) : int(end * len(data))])


def with_sound(made: Made, channels: int = 2) -> Made:
    return replace(made, channels=channels)


def patch(data: bytes, after: bytes, offset: int, value: bytes) -> bytes:
    """`data` with `value` written `offset` bytes behind the first `after`."""
    at = data.index(after) + len(after) + offset
    return data[:at] + value + data[at + len(value) :]
