"""Proxy pass, scene detection and export against what people run today."""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.measure import Comparison, compare
from bench.sources import run_ffmpeg
from heaters.domain.jobs import DetectSettings
from heaters.domain.timebase import FrameRange
from heaters.media.export import export_clip
from heaters.media.frame_index import index_file
from heaters.media.probe import probe
from heaters.media.proxy import ProxyPass, make_proxy
from heaters.media.proxy_command import CRF, PRESET
from heaters.media.scenes import propose_cuts

CLIP_S = 3
EXPORTS = 20


def compare_proxy_pass(source: Path) -> Comparison:
    """The whole pass (proxy, scores, storyboard) against a transcode with the same settings and nothing else."""

    def ours() -> None:
        with _scratch() as folder:
            make_proxy(source, probe(source), folder=folder)

    def peer() -> None:
        with _scratch() as folder:
            _transcode(source, folder / "proxy.mp4")

    return compare(
        title="proxy pass",
        ours=ours,
        peer=peer,
        peer_name="plain ffmpeg transcode",
        target="≤ 1.10",
        rounds=3,
    )


def compare_detection(source: Path, made: ProxyPass) -> Comparison:
    """From stored scores to cuts, against decoding again to find them."""

    def peer() -> None:
        command = [sys.executable, "-m", "scenedetect", "-i", str(source), "-q", "detect-adaptive"]
        subprocess.run([*command, "list-scenes", "-n"], check=True, capture_output=True)

    return compare(
        title="cuts from stored scores",
        ours=lambda: propose_cuts(made.scores, DetectSettings()),
        peer=peer,
        peer_name="scenedetect detect-adaptive",
        target="≤ 0.10",
        rounds=3,
    )


def compare_export(made: ProxyPass) -> tuple[Comparison, float, float]:
    """One 3 s clip at a time; returns the comparison, the median seconds and bytes read over bytes written."""
    index = index_file(made.proxy).to_bytes()
    proxy = made.proxy.read_bytes()
    count = made.scores.frame_count
    length = round(CLIP_S * made.plan.rate)
    starts = [(count - length) * n // EXPORTS for n in range(EXPORTS)]
    read_bytes = written_bytes = 0

    def read(start: int, size_bytes: int) -> bytes:
        nonlocal read_bytes
        read_bytes += size_bytes
        return proxy[start : start + size_bytes]

    def export(start: int) -> None:
        nonlocal written_bytes
        with _scratch() as folder:
            done = export_clip(
                frames=FrameRange(start_frame=start, end_frame=start + length),
                read_index=lambda at, size: index[at : at + size],
                read_proxy=read,
                path=folder / "clip.mp4",
            )
            written_bytes += done.size_bytes

    def encode(start: int) -> None:
        with _scratch() as folder:
            seconds = str(float(start / made.plan.rate))
            run_ffmpeg(
                "-ss", seconds, "-i", str(made.proxy), "-t", str(CLIP_S), "-c:v", "libx264", "-preset", PRESET,
                "-crf", str(CRF), "-g", "1", "-bf", "0", "-c:a", "aac", str(folder / "clip.mp4"),
            )  # fmt: skip

    seconds = []
    for start in starts:
        began = time.perf_counter()
        export(start)
        seconds.append(time.perf_counter() - began)
    comparison = compare(
        title="export of a 3 s clip",
        ours=lambda: export(starts[1]),
        peer=lambda: encode(starts[1]),
        peer_name="re-encoding it",
        target="≤ 0.10",
        quantity="wall_s",
    )
    return comparison, statistics.median(seconds), read_bytes / written_bytes


def _transcode(source: Path, target: Path) -> None:
    run_ffmpeg(
        "-i", str(source), "-c:v", "libx264", "-preset", PRESET, "-crf", str(CRF), "-g", "1", "-bf", "0",
        "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "160k", "-ar", "48000", "-movflags", "+faststart", str(target),
    )  # fmt: skip


@contextmanager
def _scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="heaters-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
