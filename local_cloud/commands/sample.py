"""A sample video for a first look: four shots that nobody can mistake for each other, with a tone each.

Made by ffmpeg's own test sources, so nothing has to be downloaded.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from local_cloud.machine.settings import LocalCloudError

SHOT_S = 3
RATE = 24
SIZE = "1280x720"
_SHOTS = (
    ("testsrc2", 330),
    ("mandelbrot", 440),
    ("smptehdbars", 550),
    ("gradients=c0=0x102040:c1=0xe0a030:speed=0.05", 660),
)
"""ffmpeg lavfi source and tone in Hz, one pair a shot."""

_FONTS = (
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"),
    Path("/usr/share/fonts/truetype/liberation/LiberationMono-Regular.ttf"),
)


def make_sample(path: Path) -> Path:
    """Write the sample to `path` (12 s of 720p24 H.264 with AAC), unless it is there already."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_name(f"making-{path.name}")
    font = next((font for font in _FONTS if font.exists()), None)
    run = subprocess.run(sample_command(making, font), capture_output=True, text=True, check=False)
    if run.returncode != 0 and font:
        run = subprocess.run(sample_command(making, None), capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise LocalCloudError(f"ffmpeg could not make the sample video:\n{run.stderr[-2000:]}")
    making.rename(path)
    return path


def sample_command(path: Path, font: Path | None) -> Sequence[str]:
    """ffmpeg's argv. With a font, each frame carries its number."""
    inputs: list[str] = []
    joined = ""
    for number, (source, tone_hz) in enumerate(_SHOTS):
        separator = ":" if "=" in source else "="
        video = f"{source}{separator}size={SIZE}:rate={RATE}"
        inputs += ["-f", "lavfi", "-t", str(SHOT_S), "-i", video]
        inputs += ["-f", "lavfi", "-t", str(SHOT_S), "-i", f"sine=frequency={tone_hz}:sample_rate=48000"]
        joined += f"[{2 * number}:v][{2 * number + 1}:a]"
    graph = f"{joined}concat=n={len(_SHOTS)}:v=1:a=1[v][a]"
    if font:
        text = "text='frame %{frame_num}':fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=12"
        graph += f";[v]drawtext=fontfile={font}:{text}:fontsize=48:x=40:y=h-100[v2]"
    encode = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    return [
        "ffmpeg", "-nostdin", "-v", "error", "-y", *inputs, "-filter_complex", graph,
        "-map", "[v2]" if font else "[v]", "-map", "[a]", *encode, "-movflags", "+faststart", str(path),
    ]  # fmt: skip
