"""The proxy pass, the master and detection against the separate commands that people run today."""

import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.measure import TABLE_HEAD, Comparison, sample
from bench.scratch import scratch_folder
from bench.sources import run_ffmpeg
from heaters.domain.jobs import DetectSettings
from heaters.domain.results import StoredObject
from heaters.domain.timebase import format_rate
from heaters.media.master.command import SLICES
from heaters.media.master.segments import make_master
from heaters.media.proxy.command import CRF, PRESET, filter_threads, score_filters
from heaters.media.proxy.plan import ProxyPlan, plan_proxy
from heaters.media.proxy.single_pass import make_proxy
from heaters.media.scenes.cuts import propose_cuts
from heaters.media.scenes.network.model import Judge, load_network
from heaters.media.scenes.score_counter import ScoreCounter
from heaters.media.source.facts import SourceProbe
from heaters.media.source.probe import probe
from heaters.media.untrusted import ffmpeg

ROUNDS = 5


@dataclass(frozen=True, kw_only=True)
class PassRuns:
    """Every run that the comparisons need, over one source."""

    path: Path
    source: SourceProbe
    plan: ProxyPlan
    network: Judge | None

    def proxy(self) -> None:
        with scratch_folder() as folder:
            make_proxy(self.path, self.source, folder=folder, network=self.network)

    def proxy_by_rules(self) -> None:
        with scratch_folder() as folder:
            make_proxy(self.path, self.source, folder=folder)

    def transcode(self) -> None:
        with scratch_folder() as folder:
            run_ffmpeg(
                "-i", str(self.path), "-c:v", "libx264", "-preset", PRESET, "-crf", str(CRF), "-g", "1", "-bf", "0",
                "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "160k", "-ar", "48000", "-movflags", "+faststart",
                str(folder / "proxy.mp4"),
            )  # fmt: skip

    def master(self) -> None:
        def keep(number: int, path: Path) -> StoredObject:
            return StoredObject(key=str(number), size_bytes=path.stat().st_size)

        with scratch_folder() as folder:
            make_master(self.path, self.source, folder=folder, keep_segment=keep)

    def plain_master(self) -> None:
        with scratch_folder() as folder:
            run_ffmpeg(
                "-i", str(self.path), "-c:v", "ffv1", "-level", "3", "-g", "1", "-slices", str(SLICES),
                "-slicecrc", "1", "-c:a", "flac", str(folder / "master.mkv"),
            )  # fmt: skip

    def scenedetect(self) -> None:
        command = [sys.executable, "-m", "scenedetect", "-i", str(self.path), "-q", "detect-adaptive"]
        subprocess.run([*command, "list-scenes", "-n"], check=True, capture_output=True)

    def decode(self) -> None:
        """Decoding to even frames alone, as the pass does it, by ffmpeg started the same way."""
        self._decode_to(["-f", "null", "-"], scale="")

    def decode_and_detect(self) -> None:
        """The same, and all that the pass does for detection: small frames, scores, cuts."""
        size = self.plan.score_size
        counter = ScoreCounter(width=size.width, height=size.height)
        scale = f",{score_filters(self.plan)}"
        self._decode_to(["-f", "rawvideo", "pipe:1"], scale=scale, on_output=counter)
        propose_cuts(counter.finish(self.plan.rate), DetectSettings())

    def _decode_to(
        self, output: list[str], *, scale: str, on_output: Callable[[bytes], None] | None = None
    ) -> None:
        graph = f"[0:{self.plan.stream_index}]fps={format_rate(self.plan.rate)}{scale}[out]"
        opened = ffmpeg.safe_input(self.path, self.source.container)
        with scratch_folder() as folder:
            ffmpeg.run_ffmpeg(
                [
                    *opened, *filter_threads(self.plan), "-filter_complex", graph, "-map", "[out]",
                    "-fps_mode", "passthrough", *output,
                ],
                folder=folder,
                on_output=on_output,
            )  # fmt: skip


def print_passes(path: Path) -> None:
    """Run everything by turns, round after round, and print three ratios of CPU seconds."""
    source = probe(path)
    cpu_s = measure_rounds(
        PassRuns(path=path, source=source, plan=plan_proxy(source), network=load_network())
    )
    print(TABLE_HEAD)
    for comparison in compare_passes(cpu_s):
        print(comparison.row(), flush=True)
    print("\nCPU s, medians: " + ", ".join(f"{name} {value:.1f}" for name, value in cpu_s.items()) + ".\n")


def measure_rounds(runs: PassRuns) -> dict[str, float]:
    """Median CPU seconds of each run by its name."""
    names = (
        "proxy",
        "proxy_by_rules",
        "transcode",
        "master",
        "plain_master",
        "scenedetect",
        "decode",
        "decode_and_detect",
    )
    seen: dict[str, list[float]] = {name: [] for name in names}
    for number in range(ROUNDS):
        for name in names:
            seen[name].append(sample(getattr(runs, name)).cpu_s)
        last = ", ".join(f"{name} {values[-1]:.1f}" for name, values in seen.items())
        print(f"round {number + 1}: {last}", file=sys.stderr, flush=True)
    return {name: statistics.median(values) for name, values in seen.items()}


def compare_passes(cpu_s: Mapping[str, float]) -> tuple[Comparison, ...]:
    """Detection's part of the pass is what it adds to a decode; cuts from scores cost next to nothing."""
    added = cpu_s["decode_and_detect"] - cpu_s["decode"]
    separate = cpu_s["transcode"] + cpu_s["plain_master"] + cpu_s["scenedetect"]
    rows = (
        ("proxy pass", cpu_s["proxy"], cpu_s["transcode"], "plain ffmpeg transcode", "≤ 1.20"),
        ("without the network", cpu_s["proxy_by_rules"], cpu_s["transcode"], "plain ffmpeg transcode", "≤ 1.10"),
        (
            "proxy, master and detection", cpu_s["proxy"] + cpu_s["master"], separate,
            "ffmpeg, ffmpeg and scenedetect", "≤ 0.92",
        ),
        ("CPU that detection adds", added, cpu_s["scenedetect"], "scenedetect detect-adaptive", "≤ 0.10"),
    )  # fmt: skip
    return tuple(
        Comparison(
            title=title, ours=ours, peer=peer, unit="CPU s", peer_name=name, rounds=ROUNDS, target=target
        )
        for title, ours, peer, name, target in rows
    )
