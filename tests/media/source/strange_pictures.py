"""Strange sources: pictures of unusual shape, depth, colour, order and rate."""

import struct
from collections.abc import Mapping
from fractions import Fraction

from tests.media.source.strange_case import X264, Case, Generator, Made, edited, file, patch, signal

_RAW = ("-c:v", "ffv1")
_HDR = ("-colorspace", "bt2020nc", "-color_primaries", "bt2020", "-x265-params")
_X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le")
_PQ = "log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
_PQ_CONSTANT = "log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020c"
_GUESSED = (r"HDR, but not in which colours; BT.2020 was assumed",)
_HLG = "log-level=none:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc"


def _turned(matrix: tuple[int, int, int, int]) -> Generator:
    """An MP4 whose track header has this display matrix (a, b, c, d), its numbers in 16.16."""
    a, b, c, d = (n << 16 for n in matrix)
    words = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    return edited(file("mp4", *signal(), *X264), lambda data: patch(data, b"tkhd", 40, words))


def _fields(first: str) -> tuple[str, ...]:
    return (*signal(rate="50", more=f",interlace=scan={first}"), "-flags", "+ildct+ilme")


def _red(size: str, frames: int = 10) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"color=red:size={size}:rate=25:duration={frames / 25}")


_UNEVEN = "select='not(between(n,10,20)*mod(n,3))'"

