"""Cuts and gradual changes as a network alone sees them, from its stored probabilities."""

from fractions import Fraction

import numpy as np

from heaters.domain.timebase import duration_to_frames
from heaters.media.scenes.dissolves import LIMITS
from heaters.media.scenes.evidence import Evidence
from heaters.media.scenes.fades import SAME_PICTURE
from heaters.media.scenes.hard_cuts import LEVELS
from heaters.media.scenes.transitions import Transition, distances, find_runs, flatten_grids

CUT = 0.2
"""Above this probability a run of frames has a cut at its peak; the best on the labelled footage."""

CHANGE = 0.5
"""Above this probability a frame is part of a change; as its authors have it."""

SHORTEST_RUN_S = Fraction(8, 25)
"""A shorter run is the neighbourhood of a hard cut: the network was taught to see the frames beside one as well."""


def find_network_cuts(evidence: Evidence) -> tuple[int, ...]:
    """One cut for each run of frames that may be the last of a shot, after the likeliest."""
    assert evidence.probabilities is not None
    hard = evidence.probabilities[:, 0]
    peaks = [start + int(np.argmax(hard[start:end])) for start, end in find_runs(hard > CUT * LEVELS)]
    return tuple(peak + 1 for peak in peaks if peak + 1 < len(hard))


def find_network_runs(evidence: Evidence) -> list[Transition]:
    """Runs of frames within a change that lead from one picture to another, neither of them solid."""
    assert evidence.probabilities is not None
    least = duration_to_frames(SHORTEST_RUN_S, evidence.rate)
    runs = [(a, b) for a, b in find_runs(evidence.probabilities[:, 1] > CHANGE * LEVELS) if b - a >= least]
    if not runs:
        return []
    last = len(evidence.grids) - 1
    old = flatten_grids(evidence.grids[[max(a - 1, 0) for a, _ in runs]])
    new = flatten_grids(evidence.grids[[min(b + 1, last) for _, b in runs]])
    real = distances(old, new) > SAME_PICTURE
    real &= np.minimum(old.std(axis=1), new.std(axis=1)) >= LIMITS.contrast
    return [
        Transition(start_frame=a, end_frame=b + 1, cut_frame=(a + b) // 2 + 1)
        for (a, b), is_real in zip(runs, real, strict=True)
        if is_real
    ]
