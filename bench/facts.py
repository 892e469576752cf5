"""What facts of frames and levels of sound add to the CPU seconds of the proxy pass; facts of many clips at once."""

import time
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.measure import TABLE_HEAD, compare
from bench.scratch import scratch_folder
from heaters.domain.timebase import FrameRange
from heaters.media.facts.fact_counter import FactCounter
from heaters.media.facts.frame_facts import ROW, FrameFacts
from heaters.media.facts.range_facts import facts_of_ranges
from heaters.media.proxy.command import filter_threads, score_filters
from heaters.media.proxy.plan import ProxyPlan, plan_proxy
from heaters.media.proxy.single_pass import make_proxy
from heaters.media.sound.measure import measure_sound
from heaters.media.source.facts import SourceProbe
from heaters.media.source.probe import probe
from heaters.media.untrusted.ffmpeg import run_ffmpeg, safe_input

CLIPS, CLIP_FRAMES = 10_000, 45


def print_facts(path: Path) -> None:
    source = probe(path)
    plan = plan_proxy(source)
    frames = read_small_frames(path, source, plan)
    with scratch_folder() as folder:
        proxy = make_proxy(path, source, folder=folder).proxy

        def measure() -> None:
            facts = FactCounter()
            for luma in frames:
                facts.add(luma)
            facts.finish(plan.rate)
            measure_sound(proxy, folder=folder)

        def make() -> None:
            with scratch_folder() as other:
                make_proxy(path, source, folder=other)

        print(TABLE_HEAD)
        row = compare(
            title="facts and sound", ours=measure, peer=make, peer_name="the whole pass", target="≤ 0.02"
        )
        print(row.row(), flush=True)
    print(f"\nFacts of {CLIPS:,} clips at once: {time_clips() * 1000:.1f} ms of CPU.\n")


def read_small_frames(path: Path, source: SourceProbe, plan: ProxyPlan) -> NDArray[np.uint8]:
    """The luma of all frames that are scored, (n, height, width)."""
    raw = bytearray()
    graph = f"[0:{plan.stream_index}]{score_filters(plan)}[out]"
    with scratch_folder() as folder:
        run_ffmpeg(
            [
                *safe_input(path, source.container), *filter_threads(plan), "-filter_complex", graph, "-map", "[out]",
                "-f", "rawvideo", "pipe:1",
            ],
            folder=folder, on_output=raw.extend,
        )  # fmt: skip
    height, width = plan.score_size.height, plan.score_size.width
    return np.frombuffer(raw, np.uint8).reshape(-1, height * 3 // 2, width)[:, :height]


def time_clips() -> float:
    """CPU seconds for the facts of all clips of five hours, a cut every other second."""
    count = CLIPS * CLIP_FRAMES
    facts = FrameFacts(rate=Fraction(25), rows=np.ones(count, ROW))
    ends = range(0, count + 1, CLIP_FRAMES)
    clips = [FrameRange(start_frame=start, end_frame=end) for start, end in pairwise(ends)]
    began_s = time.process_time()
    facts_of_ranges(facts, clips)
    return time.process_time() - began_s
