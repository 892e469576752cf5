"""Who finds which transitions: precision, recall and F1 of scene detectors on composed and on labelled real videos.

A cut is a hit of a hard cut within a tolerance in frames, and of a dissolve or fade anywhere in its span, from its
first mixed frame to the new shot's first pure one; a second cut there is a false one. Cuts inside such spans say
nothing about hard cuts; a cut that is neither here nor there is false in both tables.
"""

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from pathlib import Path

import cv2
from scenedetect import AdaptiveDetector, ContentDetector, SceneDetector, detect

from bench.scenes.edits import make_edits
from bench.scenes.ground_truth import RATES, Composition, Transition, compose
from bench.scenes.labelled import labelled_videos, leave_ignored
from bench.scenes.shots import Frames
from heaters.domain.jobs import Detector, DetectSettings
from heaters.media.facts.fact_counter import FactCounter
from heaters.media.proxy.command import TILES_OUTPUT, proxy_arguments
from heaters.media.proxy.plan import plan_proxy
from heaters.media.proxy.single_pass import count_frames
from heaters.media.scenes.cuts import propose_cuts
from heaters.media.scenes.network.cells import with_probabilities
from heaters.media.scenes.network.frame_judge import open_judge
from heaters.media.scenes.network.model import Judge, load_network
from heaters.media.scenes.score_counter import ScoreCounter
from heaters.media.scenes.scores import Scores
from heaters.media.source.probe import probe
from heaters.media.untrusted.ffmpeg import run_ffmpeg, safe_input

REPORTED_SEEDS = range(200, 212)
"""The limits of `heaters.media` were chosen on seeds below 200 and on the labelled footage."""

EDIT_SEEDS = range(200, 206)

TOLERANCES = (0, 1, 2)
_FRAME = re.compile(r"^frame:(\d+)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Cuts that are right, cuts that are false, and transitions that nobody found."""

    hits: int = 0
    false: int = 0
    missed: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            hits=self.hits + other.hits, false=self.false + other.false, missed=self.missed + other.missed
        )

    @property
    def precision(self) -> float:
        return self.hits / max(self.hits + self.false, 1)

    @property
    def recall(self) -> float:
        return self.hits / max(self.hits + self.missed, 1)

    @property
    def f1(self) -> float:
        return 2 * self.hits / max(2 * self.hits + self.false + self.missed, 1)


def count_scores(path: Path, network: Judge | None = None) -> Scores:
    """The scores that the proxy pass would store for this video."""
    source = probe(path)
    plan = plan_proxy(source)
    arguments = [*safe_input(path, source.container), *proxy_arguments(plan, with_proxy=False)]
    with tempfile.TemporaryDirectory() as folder, open_judge(network, rate=plan.rate) as judging:
        counter = count_frames(plan, judging, FactCounter())
        run_ffmpeg(
            arguments,
            folder=Path(folder),
            on_output=counter,
            extra_outputs={TILES_OUTPUT: lambda _tiles: None},
        )
        scores = counter.finish(plan.rate)
        return with_probabilities(scores, judging.finish()) if judging else scores


@lru_cache(maxsize=1)
def count_judged_scores(path: Path) -> Scores:
    """The same with the network's probabilities; kept for the next detector on the same video."""
    return count_scores(path, load_network())


def run_ours(detector: Detector, path: Path) -> tuple[int, ...]:
    return propose_cuts(count_judged_scores(path), DetectSettings(detector=detector))


def run_scenedetect(detector: Callable[[], SceneDetector], path: Path) -> tuple[int, ...]:
    return tuple(start.frame_num for start, _end in detect(str(path), detector())[1:])


def run_scdet(path: Path) -> tuple[int, ...]:
    show = "scdet=threshold=10,metadata=mode=print:key=lavfi.scd.time:file=-"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-vf", show, "-f", "null", "-"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return tuple(int(number) for number in _FRAME.findall(printed))


DETECTORS: dict[str, Callable[[Path], tuple[int, ...]]] = {
    "heaters": partial(run_ours, Detector.FUSED),
    "heaters, rules alone": partial(run_ours, Detector.RULES),
    "TransNetV2 alone": partial(run_ours, Detector.NETWORK),
    "PySceneDetect adaptive": partial(run_scenedetect, AdaptiveDetector),
    "PySceneDetect content": partial(run_scenedetect, ContentDetector),
    "ffmpeg scdet": run_scdet,
}
"""Each with its own defaults."""


def tally_hard(truth: Composition, cuts: Iterable[int], tolerance: int) -> Tally:
    """Each hard cut takes the nearest free cut within the tolerance."""
    free = {cut for cut in cuts if not any(t.start <= cut <= t.end for t in truth.gradual)}
    hits = 0
    for known in truth.hard_cuts:
        near = [cut for cut in free if abs(cut - known) <= tolerance]
        if near:
            hits += 1
            free.remove(min(near, key=lambda cut: abs(cut - known)))
    return Tally(hits=hits, false=len(free), missed=len(truth.hard_cuts) - hits)


def tally_gradual(truth: Composition, cuts: Iterable[int], kinds: tuple[str, ...]) -> Tally:
    """Transitions of `kinds`; cuts near a hard cut or in a span of another kind are left out."""
    other = [t for t in truth.transitions if t.kind not in kinds]
    slack = {t: max(TOLERANCES) if t.kind == "cut" else 0 for t in other}
    left = [c for c in cuts if not any(t.start - slack[t] <= c <= t.end + slack[t] for t in other)]
    known = [t for t in truth.transitions if t.kind in kinds]
    hits = sum(any(t.start <= cut <= t.end for cut in left) for t in known)
    return Tally(hits=hits, false=len(left) - hits, missed=len(known) - hits)


