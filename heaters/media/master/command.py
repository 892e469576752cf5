"""The ffmpeg arguments of the master: FFV1 and FLAC as one Matroska stream on standard output. Pure."""

from pathlib import Path

import ffmpeg

from heaters.domain.errors import UnsupportedMedia
from heaters.media.source.facts import AudioFacts, SourceProbe
from heaters.media.untrusted.ffmpeg import safe_source

SLICES = 16
"""Slices of a frame: each is coded by its own thread and has its own CRC, so that damage stays small."""

_FLAC_CHANNELS = 8  # RFC 9639, 9.1.3
_SIXTEEN_BITS = frozenset({"pcm_s16le", "pcm_s16be", "pcm_s8", "pcm_u8", "pcm_alaw", "pcm_mulaw"})
"""Codecs whose samples fit 16 bits. Everything else is kept in 24: lossy codecs decode to floats, of which 24 bits
are all that any converter can play."""

_FFV1 = {
    "c:v": "ffv1", "level": 3, "g": 1, "slices": SLICES, "slicecrc": 1, "fps_mode": "passthrough",
    "enc_time_base:v": -1,
}  # fmt: skip
_STREAM = {
    "f": "matroska", "max_error_rate": 1, "map_metadata": -1, "map_chapters": -1, "fflags": "+bitexact",
    "flags:v": "+bitexact", "flags:a": "+bitexact",
}  # fmt: skip


def master_arguments(path: Path, source: SourceProbe) -> list[str]:
    """All arguments. Frames keep their pixel format, count and times; audio tracks their order.

    Tracks that nobody can decode are left out. Raises UnsupportedMedia for audio that FLAC cannot hold.
    """
    opened = safe_source(path, source.container)
    sounds = [track for track in source.audio if track.is_decodable]
    numbers = [source.video.stream_index, *(track.stream_index for track in sounds)]
    tracks = [opened[str(number)] for number in numbers]
    options: dict[str, object] = {**_STREAM, **_FFV1, **_full_range(source)}
    for number, track in enumerate(sounds):
        options |= _flac(number, track)
    return list(ffmpeg.get_args(ffmpeg.output(*tracks, "pipe:1", **options)))


def _flac(number: int, track: AudioFacts) -> dict[str, object]:
    if track.channels > _FLAC_CHANNELS:
        raise UnsupportedMedia(
            f"Audio track {number} has {track.channels} channels and FLAC holds {_FLAC_CHANNELS}; "
            "archive this video with the policy `original`.",
        )
    if track.codec in _SIXTEEN_BITS:
        return {f"c:a:{number}": "flac", f"sample_fmt:a:{number}": "s16"}
    return {f"c:a:{number}": "flac", f"sample_fmt:a:{number}": "s32", f"bits_per_raw_sample:a:{number}": 24}


def _full_range(source: SourceProbe) -> dict[str, object]:
    """FFV1 does not know the `yuvj` formats; the same planes marked as full range are the same pixels."""
    pixels = source.video.pixel_format
    if not pixels.startswith("yuvj"):
        return {}
    return {"vf": f"scale=in_range=pc:out_range=pc,format=yuv{pixels[4:]}", "color_range": "pc"}
