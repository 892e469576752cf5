"""The ffmpeg arguments for a proxy's sound, encoded apart from its pictures. Pure.

In one graph with pictures, a change of the sound's layout or rate would begin the pictures afresh as well.
"""

from heaters.media.proxy.sound_plan import SoundPlan

SOUND_FILE = "sound.mp4"
SAMPLES_FILE = "samples.mkv"
SOUND_RATE_HZ = 48000
SOUND_BITS_PER_S = 160_000

_MEASURED = "astats=measure_perchannel=none:measure_overall=Peak_level"
"""Says at the end how loud the loudest sample was, and changes none."""

REPRODUCIBLE = (
    "-fflags",
    "+bitexact",
    "-flags:v",
    "+bitexact",
    "-flags:a",
    "+bitexact",
    "-map_metadata",
    "-1",
)


def sound_arguments(sound: SoundPlan) -> list[str]:
    """All arguments after the input to encode the sound into SOUND_FILE."""
    return [
        "-max_error_rate", "1", "-filter_complex", sound_graph(sound), "-map", "[sound]",
        "-c:a", "aac", "-b:a", str(SOUND_BITS_PER_S), *REPRODUCIBLE, "-map_chapters", "-1", "-f", "mp4", SOUND_FILE,
    ]  # fmt: skip


def samples_arguments(sound: SoundPlan) -> list[str]:
    """All arguments after the input to write samples of one kind into SAMPLES_FILE, a track for each track.

    Every change of the source's sound begins the graph afresh. Samples do not mind; encoders do, and so does what
    fills the gap before the first of them.
    """
    layout = _layout(sound)
    arguments = ["-max_error_rate", "1"]
    for number, index in enumerate(sound.stream_indexes):
        arguments += ["-map", f"0:{index}", f"-filter:a:{number}", f"{_placed(sound)}aformat={layout}"]
    return [
        *arguments, "-c:a", "pcm_s16le", *REPRODUCIBLE, "-map_chapters", "-1", "-f", "matroska", SAMPLES_FILE,
    ]  # fmt: skip


def sound_graph(sound: SoundPlan) -> str:
    """Shifted like the picture, silence where there is a gap, cut where it would begin before the picture."""
    shift = f"asetpts=PTS{-sound.shift_s:+.6f}/TB," if sound.shift_s else ""
    steps = f"{_placed(sound)}{shift}aresample={SOUND_RATE_HZ}:async=1:first_pts=0,aformat={_layout(sound)}"
    indexes = sound.stream_indexes
    if len(indexes) == 1:
        return f"[0:{indexes[0]}]{steps},{_MEASURED}[sound]"
    chains = [f"[0:{index}]{steps}[track{index}]" for index in indexes]
    mixed = "".join(f"[track{index}]" for index in indexes)
    louder = f"volume={len(indexes) ** -0.5:.6f}"  # as loud as it was, where the tracks are not alike
    return ";".join(
        [
            *chains,
            f"{mixed}amix=inputs={len(indexes)}:duration=longest:normalize=0,{louder},{_MEASURED}[sound]",
        ]
    )


def _layout(sound: SoundPlan) -> str:
    return f"sample_rates={SOUND_RATE_HZ}:channel_layouts={'mono' if sound.channels == 1 else 'stereo'}"


def _placed(sound: SoundPlan) -> str:
    """Channels of which nobody knows where they belong are mixed into both sides."""
    if not sound.unplaced_channels:
        return ""
    mix = "+".join(f"c{number}" for number in range(sound.unplaced_channels))
    return f"pan=stereo|c0<{mix}|c1<{mix},"
