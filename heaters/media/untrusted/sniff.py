"""What a file is, by its content: the container's demuxer, or why it is not a video.

Only what this module names is ever opened by ffmpeg. File names and extensions are never looked at.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from heaters.domain.errors import UnsupportedMedia

_HEAD_BYTES = 64 * 1024
_TS_PACKETS = 5  # sync bytes in a row that cannot be chance
_PS_PACKS = 3  # likewise for pack headers
_PACK = b"\x00\x00\x01\xba"
_H264_SEQUENCE = re.compile(rb"\x00\x00\x01[\x27\x47\x67]")


@dataclass(frozen=True, kw_only=True)
class Container:
    """A container that Heaters reads. `demuxer` is ffmpeg's name for what opens it."""

    name: str
    demuxer: str


MP4 = Container(name="mp4", demuxer="mov")
MATROSKA = Container(name="matroska", demuxer="matroska")
WEBM = Container(name="webm", demuxer="matroska")
MPEGTS = Container(name="mpegts", demuxer="mpegts")
MPEG_PS = Container(name="mpeg", demuxer="mpeg")
MPEG_VIDEO = Container(name="mpegvideo", demuxer="mpegvideo")
H264 = Container(name="h264", demuxer="h264")
HEVC = Container(name="hevc", demuxer="hevc")
AVI = Container(name="avi", demuxer="avi")
FLV = Container(name="flv", demuxer="flv")
ASF = Container(name="asf", demuxer="asf")
OGG = Container(name="ogg", demuxer="ogg")
MXF = Container(name="mxf", demuxer="mxf")
GIF = Container(name="gif", demuxer="gif")
DV = Container(name="dv", demuxer="dv")
IVF = Container(name="ivf", demuxer="ivf")
Y4M = Container(name="y4m", demuxer="yuv4mpegpipe")
ADTS = Container(name="adts", demuxer="aac")
MP3 = Container(name="mp3", demuxer="mp3")

