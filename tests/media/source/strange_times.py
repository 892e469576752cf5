"""Strange sources: edit lists, clocks that start anywhere, jump or wrap, and frames out of order."""

import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from heaters.domain.errors import SourceTooLarge
from tests.media.pictures import encode, run
from tests.media.source.strange_case import (
    AAC,
    X264,
    Case,
    Fails,
    Generator,
    Made,
    beep,
    cut,
    edited,
    file,
    signal,
    with_sound,
)

_BOTH = (*signal(), *beep(), *X264, *AAC, "-ac", "2")
_OPEN_GOP = (
    "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-x264-params",
    "open_gop=1:bframes=3:b-adapt=0:keyint=10:scenecut=0",
)  # fmt: skip
_SEAM = Made(frames=100, signal_frame=75, warnings=(r"seem damaged",))
_SOUND = with_sound(Made())
_AS_IT_IS = ("-avoid_negative_ts", "disabled", "-muxdelay", "0", "-muxpreload", "0")


def _copied(*options: str, muxer: str = "mp4", more: tuple[str, ...] = ()) -> Generator:
    """An ordinary MP4 copied, packet by packet, into another file."""

    def write(path: Path) -> None:
        whole = path.with_name("whole")
        file("mp4", *_BOTH)(whole)
        run("ffmpeg", "-v", "error", "-y", *options, "-i", whole, "-c", "copy", *more, "-f", muxer, path)

    return write


def _after_another(second: tuple[str, ...]) -> Generator:
    """A transport stream behind another one: the first is dark throughout."""

    def write(path: Path) -> None:
        first = encode(path.with_name("first"), *signal(at_s=9), *X264, "-f", "mpegts")
        last = encode(path.with_name("last"), *signal(at_s=1), *X264, *second, "-f", "mpegts")
        path.write_bytes(first.read_bytes() + last.read_bytes())

    return write


def _with_a_hole(
    muxer: str, hole_s: int, *, rate: str = "25", frames: int = 200, more: tuple[str, ...] = ()
) -> Generator:
    """A file whose second half is shown so much later."""
    later = f"setpts='PTS+gte(N,{frames // 2})*{hole_s}/TB'"
    moving = signal(size="64x48", rate=rate, duration_s=float(frames / Fraction(rate)), more=f",{later}")
    return file(
        muxer, *moving, "-fps_mode", "passthrough", "-enc_time_base", "1/1000", *X264, "-bf", "0", *more
    )


def _hours_later(data: bytes) -> bytes:
    """The twentieth picture that has a time of its own besides that of decoding claims to be thirteen hours later."""
    found = list(re.finditer(rb"\x00\x00\x01\xe0..[\x80-\xbf]\xc0.", data, re.DOTALL))[19]
    return data[: found.end()] + bytes([data[found.end()] ^ 8]) + data[found.end() + 1 :]


_HOLE = Fails(error=SourceTooLarge, words="2.0 hours after its second")

TIMES: Mapping[str, Case] = {
    "an edit list that cuts the start": Case(
        make=_copied("-ss", "0.48"), expect=replace(_SOUND, frames=38, signal_frame=13, heard_s=0.52)
    ),
    "an empty edit before the picture": Case(
        make=file("mp4", "-itsoffset", "0.4", *_BOTH, "-fps_mode", "vfr"),
        expect=replace(_SOUND, heard_s=0.6),
    ),
    "an empty edit before the sound": Case(
        make=file("mp4", *signal(), "-itsoffset", "0.4", *beep(), *X264, *AAC, "-ac", "2"),
        expect=replace(_SOUND, heard_s=1.4),
    ),
    "an MP4 that starts before zero": Case(
        make=_copied(more=("-output_ts_offset", "-0.48", *_AS_IT_IS[:2])),
        expect=replace(_SOUND, frames=38, signal_frame=13, heard_s=0.52),
    ),
    "a transport stream that starts before zero": Case(
        make=_copied(muxer="mpegts", more=("-output_ts_offset", "-0.48", *_AS_IT_IS)), expect=_SOUND
    ),
    "a transport stream that starts after a day": Case(
        make=_copied(muxer="mpegts", more=("-output_ts_offset", "86400")), expect=_SOUND
    ),
    "an MKV that starts after eleven days": Case(
        make=_copied(muxer="matroska", more=("-output_ts_offset", "1000000")), expect=_SOUND
    ),
    "a fragmented MP4 that starts after two hours": Case(
        make=_copied(more=("-an", "-output_ts_offset", "7200", "-movflags", "frag_keyframe+empty_moov")), expect=Made()
    ),
    "a clock of 33 bits that wraps": Case(
        make=_copied(muxer="mpegts", more=("-output_ts_offset", "95441.5")), expect=_SOUND
    ),
    "a clock that starts again": Case(
        make=_after_another(()), expect=_SEAM
    ),
    "a clock that jumps by an hour": Case(
        make=_after_another(("-output_ts_offset", "3600")), expect=_SEAM
    ),
    "a transport stream with one wrong bit in a time": Case(
        make=edited(file("mpegts", *signal(), *X264, "-bf", "2"), _hours_later),
        expect=Made(warnings=(r"1 frames were left out", r"repeated 1 times")),
    ),
    "B-frames": Case(make=file("mp4", *signal(), *beep(), *_OPEN_GOP, *AAC, "-ac", "2"), expect=_SOUND),
    "B-frames without an edit list": Case(
        make=file("mp4", *signal(), *_OPEN_GOP, "-use_editlist", "0"), expect=Made()
    ),
    "a transport stream whose start was cut off": Case(
        make=_copied("-ss", "0.5", muxer="mpegts"), expect=_SOUND
    ),
    "a transport stream that begins within a GOP": Case(
        make=cut(file("mpegts", *signal(), *_OPEN_GOP), 0.25),
        expect=Made(frames=range(25, 40), decoded=range(25, 40), signal_frame=None),
    ),
    "an MP4 without pictures for two hours": Case(make=_with_a_hole("mp4", 7200), expect=_HOLE),
    "a fragmented MP4 without pictures for two hours": Case(
        make=_with_a_hole("mp4", 7200, more=("-movflags", "frag_keyframe+empty_moov")), expect=_HOLE
    ),
    "an MKV without pictures for two hours": Case(make=_with_a_hole("matroska", 7200), expect=_HOLE),
    "an FLV without pictures for two hours": Case(make=_with_a_hole("flv", 7200), expect=_HOLE),
    "an ASF without pictures for two hours": Case(
        make=_with_a_hole("asf", 7200, more=("-c:v", "msmpeg4")), expect=_HOLE
    ),
    "an IVF without pictures for two hours": Case(
        make=_with_a_hole("ivf", 7200, more=("-c:v", "libvpx", "-deadline", "realtime")), expect=_HOLE
    ),
    "an MP4 without pictures for ten minutes": Case(
        make=_with_a_hole("mp4", 600, rate="1", frames=8),
        expect=Made(
            frames=608, size=(64, 48), rate=Fraction(1), signal_frame=1, decoded=8,
            warnings=(r"repeated 600 times to keep time, 10 minutes in all",),
        ),
    ),
}  # fmt: skip
