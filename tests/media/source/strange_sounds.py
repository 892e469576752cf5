"""Strange sources: sound in unusual numbers, layouts and lengths, and sound alone."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from heaters.domain.errors import UnsupportedMedia
from tests.media.pictures import encode, run
from tests.media.source.strange_case import (
    AAC,
    X264,
    Case,
    Fails,
    Generator,
    Made,
    beep,
    edited,
    file,
    signal,
    with_sound,
)

_SILENT_TRACK = ("-f", "lavfi", "-i", "anullsrc=duration=2")
_COVER = ("-map", "0", "-map", "1", "-c:v", "mjpeg", "-frames:v", "1", "-disposition:v", "attached_pic")
_SIXTEEN = ("-af", "aformat=channel_layouts=hexadecagonal", "-c:a", "pcm_s16le")
_SOUND = with_sound(Made())
_SILENT = Made(warnings=(r"sound cannot be decoded, so the video is silent",))
_SEAM = r"seem damaged"


def _changing(
    codec: str, channels: tuple[int, ...], rates_hz: tuple[int, ...], *, on_one_clock: bool = True
) -> Generator:
    """A transport stream of one second after the other, each with sound of its own kind; the signal is the second."""

    def write(path: Path) -> None:
        joined = b""
        for number, (count, rate_hz) in enumerate(zip(channels, rates_hz, strict=True)):
            part = path.with_name(f"part{number}")
            graph = signal(duration_s=1, at_s=9 if number == 0 else 0)
            tone = beep(duration_s=1, at_s=9 if number == 0 else 0, rate_hz=rate_hz)
            sound = ("-c:a", codec, "-ac", str(count), "-ar", str(rate_hz), "-b:a", "192k")
            clock = ("-output_ts_offset", str(number), "-muxdelay", "0") if on_one_clock else ()
            encode(part, *graph, *tone, *X264, *sound, *clock, "-f", "mpegts")
            joined += part.read_bytes()
        path.write_bytes(joined)

    return write


def _copied(make: Generator, muxer: str) -> Generator:
    def write(path: Path) -> None:
        stream = path.with_name("stream")
        make(stream)
        run("ffmpeg", "-v", "error", "-y", "-f", "mpegts", "-i", stream, "-c", "copy", "-f", muxer, path)

    return write


def _change(frames: int, channels: int, *warnings: str) -> Made:
    return Made(frames=frames, channels=channels, heard_throughout=True, warnings=warnings)


_AC3 = _changing("ac3", (2, 6, 2), (48000,) * 3)
_AAC = _changing("aac", (1, 2, 1), (48000,) * 3)
_MP2 = _changing("mp2", (2, 2), (44100, 48000))


def _many_channels(count: int, muxer: str) -> Case:
    """Samples of so many channels, of which nothing says where they belong; all of them sound."""

    def write(path: Path) -> None:
        mono = encode(path.with_name("mono"), *beep(), "-f", "s16le")
        every = path.with_name("every")
        np.repeat(np.fromfile(mono, "<i2"), count).tofile(every)
        samples = ("-f", "s16le", "-ar", "48000", "-ac", str(count), "-i", str(every))
        encode(path, *signal(), *samples, *X264, "-c:a", "copy", "-f", muxer)

    said = rf"where its {count} channels belong"
    return Case(make=write, expect=replace(_SOUND, warnings=(said,)))


def _configured(audio_config: str) -> Generator:
    """An MP4 whose AAC says in so many bits that it is something else (ISO/IEC 14496-3, AudioSpecificConfig)."""

    def change(data: bytes) -> bytes:
        at = data.index(b"\x05\x80\x80\x80", data.index(b"esds")) + 5
        length = data[at - 1]
        bits = audio_config.replace(" ", "").ljust(8 * length, "0")[: 8 * length]
        return data[:at] + int(bits, 2).to_bytes(length, "big") + data[at + length :]

    return edited(file("mp4", *signal(), *beep(), *X264, *AAC), change)


_QUIET = ("-f", "lavfi", "-i", "aevalsrc=0:sample_rate=48000:duration=2")
_FOUR_TRACKS = (
    *signal(), *_QUIET, *_QUIET, *beep(), *_QUIET, "-map", "0", "-map", "1", "-map", "2", "-map", "3", "-map", "4",
)  # fmt: skip

SOUNDS: Mapping[str, Case] = {
    "no sound": Case(make=file("mp4", *signal(), *X264), expect=Made()),
    "mono": Case(make=file("mp4", *signal(), *beep(), *X264, *AAC, "-ac", "1"), expect=with_sound(Made(), 1)),
    "5.1": Case(make=file("mp4", *signal(), *beep(), *X264, *AAC, "-ac", "6"), expect=_SOUND),
    "7.1 in an MKV": Case(make=file("matroska", *signal(), *beep(), *X264, "-c:a", "flac", "-ac", "8"), expect=_SOUND),
    "sixteen channels": Case(
        make=file("matroska", *signal(), *beep(), *X264, *_SIXTEEN),
        expect=_SOUND,
    ),
    "8 kHz": Case(
        make=file("avi", *signal(), *beep(rate_hz=8000), *X264, "-c:a", "pcm_u8"), expect=with_sound(Made(), 1)
    ),
    "192 kHz": Case(
        make=file("matroska", *signal(), *beep(rate_hz=192000), *X264, "-c:a", "pcm_f32le"),
        expect=with_sound(Made(), 1),
    ),
    "the second of two tracks is the default": Case(
        make=file(
            "matroska", *signal(), *_SILENT_TRACK, *beep(), "-map", "0", "-map", "1", "-map", "2", *X264, *AAC,
            "-disposition:a:0", "0", "-disposition:a:1", "default", "-ac", "2",
        ),
        expect=_SOUND,
    ),
    "three tracks, none of them the default": Case(
        make=file(
            "matroska", *signal(), *beep(), *_SILENT_TRACK, *_SILENT_TRACK, "-map", "0", "-map", "1", "-map", "2",
            "-map", "3", *X264, *AAC, "-disposition:a", "0", "-ac", "2",
        ),
        expect=_SOUND,
    ),
    "sound longer than the picture": Case(
        make=file("mp4", *signal(), *beep(duration_s=5), *X264, *AAC, "-ac", "2"), expect=_SOUND
    ),
    "sound shorter than the picture": Case(
        make=file("mp4", *signal(), *beep(duration_s=1.5), *X264, *AAC, "-ac", "2"), expect=_SOUND
    ),
    "sound that begins late": Case(
        make=file("matroska", *signal(), "-itsoffset", "0.5", *beep(at_s=0.5), *X264, *AAC, "-ac", "2"),
        expect=_SOUND,
    ),
    "sound that begins before the picture": Case(
        make=file("matroska", "-itsoffset", "0.4", *signal(at_s=0.6), *beep(), *X264, *AAC, "-ac", "2"),
        expect=replace(_SOUND, signal_frame=15, heard_s=0.6),
    ),
    "a gap in the sound": Case(
        make=file(
            "matroska", *signal(), *beep(), *X264, "-af", "aselect='not(between(t,0.3,0.7))'", "-c:a", "pcm_s16le",
            "-ac", "2",
        ),
        expect=_SOUND,
    ),
    "a sound codec that nobody knows": Case(
        make=edited(
            file("matroska", *signal(), *beep(), *X264, *AAC), lambda data: data.replace(b"A_AAC", b"A_XYZ")
        ),
        expect=_SILENT,
    ),
    "a sound track without a sample": Case(
        make=file("mp4", *signal(), "-f", "lavfi", "-i", "anullsrc,atrim=end_sample=0", *X264, *AAC), expect=Made()
    ),
    "AC-3 that changes its channels, in a transport stream": Case(make=_AC3, expect=_change(75, 2, _SEAM)),
    "AC-3 that changes its channels, in an MKV": Case(make=_copied(_AC3, "matroska"), expect=_change(75, 2)),
    "AAC that changes its channels": Case(make=_AAC, expect=_change(75, 1, _SEAM)),
    "AC-3 that changes its channels while the clock starts again": Case(
        make=_changing("ac3", (2, 6, 2), (48000,) * 3, on_one_clock=False), expect=_change(75, 2, _SEAM)
    ),
    "MP2 that changes its rate, in a transport stream": Case(make=_MP2, expect=_change(50, 2, _SEAM)),
    "MP2 that changes its rate, in an MKV": Case(make=_copied(_MP2, "matroska"), expect=_change(50, 2)),
    "nine channels without places": _many_channels(9, "mov"),
    "twelve channels without places": _many_channels(12, "matroska"),
    "four tracks of one channel, the third of which speaks": Case(
        make=file("mxf", *_FOUR_TRACKS, "-c:v", "mpeg2video", "-c:a", "pcm_s16le"),
        expect=replace(with_sound(Made(), 1), warnings=(r"4 sound tracks of one channel each were mixed",)),
    ),
    "a silent track before one that is heard": Case(
        make=file(
            "mp4", *signal(), *_QUIET, *_QUIET, *beep(), "-map", "0", "-map", "1", "-map", "2", "-map", "3", *X264,
            *AAC,
        ),
        expect=replace(with_sound(Made(), 1), warnings=(r"is silent; track 3 is heard instead",)),
    ),
    "silence alone": Case(
        make=file("mp4", *signal(), *_QUIET, *X264, *AAC), expect=replace(with_sound(Made(), 1), heard_s=None)
    ),
    "AAC of a kind that no decoder knows": Case(make=_configured("11111 001010 0011 0001"), expect=_SILENT),
    "AAC of a rate that there is not": Case(make=_configured("00010 1110 0001"), expect=_SILENT),
    "sound that cannot be decoded before sound that can": Case(
        make=edited(
            file(
                "matroska", *signal(), *beep(at_s=0), *beep(), "-map", "0", "-map", "1", "-map", "2", *X264,
                "-c:a:0", "libmp3lame", "-c:a:1", "aac", "-ac", "2",
            ),
            lambda data: data.replace(b"A_MPEG/L3", b"A_MPEG/XX"),
        ),
        expect=replace(_SOUND, warnings=(r"A sound track cannot be decoded; another one is heard",)),
    ),
    "M4A": Case(make=file("ipod", *beep(), *AAC), expect=Fails(error=UnsupportedMedia, words="no picture")),
    "M4A with a cover picture": Case(
        make=file("ipod", *beep(), *signal(duration_s=0.04), *_COVER, *AAC),
        expect=Fails(error=UnsupportedMedia, words="sound with a cover picture"),
    ),
    "MP3 with a cover picture": Case(
        make=file("mp3", *beep(), *signal(duration_s=0.04), *_COVER, "-c:a", "libmp3lame"),
        expect=Fails(error=UnsupportedMedia, words="a sound file"),
    ),
    "FLAC with a cover picture": Case(
        make=file("flac", *beep(), *signal(duration_s=0.04), *_COVER, "-c:a", "flac"),
        expect=Fails(error=UnsupportedMedia, words="a sound file"),
    ),
    "WAV": Case(make=file("wav", *beep()), expect=Fails(error=UnsupportedMedia, words="a sound file")),
    "Ogg Vorbis": Case(
        make=file("ogg", *beep(), "-c:a", "libvorbis"), expect=Fails(error=UnsupportedMedia, words="no picture")
    ),
    "MKV of sound alone": Case(
        make=file("matroska", *beep(), *AAC), expect=Fails(error=UnsupportedMedia, words="no picture")
    ),
}  # fmt: skip