_MP4_BOXES = frozenset(
    {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp", b"moof", b"sidx", b"uuid"},
)
_PICTURE_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif"})


def _is_mp4(head: bytes) -> bool:
    return head[4:8] in _MP4_BOXES


def _is_matroska(head: bytes) -> bool:
    return head.startswith(b"\x1a\x45\xdf\xa3") and b"matroska" in head[:4096]


def _is_webm(head: bytes) -> bool:
    return head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head[:4096]


def _is_mpegts(head: bytes) -> bool:
    """Sync bytes 188, 192 (M2TS) or 204 (with FEC) apart, from anywhere within the first packets on."""
    for stride in (188, 192, 204):
        span = stride * (_TS_PACKETS - 1)
        for start in range(min(4 * stride, len(head) - span)):
            if all(head[start + i * stride] == 0x47 for i in range(_TS_PACKETS)):
                return True
    return False


def _is_mpeg_ps(head: bytes) -> bool:
    """Pack headers from the first byte on, or behind what a recorder put before them, or from the middle of a pack."""
    return head.startswith(_PACK) or head.count(_PACK) >= _PS_PACKS


def _is_mxf(head: bytes) -> bool:
    """SMPTE ST 377-1: up to 64 KiB of anything may run in before the header partition's key."""
    return b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02" in head


def _first_unit(head: bytes) -> bytes:
    """The two bytes with which the first unit of a bare stream begins: Annex B of H.264 and of HEVC."""
    for start in (b"\x00\x00\x00\x01", b"\x00\x00\x01"):
        if head.startswith(start):
            return head[len(start) : len(start) + 2]
    return b""


def _is_h264(head: bytes) -> bool:
    """Parameters of a sequence (7), behind a delimiter (9) or information (6) or at once."""
    unit = _first_unit(head)
    return (
        bool(unit) and unit[0] >> 7 == 0 and unit[0] & 0x1F in (6, 7, 9) and bool(_H264_SEQUENCE.search(head))
    )


def _is_hevc(head: bytes) -> bool:
    """Parameters of video (32) and sequence (33), behind a delimiter (35) or information (39) or at once."""
    unit = _first_unit(head)
    return (
        len(unit) == 2
        and unit[1] == 1
        and unit[0] >> 1 in (32, 33, 35, 39)
        and b"\x00\x00\x01\x42\x01" in head
    )


def _starts(*magics: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(magics)


_CONTAINERS: tuple[tuple[Callable[[bytes], bool], Container], ...] = (
    (_is_mp4, MP4),
    (_is_webm, WEBM),
    (_is_matroska, MATROSKA),
    (lambda head: head[:4] == b"RIFF" and head[8:11] == b"AVI", AVI),
    (_starts(b"\x00\x00\x01\xb3"), MPEG_VIDEO),
    (_starts(b"FLV\x01"), FLV),
    (_starts(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"), ASF),
    (_starts(b"OggS"), OGG),
    (_starts(b"GIF87a", b"GIF89a"), GIF),
    (_starts(b"\x1f\x07\x00"), DV),
    (_starts(b"DKIF"), IVF),
    (_starts(b"YUV4MPEG2 "), Y4M),
    (_is_hevc, HEVC),
    (_is_h264, H264),
    (_is_mpegts, MPEGTS),
    (_is_mpeg_ps, MPEG_PS),
    (_is_mxf, MXF),
)
"""Tests in order; the first that fits decides."""

_SOUNDS: tuple[tuple[Callable[[bytes], bool], Container], ...] = (
    (_starts(b"\xff\xf1", b"\xff\xf9"), ADTS),
    (_starts(b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2"), MP3),
)

_NOT_VIDEOS: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (lambda head: head[4:8] == b"ftyp" and head[8:12] in _PICTURE_BRANDS, "a still picture (HEIF or AVIF)"),
    (_starts(b"#EXTM3U", b"ffconcat", b"[playlist]"), "a playlist"),
    (_starts(b"\xff\xd8\xff"), "a JPEG picture"),
    (_starts(b"\x89PNG"), "a PNG picture"),
    (_starts(b"BM"), "a BMP picture"),
    (lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP", "a WebP picture"),
    (lambda head: head[:4] == b"RIFF" and head[8:12] == b"WAVE", "a sound file (WAV)"),
    (_starts(b"ID3", b"fLaC", b"\xff\xfb", b"\xff\xf1", b"\xff\xf9"), "a sound file"),
    (_starts(b"%PDF"), "a PDF document"),
    (_starts(b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b"), "an archive"),
    (_starts(b"\x7fELF", b"MZ"), "a program"),
)


_OTHER_VIDEOS: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (_starts(b"\xb7\xd8\x00\x20\x37\x49\xda\x11"), "a recording of Windows Media Center (WTV)"),
    (_starts(b"nut/multimedia container\0"), "a NUT file"),
    (_starts(b".RMF"), "a RealMedia file"),
)
"""Videos in formats that are too rare to be worth the risk of one more demuxer."""


def sniff(path: Path) -> Container:
    """The container of the file at `path`. Raises UnsupportedMedia, saying what the file is instead of a video."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    return identify(head)


def sniff_sound(path: Path) -> Container:
    """The container of a sound track that came apart from its picture: bare AAC or MP3, or any of `sniff`."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    bare = head
    if head.startswith(b"ID3") and len(head) >= 10:  # ID3v2: the tag's length in four bytes of seven bits
        length = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
        bare = head[10 + length :]
    for fits, container in _SOUNDS:
        if fits(bare):
            return container
    return identify(head)


def identify(head: bytes) -> Container:
    """The container of a file that begins with `head` (64 KiB are plenty). Raises UnsupportedMedia."""
    if not head:
        raise UnsupportedMedia("The file is empty (0 bytes); upload it again.")
    for fits, what in _NOT_VIDEOS:
        if fits(head):
            raise UnsupportedMedia(f"The file is {what}, not a video; upload the video itself.")
    for fits, what in _OTHER_VIDEOS:
        if fits(head):
            raise UnsupportedMedia(f"The file is {what}; convert it to MP4 or MKV and upload that.")
    for fits, container in _CONTAINERS:
        if fits(head):
            return container
    if _is_text(head):
        raise UnsupportedMedia("The file is text, not a video; upload the video itself.")
    if not head.strip(b"\0"):
        raise UnsupportedMedia(
            "The file begins with nothing but zeros; its upload was cut short. Upload it again."
        )
    raise UnsupportedMedia(
        "The file is not in a video format that can be read; convert it to MP4 or MKV and upload that.",
    )


def _is_text(head: bytes) -> bool:
    """Whether nearly every character can be printed; a character cut in half at the end of `head` does no harm."""
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    text = head.decode(encoding, errors="replace")
    strange = sum(not (char.isprintable() or char in "\t\n\r\f\ufeff") or char == "\ufffd" for char in text)
    return strange <= 1 + len(text) // 100
