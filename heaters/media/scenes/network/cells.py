"""Which frames the network looks at, and in what windows: cells at fixed places, so that pieces of a video agree. Pure.

Frames are sampled down to about 30 a second, the rate of what it learned from, and counted in samples. A cell of
CELL samples is judged by itself, with CONTEXT_FRAMES more on either side. Within a cell, blocks in which hardly
anything moves are left out: nothing begins in them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from heaters.media.scenes.network.model import Judge
from heaters.media.scenes.network.shape import CONTEXT_FRAMES
from heaters.media.scenes.scores import Scores
from heaters.media.scenes.transitions import distances, flatten_grids

CELL = 250
"""Samples. Longer ones cost less per frame, and memory: 300 frames take 190 MiB."""

BLOCK = 25
SAMPLES_PER_S = 30
STILL = 10.0
"""Levels between the coarse pictures STILL_REACH_S before and after a frame, at less of which nothing begins there.

On the labelled footage, the least distance of any frame that the network has in suspicion (a probability of 0.1) is
14; a dissolve's ends are 25 apart (`DissolveLimits.distance`).
"""

STILL_REACH_S = Fraction(2, 5)


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """A frame as the network sees it, (27, 48, 3) RGB, and its grid of mean colours."""

    picture: NDArray[np.uint8]
    grid: NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, eq=False)
class Judgement:
    """Levels (CELL or fewer, 2) by the number of their cell, and the samples that cells not yet judged need."""

    cells: Mapping[int, NDArray[np.uint8]] = field(default_factory=dict)
    kept: Mapping[int, Sample] = field(default_factory=dict)


def stride_of(rate: Fraction) -> int:
    """Every how many frames a sample is taken, counted from the first of the video."""
    return max(round(rate / SAMPLES_PER_S), 1)


def window_of(cell: int, count: int = CELL) -> range:
    """The samples that a cell of `count` needs, beyond the ends of the video as well."""
    return range(cell * CELL - CONTEXT_FRAMES, cell * CELL + count + CONTEXT_FRAMES)


def judge_cell(judge: Judge, samples: Sequence[Sample], *, count: int, rate: Fraction) -> NDArray[np.uint8]:
    """Levels (count, 2) for the samples of a cell, given with the CONTEXT_FRAMES around them; 0 where all is still."""
    levels = np.zeros((count, 2), np.uint8)
    pictures = np.stack([sample.picture for sample in samples])
    reach = max(round(STILL_REACH_S * rate / stride_of(rate)), 1)
    grids = np.stack([sample.grid for sample in samples])
    for start, end in _lively_runs(grids, count=count, reach=min(reach, CONTEXT_FRAMES)):
        seen = judge(pictures[start : end + 2 * CONTEXT_FRAMES])
        levels[start:end] = seen[CONTEXT_FRAMES : CONTEXT_FRAMES + end - start]
    return levels


def with_probabilities(scores: Scores, judged: Judgement) -> Scores:
    """The scores of a video of which all cells are judged; frames between samples are like the sample before them."""
    levels = [np.zeros((0, 2), np.uint8), *(judged.cells[number] for number in sorted(judged.cells))]
    every = np.repeat(np.concatenate(levels), stride_of(scores.rate), axis=0)
    return replace(scores, probabilities=every[: scores.frame_count])


def judge_rest(judge: Judge, parts: Sequence[Judgement], *, scores: Scores) -> Judgement:
    """Judge the cells of a whole video that lie across the borders of its pieces."""
    kept = {number: sample for part in parts for number, sample in part.kept.items()}
    cells = {number: levels for part in parts for number, levels in part.cells.items()}
    last = -(-scores.frame_count // stride_of(scores.rate)) - 1
    for cell in range(last // CELL + 1):
        if cell not in cells:
            count = min(CELL, last + 1 - cell * CELL)
            samples = [kept[min(max(number, 0), last)] for number in window_of(cell, count)]
            cells[cell] = judge_cell(judge, samples, count=count, rate=scores.rate)
    return Judgement(cells=cells)


def _lively_runs(grids: NDArray[np.uint8], *, count: int, reach: int) -> Iterator[tuple[int, int]]:
    """Ranges of samples in blocks where something moves, and in up to two still ones between: to skip costs more."""
    pictures = flatten_grids(grids)
    middle = np.arange(CONTEXT_FRAMES, CONTEXT_FRAMES + count)
    lively = distances(pictures[middle - reach], pictures[middle + reach]) > STILL
    blocks = sorted({int(number) // BLOCK for number in np.flatnonzero(lively)})
    while blocks:
        first = last = blocks.pop(0)
        while blocks and blocks[0] - last <= 2 * CONTEXT_FRAMES // BLOCK:
            last = blocks.pop(0)
        yield first * BLOCK, min((last + 1) * BLOCK, count)
