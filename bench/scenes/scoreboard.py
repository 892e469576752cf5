"""Who finds which transitions: precision, recall and F1 of scene detectors on composed videos with known truth.

A cut is a hit of a hard cut within a tolerance in frames, and of a dissolve or fade anywhere in its span, from its
first mixed frame to the new shot's first pure one; a second cut there is a false one. Cuts inside such spans say
nothing about hard cuts; a cut that is neither here nor there is false in both tables.
"""

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from scenedetect import AdaptiveDetector, ContentDetector, SceneDetector, detect

from bench.scenes.ground_truth import RATES, Composition, compose
from heaters.domain.jobs import DetectSettings
from heaters.media.proxy.command import TILES_OUTPUT, proxy_arguments
from heaters.media.proxy.plan import plan_proxy
from heaters.media.scenes.cuts import propose_cuts
from heaters.media.scenes.score_counter import ScoreCounter
from heaters.media.scenes.scores import Scores
from heaters.media.source.probe import probe
from heaters.media.untrusted.ffmpeg import run_ffmpeg, safe_input

REPORTED_SEEDS = range(200, 212)
"""The limits of `heaters.media` were chosen on seeds below 200; these show how well they carry over."""

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


def count_scores(path: Path) -> Scores:
    """The scores that the proxy pass would store for this video."""
    source = probe(path)
    plan = plan_proxy(source)
    counter = ScoreCounter(width=plan.score_size.width, height=plan.score_size.height)
    arguments = [*safe_input(path, source.container), *proxy_arguments(plan, with_proxy=False)]
    with tempfile.TemporaryDirectory() as folder:
        run_ffmpeg(
            arguments,
            folder=Path(folder),
            on_output=counter,
            extra_outputs={TILES_OUTPUT: lambda _tiles: None},
        )
    return counter.finish(plan.rate)


def run_ours(path: Path) -> tuple[int, ...]:
    return propose_cuts(count_scores(path), DetectSettings())


def run_scenedetect(detector: Callable[[], SceneDetector], path: Path) -> tuple[int, ...]:
    return tuple(start.frame_num for start, _end in detect(str(path), detector())[1:])


def run_scdet(path: Path) -> tuple[int, ...]:
    show = "scdet=threshold=10,metadata=mode=print:key=lavfi.scd.time:file=-"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-vf", show, "-f", "null", "-"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return tuple(int(number) for number in _FRAME.findall(printed))


DETECTORS: dict[str, Callable[[Path], tuple[int, ...]]] = {
    "heaters": run_ours,
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
