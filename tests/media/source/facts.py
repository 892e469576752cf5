"""Facts of an ordinary source, for tests to vary."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

from heaters.media.source.facts import AudioFacts, SourceProbe, VideoFacts
from heaters.media.untrusted.sniff import MP4

VIDEO = VideoFacts(
    stream_index=0, codec="h264", width=1280, height=720, rotation_deg=0,
    pixel_aspect=Fraction(1), pixel_format="yuv420p", color_range="tv", color_space="bt709",
    color_transfer="bt709", color_primaries="bt709", interlaced=False, reordered=True, intra_only=False,
    base_rate=Fraction(25), average_rate=Fraction(25), stated_frames=250, duration_s=10.0, first_frame_s=0.0,
)  # fmt: skip
AUDIO = AudioFacts(
    stream_index=1, codec="aac", channels=2, sample_rate_hz=48000, start_s=0.0, duration_s=10.0
)


def source_with(
    *, audio: tuple[AudioFacts, ...] = (AUDIO,), start_s: float = 0.0, **video: Any
) -> SourceProbe:
    """An MP4 of 250 frames, 1280x720 at 25 a second, except for what is given."""
    return SourceProbe(
        container=MP4, size_bytes=1_000_000, start_s=start_s, duration_s=10.0,
        video=replace(VIDEO, **video), audio=audio,
    )  # fmt: skip
