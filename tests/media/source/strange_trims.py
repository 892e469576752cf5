"""Strange sources: trimmed without encoding, as phones and editors do, so that some packets are not to be seen."""

import struct
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path

from tests.media.pictures import run
from tests.media.source.strange_case import (
    AAC,
    X264,
    Case,
    Generator,
    Made,
    Shows,
    beep,
    edited,
    file,
    patch,
    signal,
    with_sound,
)

_LONG = signal(duration_s=6, at_s=4.4)
_PLAIN = (*_LONG, *X264, "-bf", "0", "-g", "250")
_WITH_B = (*_LONG, "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "250")
_WITH_SOUND = (*_LONG, *beep(duration_s=6, at_s=4.4), *X264, "-bf", "0", "-g", "250", *AAC)
_SHORT = signal(at_s=1)
_UNEVEN = signal(rate="50", duration_s=4, at_s=2.4, more=",select='not(between(n,20,150)*mod(n,3))'")


def _trimmed(start_s: float, *whole: str, muxer: str = "mp4", later_s: float = 0) -> Generator:
    """What is left of an MP4 after `start_s`, copied packet by packet from the key frame before, shown `later_s`."""
    late = ("-output_ts_offset", str(later_s)) if later_s else ()

    def write(path: Path) -> None:
        source = path.with_name("whole")
        file("mp4", *whole)(source)
        run(
            "ffmpeg",
            "-v",
            "error",
            "-y",
            "-ss",
            str(start_s),
            "-i",
            source,
            "-c",
            "copy",
            *late,
            "-f",
            muxer,
            path,
        )

    return write


def _edit(offset: int, value: int) -> Callable[[bytes], bytes]:
    """A change of the first edit: its duration is 8 bytes behind the name of its list, its start 12."""
    return lambda data: patch(data, b"elst", offset, struct.pack(">i", value))


def _frames(first: int, end: int, of: tuple[str, ...] = _LONG) -> Shows:
    return Shows(of=of, numbers=tuple(range(first, end)))


_SIXTY_FIVE = Made(frames=65, signal_frame=25, shows=_frames(85, 150))
_REPEATED = (r"frames were repeated",)

TRIMS: Mapping[str, Case] = {
    "a trim within a long group of pictures": Case(make=_trimmed(3.4, *_PLAIN), expect=_SIXTY_FIVE),
    "a trim within a long group of pictures, with sound": Case(
        make=_trimmed(3.4, *_WITH_SOUND), expect=with_sound(_SIXTY_FIVE, 1)
    ),
    "a trim within a long group of B-frames": Case(make=_trimmed(3.4, *_WITH_B), expect=_SIXTY_FIVE),
    "a trim in QuickTime": Case(make=_trimmed(3.4, *_PLAIN, muxer="mov"), expect=_SIXTY_FIVE),
    "a trim to the last frames": Case(
        make=_trimmed(5.52, *_PLAIN), expect=Made(frames=12, signal_frame=None, shows=_frames(138, 150))
    ),
    "a trim at variable rate": Case(
        make=_trimmed(1, *_UNEVEN, "-fps_mode", "vfr", *X264, "-bf", "0", "-g", "250"),
        expect=Made(frames=150, rate=Fraction(50), decoded=83, signal_frame=69, warnings=_REPEATED),
    ),
    "an edit from the start of B-frames, whose first comes later": Case(
        make=edited(
            file("mp4", *_SHORT, "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"), _edit(12, 0)
        ),
        expect=Made(frames=48, shows=_frames(0, 48, _SHORT)),
    ),
    "an empty edit that delays what it leaves": Case(
        make=_trimmed(3.4, *_PLAIN, later_s=0.8),
        expect=Made(frames=85, signal_frame=45, shows=_frames(65, 150)),
    ),
    "an edit that ends just behind the start of its last frame": Case(
        make=edited(file("mp4", *_SHORT, *X264, "-bf", "0"), _edit(8, 1970)), expect=Made(shows=_frames(0, 50, _SHORT))
    ),
}  # fmt: skip
