"""Strange sources: sound in unusual numbers, layouts and lengths, and sound alone."""

from collections.abc import Mapping
from dataclasses import replace

from heaters.domain.errors import UnsupportedMedia
from tests.media.source.strange_case import (
    AAC,
    X264,
    Case,
    Fails,
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
        expect=Made(),
    ),
    "a sound track without a sample": Case(
        make=file("mp4", *signal(), "-f", "lavfi", "-i", "anullsrc,atrim=end_sample=0", *X264, *AAC), expect=Made()
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
