"""Encode a proxy's sound, alone in a file, before its pictures. Never fails because of what the sound is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import av

from heaters.domain.errors import DamagedMedia
from heaters.media.proxy.plan import ProxyPlan
from heaters.media.proxy.sound_command import SAMPLES_FILE, SOUND_FILE, samples_arguments, sound_arguments
from heaters.media.proxy.sound_plan import SoundPlan, describe_sound
from heaters.media.source.facts import SourceProbe
from heaters.media.untrusted.ffmpeg import LOG_LINES, run_ffmpeg, safe_input
from heaters.media.untrusted.process import Limits
from heaters.media.untrusted.sniff import MATROSKA

SOUND_LIMITS = Limits(resident_bytes=3 * 1024**3 // 2)

_BEGINS = re.compile(r"_in_[\d:_]+ @ .*samplefmt:")
_ERROR = re.compile(r"\[(?:error|fatal)\]")


@dataclass(frozen=True, kw_only=True)
class Sound:
    """A proxy's sound in `file`, None where there is none, and `warnings`: sentences for people."""

    file: Path | None = None
    warnings: tuple[str, ...] = ()


def encode_sound(
    path: Path, source: SourceProbe, plan: ProxyPlan, *, folder: Path, limits: Limits | None = None
) -> Sound:
    """The sound of the source at `path` as the proxy will have it, written into `folder`.

    Sound that cannot be decoded is left out and said. Raises what `run_limited` raises.
    """
    if plan.sound is None:
        return Sound(warnings=describe_sound(source.audio, is_silent=bool(source.audio)))
    opened = safe_input(path, source.container)
    limits = limits or SOUND_LIMITS
    try:
        log = _run([*opened, *sound_arguments(plan.sound)], folder, limits)
        if _changes(plan.sound, log):
            _run([*opened, *samples_arguments(plan.sound)], folder, limits)
            _encode_samples(plan.sound, folder, limits)
    except DamagedMedia:
        return Sound(warnings=describe_sound(source.audio, is_silent=True))
    file = folder / SOUND_FILE
    if not _has_sound(file):
        is_damaged = any(_ERROR.search(line) for line in log)
        return Sound(warnings=describe_sound(source.audio, is_silent=True) if is_damaged else ())
    return Sound(file=file, warnings=describe_sound(source.audio, is_silent=False))


def _run(arguments: Sequence[str], folder: Path, limits: Limits) -> tuple[str, ...]:
    return run_ffmpeg(arguments, folder=folder, limits=limits, log_level="verbose").log


def _changes(sound: SoundPlan, log: Sequence[str]) -> bool:
    """Whether the sound changed its rate or layout in mid-stream, or, where too much was said to know, may have."""
    return (
        sum(bool(_BEGINS.search(line)) for line in log) > len(sound.stream_indexes) or len(log) >= LOG_LINES
    )


def _encode_samples(sound: SoundPlan, folder: Path, limits: Limits) -> None:
    """Their times are those of the source, so they are taken as they are."""
    first, *more = range(len(sound.stream_indexes))
    alike = replace(sound, stream_index=first, more_indexes=tuple(more), unplaced_channels=0)
    samples = folder / SAMPLES_FILE
    opened = safe_input(samples, MATROSKA, options=("-copyts",))
    _run([*opened, *sound_arguments(alike)], folder, limits)
    samples.unlink()


def _has_sound(file: Path) -> bool:
    try:
        with av.open(str(file)) as media:
            return any(packet.size for packet in media.demux(audio=0))
    except (av.FFmpegError, IndexError):
        return False
