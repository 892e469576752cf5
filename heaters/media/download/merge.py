"""Put the downloaded parts of one video into one file, copying every packet. Never encodes."""

from pathlib import Path

from heaters.domain.errors import DamagedMedia
from heaters.media.untrusted.ffmpeg import run_ffmpeg, safe_input
from heaters.media.untrusted.sniff import sniff, sniff_sound

_CONTAINERS = ("mp4", "matroska")
"""MP4 keeps times exactly; Matroska takes what MP4 cannot hold, with times in whole milliseconds."""


def merge_parts(parts: tuple[Path, ...], into: Path) -> Path:
    """One file at `into` with the picture of the first part and the sound of the others, which are then removed.

    A single part is moved, untouched. Raises UnsupportedMedia for a part that is no video or sound file we know,
    DamagedMedia if no container can hold them.
    """
    if len(parts) == 1:
        return parts[0].rename(into)
    opened = [
        safe_input(parts[0], sniff(parts[0])), *(safe_input(sound, sniff_sound(sound)) for sound in parts[1:]),
    ]  # fmt: skip
    inputs = [argument for one in opened for argument in one]
    maps = ["-map", "0:v", *(a for n in range(1, len(parts)) for a in ("-map", f"{n}:a"))]
    for container in _CONTAINERS:
        arguments = [*inputs, *maps, "-c", "copy", "-f", container, f"file:{into.name}"]
        merged = run_ffmpeg(arguments, folder=into.parent, check=False)
        if merged.exit_code == 0:
            break
    else:
        raise DamagedMedia(
            f"Picture and sound cannot be merged: {merged.log[-1:]}; upload the file.", log=list(merged.log)
        )
    for part in parts:
        part.unlink()
    return into
