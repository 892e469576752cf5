"""Strange sources: what is no video at all, and headers that promise what is not there."""

import gzip
import io
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from fractions import Fraction

from heaters.domain.errors import DamagedMedia, SourceTooLarge, UnsupportedMedia
from tests.media.source.strange_case import (
    AAC,
    FASTSTART,
    X264,
    Case,
    Fails,
    Made,
    beep,
    contents,
    edited,
    file,
    patch,
    signal,
    with_sound,
)

_MP4 = file("mp4", *signal(), *beep(), *X264, *AAC, "-ac", "2", *FASTSTART)
_SILENT = file("mp4", *signal(), *X264, *FASTSTART)
_UNEVEN = file(
    "mp4", *signal(more=",select='not(between(n,10,20)*mod(n,3))'"), "-fps_mode", "vfr", *X264, *FASTSTART
)
_VP8 = file("ivf", *signal(), "-c:v", "libvpx", "-deadline", "realtime")
_RATE_IS_FALSE = Fails(error=DamagedMedia, words="correct its frame rate")
_SOUND = with_sound(Made())


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("video.mp4", bytes(5000))
    return buffer.getvalue()


def _no_video(data: bytes, words: str) -> Case:
    return Case(make=contents(data), expect=Fails(error=UnsupportedMedia, words=words))


def _picture(muxer: str, codec: str, words: str) -> Case:
    make = file(muxer, *signal(), "-frames:v", "1", "-c:v", codec)
    return Case(make=make, expect=Fails(error=UnsupportedMedia, words=words))


def _u32(number: int) -> bytes:
    return struct.pack(">I", number)


def _flooded_vp8(data: bytes) -> bytes:
    """Every key frame of this IVF says that it is 16383x16383."""
    size = struct.pack("<2H", 0x3FFF, 0x3FFF)
    parts = data.split(b"\x9d\x01\x2a")
    return b"\x9d\x01\x2a".join([parts[0], *(size + part[4:] for part in parts[1:])])


def _duration(box: bytes, offset: int) -> Callable[[bytes], bytes]:
    return lambda data: patch(data, box, offset, _u32(0x7FFFFFFF))


def _without_delays(data: bytes) -> bytes:
    return re.sub(
        rb"\x21\xf9\x04(.)..", lambda found: b"\x21\xf9\x04" + found[1] + bytes(2), data, flags=re.DOTALL
    )


_GIF_HEAD = b"GIF89a" + struct.pack("<2H", 65535, 65535) + b"\xf0\0\0" + b"\0\0\0\xff\xff\xff"
_GIF_IMAGE = b"\x2c" + struct.pack("<4H", 0, 0, 65535, 65535) + b"\0\x02\x02\x4c\x01\0\x3b"
_FAST_Y4M = b"YUV4MPEG2 W16 H16 F1000000000:1 Ip A1:1 C420jpeg\n" + 50 * (b"FRAME\n" + bytes(384))
_HUGE_Y4M = b"YUV4MPEG2 W30000 H30000 F25:1 Ip A1:1 C420jpeg\nFRAME\n" + bytes(5000)
_LONG_FRAME = 0x7FFFFFFF

