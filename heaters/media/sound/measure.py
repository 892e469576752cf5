"""Measure the sound of a finished proxy by decoding it alone, which takes a tenth of the time of encoding it.

So levels are the same whether a proxy was made in one pass or in pieces, or is the source itself.
"""

from pathlib import Path

import av

from heaters.domain.errors import DamagedMedia
from heaters.media.sound.level_counter import SAMPLE_RATE_HZ, LevelCounter
from heaters.media.sound.levels import SoundLevels
from heaters.media.untrusted.ffmpeg import run_ffmpeg, safe_input
from heaters.media.untrusted.process import Limits
from heaters.media.untrusted.sniff import MP4

_LIMITS = Limits(resident_bytes=1024**3, file_bytes=0, timeout_s=3600)


def measure_sound(proxy: Path, *, folder: Path) -> SoundLevels:
    """The levels of the sound in `proxy`, an MP4, from the first picture on; no windows where it has none.

    Of sound that is damaged, what could be decoded.
    """
    channels = _count_channels(proxy)
    counter = LevelCounter(channels=max(channels, 1))
    try:
        if channels:
            opened = safe_input(proxy, MP4)
            run_ffmpeg(
                [*opened, *_samples_arguments(channels)], folder=folder, limits=_LIMITS, on_output=counter
            )
    except DamagedMedia:
        return counter.finish()
    return counter.finish()


def _count_channels(proxy: Path) -> int:
    """One or two, as a proxy has them; 0 without sound."""
    with av.open(str(proxy)) as media:
        sounds = media.streams.audio
        return min(sounds[0].codec_context.channels, 2) if sounds else 0


def _samples_arguments(channels: int) -> list[str]:
    """Samples from the first picture on, silence where there is a gap."""
    layout = "mono" if channels == 1 else "stereo"
    return [
        "-map", "0:a:0",
        "-af", f"aresample={SAMPLE_RATE_HZ}:async=1:first_pts=0,aformat=sample_fmts=s16:channel_layouts={layout}",
        "-f", "s16le", "pipe:1",
    ]  # fmt: skip
