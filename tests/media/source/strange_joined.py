"""Strange sources: several files in one, parts of a file, and what other tools put before or around a video."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from heaters.domain.errors import UnsupportedMedia
from tests.media.pictures import encode, run
from tests.media.source.strange_case import (
    AAC,
    X264,
    Case,
    Fails,
    Generator,
    Made,
    Shows,
    beep,
    edited,
    file,
    signal,
    with_sound,
)

_FRAGMENTS = ("-movflags", "frag_keyframe+empty_moov+default_base_moof", "-g", "10")
_SHORT = signal()
_WHOLE = tuple(range(50))
_PS = file("vob", *_SHORT, *X264)
_MPEG2 = ("-c:v", "mpeg2video", "-q:v", "2", "-g", "5", "-bf", "0")
_IMKH = b"IMKH\x01\x01\0\0\x02\0\0\x01\x21\x72\x01\x10\x40\x1f\0\0\0\xfa\0\0" + bytes(16)
_KEY = (
    "-encryption_key",
    "76a6c65c5ea762046bd749a2e632ccbb",
    "-encryption_kid",
    "a7e61c373e219033c21091fa607bf3b8",
)
_TRACKS = b"\x16\x54\xae\x6b"
_PROTECTED = Fails(error=UnsupportedMedia, words="copy-protected")
_SECOND = Made(shows=Shows(of=_SHORT, numbers=_WHOLE), warnings=(r"Another video begins behind the first",))


def _behind_each_other(muxer: str, made: Made, *codec: str) -> Case:
    """Two files, one behind the other; the signal of the second comes earlier."""

    def write(path: Path) -> None:
        for number, at_s in enumerate((1, 0)):
            encode(path.with_name(str(number)), *signal(at_s=at_s), *codec, "-f", muxer)
        path.write_bytes(b"".join(path.with_name(str(number)).read_bytes() for number in range(2)))

    return Case(make=write, expect=made)


def _begun_afresh(path: Path) -> None:
    """The index of a live stream again, before its second half."""
    file("mp4", *_SHORT, *X264, "-bf", "0", *_FRAGMENTS)(path)
    data = path.read_bytes()
    starts = [found.start() - 4 for found in re.finditer(b"moof", data)]
    path.write_bytes(data[: starts[2]] + data[: starts[0]] + data[starts[2] :])


def _with_a_still(codec: str, muxer: str) -> Case:
    """A picture track of one frame, then the film; nothing says that the first is a cover."""

    def write(path: Path) -> None:
        still = encode(
            path.with_name("still"), *signal(at_s=0), "-frames:v", "1", "-f", "image2pipe", "-c:v", "png"
        )
        run(
            "ffmpeg", "-v", "error", "-y", "-f", "png_pipe", "-i", still, *_SHORT, *beep(), "-map", "0", "-map", "1",
            "-map", "2", *X264, "-c:v:0", codec, "-pix_fmt:v:0", "rgb24" if codec == "png" else "yuvj420p", *AAC,
            "-f", muxer, path,
        )  # fmt: skip

    shows = Shows(of=_SHORT, numbers=_WHOLE)
    return Case(make=write, expect=with_sound(replace(Made(), shows=shows), 1))


def _subtitles_alone(path: Path) -> None:
    words = path.with_name("words.srt")
    words.write_text("1\n00:00:00,000 --> 00:00:05,000\nHello\n\n")
    encode(path, "-i", str(words), "-c:s", "srt", "-f", "matroska")


def _timecode_alone(path: Path) -> None:
    whole = encode(path.with_name("whole"), *_SHORT, *X264, "-timecode", "01:00:00:00", "-f", "mov")
    run("ffmpeg", "-v", "error", "-y", "-i", whole, "-map", "0:d", "-c", "copy", "-f", "mov", path)


def _stream_piece(name: str) -> Generator:
    """A file of a DASH stream."""

    def write(path: Path) -> None:
        folder = path.with_name("stream")
        folder.mkdir()
        encode(folder / "all.mpd", *_SHORT, *X264, "-g", "25", "-f", "dash", "-seg_duration", "1")
        path.write_bytes((folder / name).read_bytes())

    return write


def _sealed(data: bytes) -> bytes:
    """The Matroska track says that its frames are encrypted, with a key of four bytes (RFC 9559, 5.1.4.1.31)."""
    encryption = _element(b"\x50\x35", _element(b"\x47\xe1", b"\x05") + _element(b"\x47\xe2", b"key!"))
    encoding = _element(b"\x62\x40", _element(b"\x50\x33", b"\x01") + encryption)
    tracks = data.rindex(_TRACKS) + len(_TRACKS)  # the index before it names it as well
    tracks_length, width = _length(data, tracks)
    body = data[tracks + width : tracks + width + tracks_length]
    length, entry_width = _length(body, 1)
    entry = body[1 + entry_width : 1 + entry_width + length]
    sealed = _element(b"\xae", entry + _element(b"\x6d\x80", encoding)) + body[1 + entry_width + length :]
    return data[: tracks - len(_TRACKS)] + _element(_TRACKS, sealed) + data[tracks + width + tracks_length :]


def _element(name: bytes, body: bytes) -> bytes:
    return name + (len(body) | 1 << 56).to_bytes(8, "big") + body


def _length(data: bytes, at: int) -> tuple[int, int]:
    width = 9 - data[at].bit_length()
    return int.from_bytes(data[at : at + width], "big") & ((1 << 7 * width) - 1), width


JOINED: Mapping[str, Case] = {
    "two MP4s in one file": _behind_each_other("mp4", _SECOND, *X264, "-bf", "0"),
    "two fragmented MP4s in one file": _behind_each_other(
        "mp4", replace(_SECOND, decoded=range(50, 101)), *X264, "-bf", "0", *_FRAGMENTS
    ),
    "a fragmented MP4 that begins afresh and goes on": Case(
        make=_begun_afresh, expect=Made(shows=Shows(of=_SHORT, numbers=_WHOLE))
    ),
    "two MKVs in one file": _behind_each_other(
        "matroska", replace(_SECOND, decoded=range(50, 101)), *X264, "-bf", "0"
    ),
    "two AVIs in one file": _behind_each_other("avi", Made(frames=100), "-c:v", "mpeg4", "-q:v", "2"),
    "a PNG track before the film": _with_a_still("png", "matroska"),
    "an MJPEG track of one frame before the film": _with_a_still("mjpeg", "mov"),
    "a recorder's head before a program stream": Case(
        make=edited(_PS, lambda data: _IMKH + data), expect=Made(shows=Shows(of=_SHORT, numbers=_WHOLE))
    ),
    "a program stream begun in the middle of a pack": Case(
        make=edited(file("vob", *_SHORT, *_MPEG2), lambda data: data[3000:]),
        expect=Made(frames=range(44, 47), signal_frame=None),
    ),
    "MXF with a run-in": Case(
        make=edited(file("mxf", *_SHORT, *_MPEG2), lambda data: bytes(1000) + data),
        expect=Made(shows=Shows(of=_SHORT, numbers=_WHOLE)),
    ),
    "WTV": Case(
        make=file("wtv", *_SHORT, *_MPEG2), expect=Fails(error=UnsupportedMedia, words="Windows Media Center (WTV)")
    ),
    "NUT": Case(make=file("nut", *_SHORT, *X264), expect=Fails(error=UnsupportedMedia, words="a NUT file")),
    "encrypted MP4": Case(
        make=file("mp4", *_SHORT, *beep(), *X264, *AAC, "-encryption_scheme", "cenc-aes-ctr", *_KEY), expect=_PROTECTED
    ),
    "encrypted MKV": Case(
        make=edited(file("matroska", *_SHORT, *X264, "-live", "1", "-write_crc32", "0"), _sealed), expect=_PROTECTED
    ),
    "a piece of a DASH stream": Case(
        make=_stream_piece("chunk-stream0-00002.m4s"),
        expect=Fails(error=UnsupportedMedia, words="a piece of a stream without its beginning"),
    ),
    "the beginning of a DASH stream": Case(
        make=_stream_piece("init-stream0.m4s"),
        expect=Fails(error=UnsupportedMedia, words="the beginning of a stream without its pieces"),
    ),
    "a timecode track alone": Case(make=_timecode_alone, expect=Fails(error=UnsupportedMedia, words="no picture")),
    "a codec whose name cannot be printed": Case(
        make=edited(file("mp4", *_SHORT, *X264), lambda data: data.replace(b"avc1", b"\x09\0\0\0")),
        expect=Fails(error=UnsupportedMedia, words="in a way that nobody knows, which cannot be decoded"),
    ),
    "an MKV of subtitles alone": Case(
        make=_subtitles_alone, expect=Fails(error=UnsupportedMedia, words="no picture")
    ),
    "H.264 without a container": Case(
        make=file("h264", *_SHORT, *X264), expect=Made(shows=Shows(of=_SHORT, numbers=_WHOLE))
    ),
    "HEVC without a container": Case(
        make=file("hevc", *_SHORT, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"),
        expect=Made(shows=Shows(of=_SHORT, numbers=_WHOLE)),
    ),
}  # fmt: skip