def print_scoreboard() -> None:
    """Compose the reported videos, run everybody on them, and print one line for each detector."""
    hard = {name: [Tally()] * len(TOLERANCES) for name in DETECTORS}
    slow = {name: [Tally()] * 3 for name in DETECTORS}
    columns = (("dissolve",), ("black", "white"), ("dissolve", "black", "white"))
    truths: list[Composition] = []
    for seed in REPORTED_SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            truth = compose(Path(folder, "composed.mp4"), seed=seed, rate=RATES[seed % len(RATES)])
            found = {name: run(truth.path) for name, run in DETECTORS.items()}
        truths.append(truth)
        for name, cuts in found.items():
            tallies = [tally_hard(truth, cuts, tolerance) for tolerance in TOLERANCES]
            hard[name] = [a + b for a, b in zip(hard[name], tallies, strict=True)]
            tallies = [tally_gradual(truth, cuts, kinds) for kinds in columns]
            slow[name] = [a + b for a, b in zip(slow[name], tallies, strict=True)]
    print(_describe(truths))
    print("| detector | hard cuts: P, R, F1 at 0 frames | at 1 | at 2 | dissolves: P, R, F1 | fades | both |")
    print("|---|---|---|---|---|---|---|")
    for name in DETECTORS:
        print(f"| {name} | " + " | ".join(map(_format, (*hard[name], *slow[name]))) + " |")
    print()
    print_real_footage()
    print_edits()


def print_real_footage() -> None:
    """Run everybody on the labelled footage, of which a hard cut may be two frames off."""
    videos = list(labelled_videos())
    kinds = [t.kind for video in videos for t in video.transitions]
    print(
        f"Real: {len(videos)} videos, {kinds.count('cut')} hard cuts, {len(kinds) - kinds.count('cut')} gradual.\n"
    )
    print("| detector | P, R, F1 | " + " | ".join(video.name for video in videos) + " |")
    print("|---|---|" + "---|" * len(videos))
    for name, run in DETECTORS.items():
        each = [_tally_all(v.transitions, leave_ignored(v, run(v.path))) for v in videos]
        whole = sum(each, start=Tally())
        print(
            f"| {name} | {_format(whole)} | " + " | ".join(f"{tally.f1:.3f}" for tally in each) + " |",
            flush=True,
        )
    print()


def print_edits() -> None:
    """For each kind of edit, how many were found and how many cuts are false."""
    network, names = load_network(), (Detector.FUSED, Detector.RULES, Detector.NETWORK, Detector.ADAPTIVE)
    seen: dict[str, dict[Detector, Tally]] = {}
    for seed in EDIT_SEEDS:
        for edit in make_edits(seed):
            scores = score_frames(edit.frames, edit.rate, network)
            row = seen.setdefault(edit.kind, dict.fromkeys(names, Tally()))
            for name in names:
                cuts = propose_cuts(scores, DetectSettings(detector=name))
                row[name] += _tally_all(edit.transitions, cuts)
    print("| edit | there are | " + " | ".join(f"{name}: found, false" for name in names) + " |")
    print("|---|---|" + "---|" * len(names))
    for kind, row in seen.items():
        there = row[Detector.FUSED].hits + row[Detector.FUSED].missed
        cells = (f"{tally.hits}, {tally.false}" for tally in row.values())
        print(f"| {kind} | {there} | " + " | ".join(cells) + " |")
    print()


def score_frames(frames: Frames, rate: Fraction, network: Judge | None) -> Scores:
    """The scores of frames that are in memory."""
    _, height, width, _ = frames.shape
    with open_judge(network, rate=rate) as judging:
        counter = ScoreCounter(width=width, height=height, on_frame=judging.add if judging else None)
        for frame in frames:
            counter(cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420).tobytes())
        scores = counter.finish(rate)
        return with_probabilities(scores, judging.finish()) if judging else scores


def _tally_all(transitions: Sequence[Transition], cuts: Iterable[int]) -> Tally:
    """Each transition takes the nearest free cut within two frames of it; hard cuts first."""
    free, slack = sorted(cuts), max(TOLERANCES)
    hits = 0
    for known in sorted(transitions, key=lambda t: t.kind != "cut"):
        near = [cut for cut in free if known.start - slack <= cut <= known.end + slack]
        if near:
            hits += 1
            free.remove(min(near, key=lambda cut: abs(cut - known.start)))
    return Tally(hits=hits, false=len(free), missed=len(transitions) - hits)


def _describe(truths: list[Composition]) -> str:
    kinds = [t.kind for truth in truths for t in truth.transitions]
    seconds = sum(truth.frame_count / truth.rate for truth in truths)
    fades = kinds.count("black") + kinds.count("white")
    return (
        f"Composed: {len(truths)} videos, {float(seconds) / 60:.0f} minutes, {kinds.count('cut')} hard cuts, "
        f"{kinds.count('dissolve')} dissolves, {fades} fades; limits were chosen on other seeds.\n"
    )


def _format(tally: Tally) -> str:
    return f"{tally.precision:.3f} {tally.recall:.3f} **{tally.f1:.3f}**"
