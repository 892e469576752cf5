"""Strange sources: broadcasts, as recorders cut them, mix programmes in them and change their pictures."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from tests.media.pictures import encode
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
    signal,
    with_sound,
)

_LONG = signal(duration_s=8, at_s=6)
_SOUND = with_sound(Made(), 1)
_TS_PACKET_BYTES = 188
_MPEG2 = ("-c:v", "mpeg2video", "-q:v", "2")
_ALONE = ("-muxdelay", "0", "-f", "mpegts")


def _without_first_twentieth(data: bytes) -> bytes:
    return data[len(data) // _TS_PACKET_BYTES // 20 * _TS_PACKET_BYTES :]


def _with_earlier_sound(*more: str, maps: str) -> Generator:
    """A picture and its sound, and another track that begins 0.6 seconds before them."""
    late = ("-itsoffset", "0.6")
    tracks = (*late, *signal(), *late, *beep(), *beep(at_s=9), *more)
    chosen = tuple(part for number in maps for part in ("-map", number))
    return file("mpegts", *tracks, *chosen, *X264, *AAC)


def _one_after_another(*parts: tuple[str, ...]) -> Generator:
    """Transport streams of a second each, joined."""

    def write(path: Path) -> None:
        joined = b""
        for number, arguments in enumerate(parts):
            part = encode(
                path.with_name(f"part{number}"), *arguments, "-output_ts_offset", str(number), *_ALONE
            )
            joined += part.read_bytes()
        path.write_bytes(joined)

    return write


_MOVING = signal(duration_s=1, at_s=9)
_FIELDS = (
    *signal(rate="50", duration_s=1, at_s=0, more=",interlace=scan=tff"), *X264, "-bf", "0", "-flags", "+ildct+ilme",
    "-x264-params", "tff=1",
)  # fmt: skip
_WHITE = ("-f", "lavfi", "-i", "color=white:size=720x576:rate=25:duration=1")
_NARROW, _WIDE = (("-vf", f"setsar={aspect}", *_MPEG2, "-bf", "0") for aspect in ("16/15", "64/45"))

STREAMS: Mapping[str, Case] = {
    "a transport stream that begins within a long GOP": Case(
        make=edited(file("mpegts", *_LONG, *X264, "-bf", "0", "-g", "120"), _without_first_twentieth),
        expect=Made(frames=80, signal_frame=30, shows=Shows(of=_LONG, numbers=tuple(range(120, 200)))),
    ),
    "an unused track that begins before the others": Case(
        make=_with_earlier_sound(maps="012"), expect=replace(_SOUND, shows=Shows(of=signal(), numbers=tuple(range(50))))
    ),
    "a radio programme before the picture's": Case(
        make=file(
            "mpegts", *signal(), *beep(at_s=9), *beep(), "-map", "1", "-map", "0", "-map", "2", *X264, "-c:a", "mp2",
            "-program", "title=Radio:program_num=1:st=0", "-program", "title=TV:program_num=2:st=1:st=2",
        ),
        expect=_SOUND,
    ),
    "progressive pictures, then fields": Case(
        make=_one_after_another((*_MOVING, *X264, "-bf", "0"), _FIELDS), expect=Made(warnings=(r"seem damaged",))
    ),
    "a shape that changes from 4:3 to 16:9": Case(
        make=_one_after_another((*_WHITE, *_NARROW), (*_WHITE, *_WIDE)),
        expect=Made(
            frames=range(49, 51), decoded=range(49, 51), size=(768, 576), signal_frame=None,
            warnings=(r"seem damaged",),
        ),
    ),
    "a rate that a short broadcast states falsely": Case(
        make=file("mpegts", *signal(rate="30000/1001"), *X264, "-bf", "0"),
        expect=Made(frames=60, rate=Fraction(30000, 1001), signal_frame=30),
    ),
}  # fmt: skip
