"""Strange sources: every container and codec that cameras, tools and sites produce, and single frames in them."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from tests.media.pictures import encode, run
from tests.media.source.strange_case import (
    AAC,
    FASTSTART,
    X264,
    Case,
    Made,
    beep,
    file,
    signal,
    with_sound,
)

_BOTH = (*signal(), *beep())
_FRAGMENTS = ("-movflags", "frag_keyframe+empty_moov+default_base_moof", "-g", "10")
_EDITS = ("-movflags", "frag_keyframe+delay_moov+default_base_moof")
_SOUND = with_sound(Made(), 1)
_TITLE = "title=\u05e9\u05dc\u05d5\u05dd\n\u202e" + 500 * "x"
_ONE = Made(frames=1, signal_frame=None)
_REALTIME = ("-deadline", "realtime", "-cpu-used", "8")


def _concatenated(path: Path, sizes: tuple[str, str], muxer: str) -> None:
    """Two seconds whose picture changes its size at the signal."""
    parts = [path.with_name(f"part{i}") for i in range(2)]
    for number, (part, size) in enumerate(zip(parts, sizes, strict=True)):
        graph = signal(size=size, duration_s=1, at_s=9 - 9 * number)
        encode(part, *graph, *X264, "-output_ts_offset", str(number), "-muxdelay", "0", "-f", "mpegts")
    joined = path.with_name("joined")
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    run("ffmpeg", "-v", "error", "-y", "-f", "mpegts", "-i", joined, "-c", "copy", "-f", muxer, path)


def _with_font(path: Path) -> None:
    font = path.with_name("font.ttf")
    font.write_bytes(b"\0\1\0\0" * 64)
    encode(
        path,
        *_BOTH,
        *X264,
        *AAC,
        "-attach",
        str(font),
        "-metadata:s:t",
        "mimetype=font/ttf",
        "-f",
        "matroska",
    )


def _with_subtitles(muxer: str, codec: str) -> Case:
    def write(path: Path) -> None:
        words = path.with_name("words.srt")
        words.write_text("1\n00:00:00,000 --> 00:00:05,000\n\u05e9\u05dc\u05d5\u05dd\n\n")
        encode(path, *_BOTH, "-i", str(words), *X264, *AAC, "-c:s", codec, "-f", muxer)

    return Case(make=write, expect=_SOUND)


def _with_cover(path: Path) -> None:
    """A video with a cover picture as the first track."""
    cover = encode(path.with_name("cover.png"), *signal(duration_s=0.04), "-frames:v", "1")
    encode(
        path, "-i", str(cover), *_BOTH, "-map", "0", "-map", "1", "-map", "2", *X264, "-c:v:0", "copy", *AAC,
        "-disposition:v:0", "attached_pic", "-f", "mp4",
    )  # fmt: skip


CONTAINERS: Mapping[str, Case] = {
    "an ordinary MP4": Case(make=file("mp4", *_BOTH, *X264, *AAC), expect=_SOUND),
    "a source that meets the rules": Case(
        make=file("mp4", *_BOTH, *X264, "-g", "1", "-bf", "0", *FASTSTART, *AAC),
        expect=with_sound(Made(is_source=True), 1),
    ),
    "fragmented MP4": Case(make=file("mp4", *_BOTH, *X264, *AAC, *_FRAGMENTS, *_EDITS), expect=_SOUND),
    "fragmented MP4 without sound": Case(make=file("mp4", *signal(), *X264, *_FRAGMENTS), expect=Made()),
    "MOV": Case(make=file("mov", *_BOTH, *X264, "-c:a", "pcm_s16le"), expect=_SOUND),
    "MKV": Case(make=file("matroska", *_BOTH, *X264, *AAC), expect=_SOUND),
    "MKV as it is streamed live": Case(
        make=file("matroska", *_BOTH, *X264, *AAC, "-live", "1"), expect=_SOUND
    ),
    "MPEG transport stream": Case(make=file("mpegts", *_BOTH, *X264, *AAC), expect=_SOUND),
    "Blu-ray transport stream": Case(
        make=file("mpegts", *_BOTH, *X264, "-c:a", "ac3", "-mpegts_m2ts_mode", "1"), expect=_SOUND
    ),
    "MPEG-2 program stream": Case(
        make=file("vob", *_BOTH, "-c:v", "mpeg2video", "-bf", "2", "-c:a", "ac3"), expect=_SOUND
    ),
    "MPEG-1 program stream": Case(
        make=file("mpeg", *_BOTH, "-c:v", "mpeg1video", "-c:a", "mp2"), expect=_SOUND
    ),
    "MPEG-2 without a container": Case(
        make=file("mpeg2video", *signal(), "-c:v", "mpeg2video", "-bf", "0"), expect=Made()
    ),
    "AVI with B-frames": Case(
        make=file("avi", *_BOTH, "-c:v", "mpeg4", "-bf", "2", "-c:a", "libmp3lame"), expect=_SOUND
    ),
    "AVI with motion JPEG": Case(make=file("avi", *signal(), "-c:v", "mjpeg"), expect=Made()),
    "AVI with raw pixels": Case(
        make=file("avi", *signal(), "-c:v", "rawvideo", "-pix_fmt", "bgr24"), expect=Made()
    ),
    "WebM with VP8": Case(
        make=file("webm", *_BOTH, "-c:v", "libvpx", *_REALTIME, "-c:a", "libvorbis"), expect=_SOUND
    ),
    "WebM with VP9": Case(
        make=file("webm", *_BOTH, "-c:v", "libvpx-vp9", *_REALTIME, "-c:a", "libopus"), expect=_SOUND
    ),
    "WebM with AV1": Case(
        make=file("webm", *_BOTH, "-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8", "-c:a", "libopus"),
        expect=_SOUND,
    ),
    "MP4 with AV1": Case(
        make=file("mp4", *signal(), "-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8"), expect=Made()
    ),
    "IVF": Case(make=file("ivf", *signal(), "-c:v", "libvpx", *_REALTIME), expect=Made()),
    "Ogg with Theora": Case(
        make=file("ogg", *_BOTH, "-c:v", "libtheora", "-c:a", "libvorbis"), expect=_SOUND
    ),
    "FLV": Case(make=file("flv", *_BOTH, *X264, *AAC), expect=_SOUND),
    "Windows Media": Case(make=file("asf", *_BOTH, "-c:v", "wmv2", "-c:a", "wmav2"), expect=_SOUND),
    "MXF": Case(
        make=file("mxf", *_BOTH, "-c:v", "mpeg2video", "-bf", "2", "-c:a", "pcm_s16le"), expect=_SOUND
    ),
    "DV": Case(
        make=file("dv", *signal(size="720x576", duration_s=1.2), "-c:v", "dvvideo", "-pix_fmt", "yuv420p"),
        expect=Made(frames=30, size=(768, 576)),
    ),
    "ProRes": Case(make=file("mov", *signal(), "-c:v", "prores_ks"), expect=Made()),
    "raw pictures with a header": Case(
        make=file("yuv4mpegpipe", *signal(), "-pix_fmt", "yuv420p"), expect=Made()
    ),
    "a GIF that moves": Case(make=file("gif", *signal()), expect=Made()),
    "a GIF of one frame": Case(make=file("gif", *signal(), "-frames:v", "1"), expect=replace(_ONE, rate=Fraction(10))),
    "an MP4 of one frame": Case(make=file("mp4", *signal(), "-frames:v", "1", *X264), expect=_ONE),
    "an MKV of one frame": Case(make=file("matroska", *signal(), "-frames:v", "1", *X264), expect=_ONE),
    "a transport stream of one frame": Case(
        make=file("mpegts", *signal(), "-frames:v", "1", *X264), expect=_ONE
    ),
    "one frame under two seconds of sound": Case(
        make=file("mp4", *signal(more=",trim=end_frame=1"), *beep(), *X264, *AAC),
        expect=Made(frames=1, channels=1, signal_frame=None, heard_s=None),
    ),
    "a size that grows in a transport stream": Case(
        make=lambda path: _concatenated(path, ("160x120", "320x240"), "mpegts"), expect=Made()
    ),
    "a size that shrinks in a transport stream": Case(
        make=lambda path: _concatenated(path, ("160x120", "96x96"), "mpegts"), expect=Made()
    ),
    "a size that changes in an MKV": Case(
        make=lambda path: _concatenated(path, ("160x120", "322x242"), "matroska"), expect=Made()
    ),
    "a timecode track": Case(
        make=file("mov", *_BOTH, *X264, *AAC, "-timecode", "10:00:00:00"), expect=_SOUND
    ),
    "subtitles in an MP4": _with_subtitles("mp4", "mov_text"),
    "subtitles in an MKV": _with_subtitles("matroska", "srt"),
    "a font attached": Case(make=_with_font, expect=_SOUND),
    "a cover picture before the video": Case(make=_with_cover, expect=_SOUND),
    "a title of two lines, right to left": Case(
        make=file("mp4", *_BOTH, *X264, *AAC, "-metadata", _TITLE), expect=_SOUND
    ),
}  # fmt: skip