FRAUDS: Mapping[str, Case] = {
    "nothing": _no_video(b"", "empty"),
    "one byte": _no_video(b"\0", "text"),
    "zeros": _no_video(bytes(100_000), "zeros"),
    "text": _no_video(b"This is not a video.\n" * 100, "text"),
    "a web page": _no_video(b"<!doctype html><html><video src=a.mp4></video></html>", "text"),
    "a drawing": _no_video(b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "text"),
    "a playlist": _no_video(b"#EXTM3U\n#EXTINF:2,\nfile:///etc/hostname\n", "playlist"),
    "a concat script": _no_video(b"ffconcat version 1.0\nfile /etc/hostname\n", "playlist"),
    "a DASH manifest": _no_video(b"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'/>", "text"),
    "a ZIP archive": _no_video(_zip(), "archive"),
    "a gzipped video": _no_video(gzip.compress(bytes(5000)), "archive"),
    "a PDF": _no_video(b"%PDF-1.7\n", "PDF"),
    "a program": _no_video(b"\x7fELF" + bytes(5000), "program"),
    "chance": _no_video(bytes((i * i * 31 + i * 7) % 251 for i in range(9000)), "not in a video format"),
    "a JPEG": _picture("mjpeg", "mjpeg", "JPEG"),
    "a PNG": _picture("image2pipe", "png", "PNG"),
    "a WebP": _picture("webp", "libwebp", "WebP"),
    "a BMP": _picture("image2pipe", "bmp", "BMP"),
    "a TIFF": _picture("image2pipe", "tiff", "not"),
    "an AVIF": _picture("avif", "libaom-av1", "still picture"),
    "the first bytes of an MP4 alone": Case(
        make=contents(b"\0\0\0\x18ftypisom\0\0\2\0isommp41"), expect=Fails(error=DamagedMedia, words="again")
    ),
    "the first bytes of an MKV alone": Case(
        make=contents(b"\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska"), expect=Fails(error=DamagedMedia, words="ends after")
    ),
    "an MP4 whose codec nobody knows": Case(
        make=edited(_SILENT, lambda data: data.replace(b"avc1", b"xyz9")),
        expect=Fails(error=UnsupportedMedia, words="cannot be decoded"),
    ),
    "a GIF that claims 65535x65535": Case(
        make=contents(_GIF_HEAD + _GIF_IMAGE), expect=Fails(error=SourceTooLarge, words="65535x65535")
    ),
    "raw pictures that claim 30000x30000": Case(
        make=contents(_HUGE_Y4M), expect=Fails(error=SourceTooLarge, words="30000x30000")
    ),
    "VP8 that claims 16383x16383": Case(
        make=edited(_VP8, _flooded_vp8), expect=Fails(error=SourceTooLarge, words="16383x16383")
    ),
    "an MP4 whose track claims 30000x30000": Case(
        make=edited(_MP4, lambda data: patch(data, b"avc1", 24, struct.pack(">2H", 30000, 30000))), expect=_SOUND
    ),
    "an MKV that claims 30000x30000": Case(
        make=edited(
            file("matroska", *signal(), *X264),
            lambda data: data.replace(b"\xb0\x81\xa0\xba\x81\x78", b"\xb0\x81\xff\xba\x81\xff"),
        ),
        expect=Made(),
    ),
    "a billion frames a second": Case(
        make=contents(_FAST_Y4M), expect=_RATE_IS_FALSE
    ),
    "an MP4 of a billion frames a second": Case(
        make=edited(_SILENT, lambda data: patch(data, b"mdhd", 12, _u32(1_000_000_000))), expect=_RATE_IS_FALSE
    ),
    "an MP4 of four billion frames": Case(
        make=edited(_SILENT, lambda data: patch(data, b"stts", 8, _u32(0xFFFFFFF0))), expect=Made()
    ),
    "an MP4 whose first frame lasts for days": Case(
        make=edited(_SILENT, lambda data: patch(data, b"stts", 12, _u32(_LONG_FRAME))),
        expect=Fails(error=SourceTooLarge, words="hours"),
    ),
    "an MP4 whose first frames last for hours": Case(
        make=edited(
            _UNEVEN,
            lambda data: patch(data, b"stts", 12, _u32(100_000_000)),
        ),
        expect=Fails(error=SourceTooLarge, words="hours"),
    ),
    "an MP4 whose header says that it lasts for days": Case(
        make=edited(_MP4, _duration(b"mvhd", 16)), expect=_SOUND
    ),
    "an MP4 whose track says that it lasts for days": Case(
        make=edited(_MP4, _duration(b"mdhd", 16)), expect=_SOUND
    ),
    "an AVI that claims no frames": Case(
        make=edited(file("avi", *signal(), "-c:v", "mpeg4"), lambda data: patch(data, b"strh", 36, bytes(4))),
        expect=Made(),
    ),
    "an AVI that claims a billion frames a second": Case(
        make=edited(
            file("avi", *signal(), "-c:v", "mpeg4"),
            lambda data: patch(data, b"strh", 24, struct.pack("<2I", 1, 1_000_000_000)),
        ),
        expect=_RATE_IS_FALSE,
    ),
    "an MKV that claims to last for years": Case(
        make=edited(
            file("matroska", *signal(), *X264),
            lambda data: patch(data, b"\x44\x89\x88", 0, struct.pack(">d", 1e12)),
        ),
        expect=Made(),
    ),
    "a GIF without delays": Case(
        make=edited(file("gif", *signal()), _without_delays),
        expect=Made(rate=Fraction(10)),
    ),
    "an MP4 that says it is WebM": Case(
        make=edited(_MP4, lambda data: data.replace(b"ftypisom", b"ftypwebm")), expect=_SOUND
    ),
}  # fmt: skip
