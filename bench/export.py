"""Export against re-encoding the clip."""

import statistics
import time
from pathlib import Path

from bench.measure import TABLE_HEAD, Comparison, compare
from bench.scratch import scratch_folder
from bench.sources import run_ffmpeg
from heaters.domain.timebase import FrameRange
from heaters.media.clips.export import export_clip
from heaters.media.clips.frame_index import index_file
from heaters.media.proxy.command import CRF, PRESET
from heaters.media.proxy.single_pass import ProxyPass, make_proxy
from heaters.media.source.probe import probe

CLIP_S = 3
EXPORTS = 20


def print_export(source: Path) -> None:
    """Make a proxy of `source`, cut it many times, and print what that costs."""
    with scratch_folder() as folder:
        made = make_proxy(source, probe(source), folder=folder)
        export, median_s, bytes_ratio = compare_export(made)
    print(f"{TABLE_HEAD}\n{export.row()}")
    print(
        f"\nExport of a 3 s 1080p clip: p50 {median_s * 1000:.1f} ms; bytes read over written {bytes_ratio:.4f}.\n"
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
        with scratch_folder() as folder:
            done = export_clip(
                frames=FrameRange(start_frame=start, end_frame=start + length),
                read_index=lambda at, size: index[at : at + size],
                read_proxy=read,
                path=folder / "clip.mp4",
            )
            written_bytes += done.size_bytes

    def encode(start: int) -> None:
        with scratch_folder() as folder:
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
