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

SILENCE_DB = -80.0
"""Of the loudest sample, below full scale: below what 13 bits can say."""

_SILENT_FILE = "silent.mp4"
_PEAK = re.compile(r"Peak level dB: (-?(?:inf|\d+(?:\.\d+)?))")
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
        return Sound(warnings=describe_sound(source.audio, None))
    silent: SoundPlan | None = None
    is_damaged = False
    for sound in (plan.sound, *plan.other_sounds):
        made = _encode(sound, safe_input(path, source.container), folder, limits or SOUND_LIMITS)
        if made.is_heard:
            (folder / _SILENT_FILE).unlink(missing_ok=True)
            return Sound(file=folder / SOUND_FILE, warnings=describe_sound(source.audio, sound))
        if made.has_samples and silent is None:
            silent = sound
            (folder / SOUND_FILE).rename(folder / _SILENT_FILE)
        is_damaged |= made.is_damaged
    if silent:
        return Sound(file=folder / _SILENT_FILE, warnings=describe_sound(source.audio, silent))
    return Sound(warnings=describe_sound(source.audio, None) if is_damaged else ())


@dataclass(frozen=True, kw_only=True)
class _Encoded:
    """Whether there is any sample in what was encoded, and whether any can be heard."""

    has_samples: bool
    is_heard: bool
    is_damaged: bool


def _encode(sound: SoundPlan, opened: Sequence[str], folder: Path, limits: Limits) -> _Encoded:
    """The sound in SOUND_FILE."""
    try:
        log = _run([*opened, *sound_arguments(sound)], folder, limits)
        if _changes(sound, log):
            _run([*opened, *samples_arguments(sound)], folder, limits)
            log = _encode_samples(sound, folder, limits)
    except DamagedMedia:
        return _Encoded(has_samples=False, is_heard=False, is_damaged=True)
    has_samples = _has_sound(folder / SOUND_FILE)
    said = [float(found[1]) for line in log if (found := _PEAK.search(line))]
    return _Encoded(
        has_samples=has_samples,
        is_heard=has_samples and (not said or said[-1] > SILENCE_DB),
        is_damaged=any(_ERROR.search(line) for line in log),
    )


def _run(arguments: Sequence[str], folder: Path, limits: Limits) -> tuple[str, ...]:
    return run_ffmpeg(arguments, folder=folder, limits=limits, log_level="verbose").log


def _changes(sound: SoundPlan, log: Sequence[str]) -> bool:
    """Whether the sound changed its rate or layout in mid-stream, or, where too much was said to know, may have."""
    return (
        sum(bool(_BEGINS.search(line)) for line in log) > len(sound.stream_indexes) or len(log) >= LOG_LINES
    )


def _encode_samples(sound: SoundPlan, folder: Path, limits: Limits) -> tuple[str, ...]:
    """Their times are those of the source, so they are taken as they are."""
    first, *more = range(len(sound.stream_indexes))
    alike = replace(sound, stream_index=first, more_indexes=tuple(more), unplaced_channels=0)
    samples = folder / SAMPLES_FILE
    opened = safe_input(samples, MATROSKA, options=("-copyts",))
    log = _run([*opened, *sound_arguments(alike)], folder, limits)
    samples.unlink()
    return log


def _has_sound(file: Path) -> bool:
    try:
        with av.open(str(file)) as media:
            return any(packet.size for packet in media.demux(audio=0))
    except (av.FFmpegError, IndexError):
        return False
