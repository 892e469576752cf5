"""What each x264 preset costs for the same bytes, and how much it keeps: the table that chose the proxy's preset."""

import math
import re
import statistics
import subprocess
from functools import partial
from pathlib import Path

from bench.measure import sample
from bench.scratch import scratch_folder
from bench.sources import run_ffmpeg
from heaters.media.proxy.command import CRF, PRESET

PRESETS = ("ultrafast", "superfast", "veryfast", "faster")
ROUNDS = 5
SECONDS = 4
START_S = 8
ATTEMPTS = 6
SAME_SIZE = 0.005
_BYTES_HALVE_IN = 6.0  # about how many steps of CRF halve the bytes


def print_presets(source: Path) -> None:
    """Match every preset's CRF to the size that ours has at its own, then encode by turns."""
    with scratch_folder() as folder:
        excerpt = folder / "excerpt.y4m"
        run_ffmpeg("-ss", str(START_S), "-i", str(source), "-t", str(SECONDS), "-an", str(excerpt))
        wanted = _encode(excerpt, PRESET, CRF)
        found = {preset: match_crf(excerpt, preset, wanted) for preset in PRESETS}
        seen: dict[str, list[float]] = {preset: [] for preset in PRESETS}
        for _ in range(ROUNDS):
            for preset, crf in found.items():
                seen[preset].append(sample(partial(_encode, excerpt, preset, crf)).cpu_s)
        print("| preset | CRF | bytes | SSIM | CPU s | rounds |\n|---|---|---|---|---|---|")
        for preset, crf in found.items():
            size = _encode(excerpt, preset, crf)
            ssim = measure_ssim(_encoded(excerpt), excerpt)
            print(
                f"| {preset} | {crf:.2f} | {size / wanted:.3f} | {ssim:.5f} "
                f"| {statistics.median(seen[preset]):.2f} | {ROUNDS} |",
                flush=True,
            )
    print()


def match_crf(excerpt: Path, preset: str, wanted_bytes: int) -> float:
    """The CRF at which `preset` makes as many bytes, within half a per cent."""
    crf = float(CRF)
    for _ in range(ATTEMPTS):
        ratio = _encode(excerpt, preset, crf) / wanted_bytes
        if abs(ratio - 1) <= SAME_SIZE:
            break
        crf += _BYTES_HALVE_IN * math.log2(ratio)
    return crf


def measure_ssim(encoded: Path, original: Path) -> float:
    """Structural similarity over all planes, 1 where nothing was lost."""
    command = [
        "ffmpeg",
        "-nostdin",
        "-i",
        str(encoded),
        "-i",
        str(original),
        "-lavfi",
        "ssim",
        "-f",
        "null",
        "-",
    ]
    log = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    found = re.search(r"All:([0-9.]+)", log)
    if not found:
        raise SystemExit("heaters: this ffmpeg reports no SSIM; install one with the `ssim` filter.")
    return float(found[1])


def _encode(excerpt: Path, preset: str, crf: float) -> int:
    path = _encoded(excerpt)
    run_ffmpeg(
        "-i", str(excerpt), "-c:v", "libx264", "-preset", preset, "-crf", f"{crf:.3f}", "-g", "1", "-bf", "0",
        "-pix_fmt", "yuv420p", "-f", "h264", str(path),
    )  # fmt: skip
    return path.stat().st_size


def _encoded(excerpt: Path) -> Path:
    return excerpt.with_suffix(".h264")
