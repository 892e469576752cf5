"""Wipes: the new picture replaces the old one cell by cell, behind an edge that crosses it.

The rule: over a span of 0.4 to 3.2 seconds, each coarse cell lies on the straight line from what it was to what it
becomes, as in a dissolve; but the cells go over one after the other, so that most of them are at an end of their line
while the whole is half-way. Cells of pans, zooms and moving things are on no such line. Slides, in which the pictures
themselves move, are none either: they look like a pan.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heaters.domain.timebase import duration_to_frames
from heaters.media.scenes.dissolves import APART_S, HALF_SPANS, SAMPLES_PER_S
from heaters.media.scenes.scores import Scores
from heaters.media.scenes.transitions import Transition, correlate, keep_apart

_POINTS = 17
_HALFWAY = (0.15, 0.85)
_PURE = 0.06
_AT_ONE_POINT = 1.3  # a point may be that much less decided than all of them are on average
_BATCH = 1024  # spans: what a processor's cache holds

_Floats = NDArray[np.float32]
_Frames = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class WipeLimits:
    """What a span must show; chosen on composed wipes and on videos without any.

    `distance`, `likeness`, `coverage` and `step` are those of dissolves. `residual` is the greatest mean distance of
    the cells from their lines, as a share of the whole way; `undecided` how far cells are from their ends, 1 where
    all are as far as the whole picture is, as in a dissolve; `setback` the greatest part of the way backwards;
    `order` how much of the times at which they go over an edge that crosses the picture must explain.
    """

    residual: float = 0.2
    undecided: float = 0.4
    distance: float = 25.0
    likeness: float = 0.82
    coverage: float = 0.55
    step: float = 0.4
    setback: float = 0.05
    order: float = 0.75


LIMITS = WipeLimits()


def find_wipes(scores: Scores, limits: WipeLimits = LIMITS) -> tuple[Transition, ...]:
    """Every wipe, in order; the cut is the first frame of which the new picture has more than half."""
    found: list[tuple[float, Transition]] = []
    for spans in _possible_spans(scores, limits):
        points, shares, misfit = _look(scores, spans, limits)
        found += [(float(misfit[i]), _locate(points[i], shares[i])) for i in np.flatnonzero(misfit < 1)]
    surest_first = [wipe for _, wipe in sorted(found, key=lambda each: each[0])]
    return keep_apart(surest_first, min_frames=duration_to_frames(APART_S, scores.rate))


def _possible_spans(scores: Scores, limits: WipeLimits) -> Iterator[_Frames]:
    """First and last frames (n, 2) of spans whose ends differ enough and whose middle has cells of both ends."""
    step = max(round(scores.rate / SAMPLES_PER_S), 1)
    cells = np.ascontiguousarray(scores.grids[::step]).reshape(-1, *_cell_shape(scores)).astype(np.float32)
    for half in HALF_SPANS:
        starts = np.arange(
            0, len(cells) - 2 * half, max(half // 4, 1)
        )  # a long span need not fit that closely
        for first in range(0, len(starts), _BATCH):
            some = starts[first : first + _BATCH]
            old, middle, new = cells[some], cells[some + half], cells[some + 2 * half]
            square = np.sum((new - old) ** 2, axis=2)
            far = square.mean(axis=1) / 3 >= limits.distance**2
            square = square[far]
            shares, residual = _on_lines(old[far], new[far], middle[far])
            whole = np.maximum(square.sum(axis=1), 1)
            mean = np.sum(shares * square, axis=1) / whole
            likely = (np.sqrt(residual.sum(axis=1) / whole) <= limits.residual) & (np.abs(mean - 0.5) <= 0.25)
            likely &= _undecided(shares, square, whole, mean) <= _AT_ONE_POINT * limits.undecided
            start = some[far][likely] * step
            if len(start):
                yield np.stack([start, start + 2 * half * step], axis=1)


def _look(scores: Scores, spans: _Frames, limits: WipeLimits) -> tuple[_Frames, _Floats, _Floats]:
    """Frames (n, points) of each span, shares of the new picture in them, and misfits (n,): below 1 is a wipe."""
    places = np.linspace(0, 1, _POINTS)
    frames = np.rint(spans[:, :1] + places * (spans[:, 1:] - spans[:, :1])).astype(np.intp)
    cells = scores.grids[frames].reshape(*frames.shape, *_cell_shape(scores)).astype(np.float32)
    old, new = cells[:, :1], cells[:, -1:]
    square = np.sum((new - old) ** 2, axis=3)
    whole = np.maximum(square.sum(axis=2), 1)
    shares, residual = _on_lines(old, new, cells)
    mean: _Floats = np.sum(shares * square, axis=2) / whole
    halfway = (mean > _HALFWAY[0]) & (mean < _HALFWAY[1])
    count = np.maximum(halfway.sum(axis=1), 1)
    apart = np.sum(np.sqrt(residual.sum(axis=2) / whole) * halfway, axis=1) / count
    undecided = np.sum(_undecided(shares, square, whole, mean) * halfway, axis=1) / count
    moves = np.diff(mean, axis=1)
    possible = (halfway.sum(axis=1) >= 2) & (moves.max(axis=1) <= limits.step)
    possible &= (moves.min(axis=1) >= -limits.setback) & (undecided <= limits.undecided)
    possible &= _order(shares, square[:, 0], scores.grids.shape[1:3]) >= limits.order
    flat = cells.reshape(*frames.shape, -1)
    possible &= correlate(flat[:, 0], flat[:, -1]) <= limits.likeness
    size = square[:, 0].mean(axis=1, keepdims=True)
    possible &= np.mean(square[:, 0] > 0.16 * size, axis=1) >= limits.coverage
    return frames, mean, np.where(possible, apart / limits.residual, np.inf)


def _on_lines(old: _Floats, new: _Floats, seen: _Floats) -> tuple[_Floats, _Floats]:
    """For each cell (…, cells): how far it is along its line, and its square distance from it."""
    way, gone = new - old, seen - old
    square = np.maximum(np.sum(way * way, axis=-1), np.float32(1))
    share = np.sum(way * gone, axis=-1) / square
    off = np.sum((gone - np.clip(share, 0, 1)[..., None] * way) ** 2, axis=-1)
    return share, off


def _undecided(shares: _Floats, square: _Floats, whole: _Floats, mean: _Floats) -> _Floats:
    """How far cells (…, cells) are from both their ends, over how far they would be if all went together."""
    within = np.clip(shares, 0, 1)
    open_: _Floats = np.sum(within * (1 - within) * square, axis=-1) / whole
    share: _Floats = open_ / np.maximum(mean * (1 - mean), np.float32(0.01))
    return share


def _order(shares: _Floats, square: _Floats, size: Sequence[int]) -> _Floats:
    """How much of the times at which cells go over, (n, points, cells), an edge explains: a plane or an ellipse.

    The share of their variance that a least-squares fit over places and their squares takes away, cells weighted by
    how much they change, (n, cells).
    """
    when = np.argmax(shares >= 0.5, axis=1) / np.float32(_POINTS - 1)
    rows, columns = (
        axis.ravel() for axis in np.meshgrid(*(np.linspace(-1, 1, n) for n in size), indexing="ij")
    )
    places = np.stack([np.ones_like(rows), rows, columns, rows**2, columns**2], axis=1)
    weight = square / np.maximum(square.sum(axis=1, keepdims=True), 1)
    normal = np.einsum("ci,nc,cj->nij", places, weight, places) + 1e-9 * np.eye(places.shape[1])
    fit = np.linalg.solve(normal, np.einsum("ci,nc,nc->ni", places, weight, when)[..., None])[..., 0]
    left = np.sum(weight * (when - fit @ places.T) ** 2, axis=1)
    spread = np.sum(weight * (when - np.sum(weight * when, axis=1, keepdims=True)) ** 2, axis=1)
    explained: _Floats = 1 - left / np.maximum(spread, 1e-9)
    return explained


def _locate(frames: _Frames, shares: _Floats) -> Transition:
    within = np.flatnonzero((shares > _PURE) & (shares < 1 - _PURE))
    first, last = int(within[0]), int(within[-1])
    cut = int(np.argmax(shares >= 0.5))
    return Transition(
        start_frame=int(frames[max(first - 1, 0)]),
        end_frame=int(frames[min(last + 1, len(frames) - 1)]) + 1,
        cut_frame=int(frames[cut]),
    )


def _cell_shape(scores: Scores) -> tuple[int, int]:
    rows, columns, channels = scores.grids.shape[1:]
    return rows * columns, channels
