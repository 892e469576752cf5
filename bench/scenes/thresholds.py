"""How long new thresholds take on two hours of stored scores, with nothing decoded."""

import statistics
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.scenes.ground_truth import compose
from bench.scenes.scoreboard import count_judged_scores
from heaters.domain.jobs import DetectSettings
from heaters.media.scenes.cuts import choose_cuts
from heaters.media.scenes.evidence import weigh_scores
from heaters.media.scenes.scores import Scores

HOURS = 2
RATE = Fraction(30)
ROUNDS = 20


def print_thresholds() -> None:
    """Two hours of shots that change often: once to weigh the scores, then for each setting of the slider."""
    with tempfile.TemporaryDirectory() as folder:
        some = count_judged_scores(compose(Path(folder, "composed.mp4"), seed=400, rate=RATE).path)
    scores = _repeat(some, frame_count=round(HOURS * 3600 * RATE))
    evidence = weigh_scores(scores)
    settings = [DetectSettings(adaptive_threshold=2 + number / 10) for number in range(ROUNDS)]
    weigh_ms = [_time_ms(lambda: weigh_scores(scores)) for _ in range(ROUNDS)]
    choose_ms = [_time_ms(partial(choose_cuts, evidence, each)) for each in settings]
    cuts = len(choose_cuts(evidence, DetectSettings()))
    print(
        f"{HOURS} h of scores ({scores.frame_count:,} frames, {cuts:,} cuts): weighed once in "
        f"{statistics.median(weigh_ms):.0f} ms; cuts at each new threshold in {statistics.median(choose_ms):.0f} ms "
        f"(longest {max(choose_ms):.0f}). Target: ≤ 100 ms for a new threshold.\n"
    )


def _repeat(scores: Scores, *, frame_count: int) -> Scores:
    def repeat(rows: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([rows] * (frame_count // len(rows) + 1))[:frame_count]

    return Scores(
        rate=RATE,
        pixel_count=scores.pixel_count,
        delta_sums=repeat(scores.delta_sums),
        grids=repeat(scores.grids),
        energy=repeat(scores.energy),
        probabilities=None if scores.probabilities is None else repeat(scores.probabilities),
    )


def _time_ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