PICTURES: Mapping[str, Case] = {
    "frames left out by a phone": Case(
        make=file("mp4", *signal(), "-vf", _UNEVEN, "-fps_mode", "vfr", *X264),
        expect=Made(decoded=42, warnings=(r"frames were repeated 8 times",)),
    ),
    "variable rate on a clock of milliseconds": Case(
        make=file("matroska", *signal(), "-vf", _UNEVEN, "-fps_mode", "vfr", *X264),
        expect=Made(decoded=42, warnings=(r"frames were repeated",)),
    ),
    "turned by 90 degrees": Case(make=_turned((0, 1, -1, 0)), expect=Made(size=(120, 160))),
    "turned by 180 degrees": Case(make=_turned((-1, 0, 0, -1)), expect=Made()),
    "turned by 270 degrees": Case(make=_turned((0, -1, 1, 0)), expect=Made(size=(120, 160))),
    "mirrored": Case(make=_turned((-1, 0, 0, 1)), expect=Made()),
    "a display matrix of zeros": Case(make=_turned((0, 0, 0, 0)), expect=Made()),
    "upper field first": Case(
        make=file("mpeg", *_fields("tff"), "-c:v", "mpeg2video", "-top", "1"), expect=Made()
    ),
    "lower field first": Case(
        make=file("mpegts", *_fields("bff"), "-c:v", "mpeg2video", "-top", "0"), expect=Made()
    ),
    "interlaced H.264": Case(
        make=file("mp4", *_fields("tff"), *X264, "-x264-params", "tff=1"), expect=Made()
    ),
    "fields of a single row": Case(
        make=file("matroska", *signal(more=",scale=64:2,setfield=tff"), *_RAW), expect=Made(size=(64, 2))
    ),
    "fields of five rows": Case(
        make=file("matroska", *signal(more=",scale=64:5,setfield=bff"), *_RAW), expect=Made(size=(64, 4))
    ),
    "fields of four rows in each plane": Case(
        make=file("matroska", *signal(more=",scale=16:16,setsar=1,setfield=tff"), *_RAW, "-pix_fmt", "yuv410p"),
        expect=Made(size=(16, 16)),
    ),
    "wide pixels": Case(make=file("mp4", *signal(), "-vf", "setsar=4/3", *X264), expect=Made(size=(212, 120))),
    "narrow pixels": Case(make=file("mp4", *signal(), "-vf", "setsar=8/9", *X264), expect=Made(size=(160, 136))),
    "pixels a thousand times as wide as high": Case(
        make=file("matroska", *signal(), "-vf", "setsar=1000/1", *_RAW), expect=Made()
    ),
    "odd width and height": Case(
        make=file("matroska", *signal(more=",scale=161:121"), *_RAW, "-pix_fmt", "yuv420p"), expect=Made()
    ),
    "odd height alone": Case(make=file("matroska", *signal(more=",scale=160:119"), *_RAW), expect=Made()),
    "one row of pixels": Case(make=file("matroska", *signal(more=",scale=64:1"), *_RAW), expect=Made(size=(64, 2))),
    "two pixels": Case(make=file("matroska", *signal(more=",scale=2:1"), *_RAW), expect=Made(size=(2, 2))),
    "wider than 1080p": Case(
        make=file("mp4", *signal(size="4096x100", rate="5"), *X264),
        expect=Made(frames=10, rate=Fraction(5), size=(1920, 46), signal_frame=5),
    ),
    "taller than 1080p": Case(
        make=file("mp4", *signal(size="100x2400", rate="5"), *X264),
        expect=Made(frames=10, rate=Fraction(5), size=(80, 1920), signal_frame=5),
    ),
    "above 1080p": Case(
        make=file("mp4", *signal(size="2048x1536", rate="5", duration_s=1.2), *X264),
        expect=Made(frames=6, rate=Fraction(5), size=(1440, 1080), signal_frame=5),
    ),
    "10 bits": Case(make=file("mp4", *signal(), *_X265, "-x265-params", "log-level=none"), expect=Made()),
    "12 bits": Case(make=file("matroska", *signal(), *_RAW, "-pix_fmt", "yuv420p12le"), expect=Made()),
    "HDR with PQ": Case(make=file("mp4", *signal(), *_X265, "-color_trc", "smpte2084", *_HDR, _PQ), expect=Made()),
    "HDR with HLG": Case(
        make=file("mp4", *signal(), *_X265, "-color_trc", "arib-std-b67", *_HDR, _HLG), expect=Made()
    ),
    "HDR in an odd size": Case(
        make=file(
            "matroska", *signal(more=",scale=161:121"), *_RAW, "-pix_fmt", "yuv420p10le", "-color_trc", "smpte2084",
            "-colorspace", "bt2020nc", "-color_primaries", "bt2020",
        ),
        expect=Made(),
    ),
    "PQ without primaries or matrix": Case(
        make=file("mp4", *signal(), *_X265, "-x265-params", "log-level=none:transfer=smpte2084"),
        expect=Made(warnings=_GUESSED),
    ),
    "PQ with constant luminance": Case(
        make=file("mp4", *signal(), *_X265, "-x265-params", _PQ_CONSTANT), expect=Made(warnings=_GUESSED)
    ),
    "standard definition in MPEG-2 that does not say its colours": Case(
        make=file("vob", *_red("720x576"), "-c:v", "mpeg2video", "-q:v", "2"),
        expect=Made(frames=10, size=(720, 576), signal_frame=None, colour=(255, 0, 0)),
    ),
    "standard definition of 480 lines that does not say its colours": Case(
        make=file("mp4", *_red("720x480"), *X264), expect=Made(
            frames=10, size=(720, 480), signal_frame=None, colour=(255, 0, 0)
        ),
    ),
    "DV that does not say its colours": Case(
        make=file("dv", *_red("720x576", 30), "-c:v", "dvvideo", "-pix_fmt", "yuv420p"),
        expect=Made(frames=30, size=(768, 576), signal_frame=None, colour=(255, 0, 0)),
    ),
    "4:2:2": Case(make=file("mp4", *signal(), *X264[:4], "-pix_fmt", "yuv422p"), expect=Made()),
    "4:4:4": Case(make=file("mp4", *signal(), *X264[:4], "-pix_fmt", "yuv444p"), expect=Made()),
    "4:1:1": Case(make=file("matroska", *signal(), *_RAW, "-pix_fmt", "yuv411p"), expect=Made()),
    "RGB": Case(make=file("mp4", *signal(), "-c:v", "libx264rgb", "-preset", "ultrafast"), expect=Made()),
    "grey": Case(make=file("matroska", *signal(), *_RAW, "-pix_fmt", "gray"), expect=Made()),
    "16-bit grey": Case(make=file("matroska", *signal(), *_RAW, "-pix_fmt", "gray16le"), expect=Made()),
    "full range": Case(make=file("mp4", *signal(), *X264[:4], "-pix_fmt", "yuvj420p"), expect=Made()),
    "BT.601 colours": Case(make=file("mp4", *signal(), *X264, "-colorspace", "smpte170m"), expect=Made()),
    "BT.2020 colours with constant luminance": Case(
        make=file("mp4", *signal(), *X264, "-colorspace", "bt2020c"), expect=Made()
    ),
    "alpha in QuickTime Animation": Case(
        make=file("mov", *signal(), "-c:v", "qtrle", "-pix_fmt", "argb"), expect=Made()
    ),
    "alpha in VP9": Case(
        make=file("webm", *signal(), "-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p", "-deadline", "realtime"),
        expect=Made(),
    ),
    "alpha in ProRes 4444": Case(
        make=file("mov", *signal(), "-c:v", "prores_ks", "-pix_fmt", "yuva444p10le"), expect=Made()
    ),
    "120 frames a second": Case(
        make=file("mp4", *signal(rate="120"), *X264),
        expect=Made(frames=240, rate=Fraction(120), signal_frame=120),
    ),
    "one frame a second": Case(
        make=file("mp4", *signal(rate="1"), *X264), expect=Made(frames=2, rate=Fraction(1), signal_frame=1)
    ),
    "a slide every four seconds": Case(
        make=file("mp4", *signal(rate="1/4", duration_s=8, at_s=4), *X264),
        expect=Made(
            frames=8, rate=Fraction(1), signal_frame=4, decoded=2, warnings=(r"frames were repeated 6 times",)
        ),
    ),
}  # fmt: skip
