"""Dissolves: frames that are mixtures of the last picture of one shot and the first of the next.

The rule: over a span of 0.4 to 3.2 seconds, the coarse pictures between its ends lie on the straight line from one
end to the other, in order. A mixture does; pans, zooms and moving things do not, except over ways so short that the
ends look alike. And a mixture has less fine detail than its pictures: with shares a and b of two unrelated pictures,
a² and b² of their energy within the cells is left (the variance curve of Lienhart, "Reliable Dissolve Detection",
2001), while a picture that moves keeps its own. Where only a part of the picture changes, it is a title; where the
ends are alike but for brightness and contrast, the light changes, or a fade goes on.

All frames are never compared: ten a second are, and then some of each span that is left.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from heaters.domain.timebase import duration_to_frames
from heaters.media.scenes.scores import Scores
from heaters.media.scenes.transitions import Transition, correlate, flatten_grids, keep_apart

SAMPLES_PER_S = 10
HALF_SPANS = (2, 4, 8, 12, 16)
"""Half of the spans that are tried, in samples."""

APART_S = Fraction(3, 5)
"""Of two dissolves nearer to each other than this, the clearer one counts."""

_POINTS = 17  # frames of a span that the second look compares
_MIXED = (0.15, 0.85)  # shares of the new picture that are clearly a mixture
_PURE = 0.06
_OFF_CENTRE = (
    0.25  # how far from one half the share in the middle of a span may be; another span fits better then
)
_CHANNELS = 3
_CHANGED = 0.4  # of the distance between the ends: a cell that differs more belongs to the change

_Floats = NDArray[np.float32]
_Frames = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class DissolveLimits:
    """What a span must show; chosen on composed videos other than those that the benchmark reports on.

    Three quantities together, each as a part of its limit, squared and summed, stay below 1: `residual`, the mean
    distance of the mixtures from the line as a share of its length; `lost_detail` and `kept_detail`, the logarithm
    of the detail that the mixtures have over what they should; `distance` (root mean square, 0 to 255) over that of
    the ends. Of the rest, `likeness` is the greatest correlation of the ends, `coverage` the least share of cells
    that change, `contrast` the least standard deviation of an end, `step` the greatest share of the way between two
    points, and `setback` the greatest one backwards.
    """

    residual: float = 0.26
    kept_detail: float = 0.44
    lost_detail: float = 0.63
    distance: float = 25.0
    likeness: float = 0.82
    coverage: float = 0.55
    contrast: float = 4.0
    step: float = 0.4
    setback: float = 0.1


LIMITS = DissolveLimits()


def find_dissolves(scores: Scores, limits: DissolveLimits = LIMITS) -> tuple[Transition, ...]:
    """Every dissolve, in order; the cut is the first frame in which the new picture outweighs the old."""
    spans = _first_look(scores, limits)
    if not len(spans):
        return ()
    frames, shares, misfit = _second_look(scores, spans, limits)
    surest_first = [i for i in np.argsort(misfit, kind="stable") if misfit[i] < 1]
    found = (_locate(frames[i], shares[i]) for i in surest_first)
    return keep_apart(found, min_frames=duration_to_frames(APART_S, scores.rate))


def fine_detail(pictures: _Floats, energy: _Floats) -> _Floats:
    """The energy within the cells of each picture: what is left of all when each cell is its mean colour."""
    cells = pictures.shape[-1] // _CHANNELS
    rest: _Floats = np.maximum(
        energy - np.einsum("...i,...i->...", pictures, pictures) / np.float32(cells), 0
    )
    return rest


class _Samples:
    """About SAMPLES_PER_S frames a second; remembers how far apart they are."""

    def __init__(self, scores: Scores) -> None:
        self.step = max(round(scores.rate / SAMPLES_PER_S), 1)
        self._pictures = flatten_grids(np.ascontiguousarray(scores.grids[:: self.step]))
        self._squares = np.einsum("ij,ij->i", self._pictures, self._pictures)
        self._lags: dict[int, _Floats] = {}
        self.detail = fine_detail(self._pictures, scores.energy[:: self.step])

    @property
    def count(self) -> int:
        return len(self._pictures)

    def square_distances(self, lag: int) -> _Floats:
        """Mean square difference of each sample and the one `lag` later."""
        if lag not in self._lags:
            earlier, later = self._pictures[:-lag], self._pictures[lag:]
            squares = self._squares[:-lag] + self._squares[lag:]
            size = np.float32(self._pictures.shape[1])
            self._lags[lag] = (squares - 2 * np.einsum("ij,ij->i", earlier, later)) / size
        return self._lags[lag]


def _first_look(scores: Scores, limits: DissolveLimits) -> _Frames:
    """First and last frames (n, 2) of spans whose quarters lie near the line between their ends, with less detail."""
    samples = _Samples(scores)
    spans = [np.zeros((0, 2), np.intp)]
    for half in HALF_SPANS:
        if samples.count > 2 * half:
            start = _find_straight(samples, half, limits)
            spans.append(np.stack([start, start + 2 * half], axis=1) * samples.step)
    return np.concatenate(spans)


def _find_straight(samples: _Samples, half: int, limits: DissolveLimits) -> _Frames:
    """The first samples of such spans of `2 * half` samples, the clearest one of those around it."""
    whole = samples.square_distances(2 * half)
    start = np.flatnonzero(whole >= limits.distance**2)
    whole, detail = whole[start], samples.detail
    residual, shares = np.zeros(len(start), np.float32), []
    for part in (half // 2, half, half + half // 2):
        before = samples.square_distances(part)[start] / whole
        after = samples.square_distances(2 * half - part)[start + part] / whole
        shares.append((1 + before - after) / 2)
        residual += np.sqrt(np.maximum(before - shares[-1] ** 2, 0)) / 3
    middle = shares[1]
    mixture = (1 - middle) ** 2 * detail[start] + middle**2 * detail[start + 2 * half]
    good = (residual <= limits.residual) & (detail[start + half] <= np.exp(limits.kept_detail) * mixture)
    good &= (shares[0] < middle) & (middle < shares[2]) & (abs(middle - 0.5) <= _OFF_CENTRE)
    return _local_best(start[good], whole[good] * (1 - residual[good]), half)


def _local_best(start: _Frames, weight: _Floats, reach: int) -> _Frames:
    """Those of the rising `start` whose weight is the greatest within `reach` samples on either side."""
    if not len(start):
        return start
    dense = np.full(int(start[-1]) + 1 + 2 * reach, -1, np.float32)
    dense[start + reach] = weight
    around = np.lib.stride_tricks.sliding_window_view(dense, 2 * reach + 1)[start]
    best: _Frames = start[weight >= around.max(axis=1)]
    return best


def _second_look(scores: Scores, spans: _Frames, limits: DissolveLimits) -> tuple[_Frames, _Floats, _Floats]:
    """Frames (n, points) in each span, shares of the new picture in them, and misfits (n,): below 1 is a dissolve."""
    places = np.linspace(0, 1, _POINTS)
    frames = np.rint(spans[:, :1] + places * (spans[:, 1:] - spans[:, :1])).astype(np.intp)
    pictures = flatten_grids(scores.grids[frames])
    old, new = pictures[:, 0], pictures[:, -1]
    way, gone = new - old, pictures - old[:, None]
    square = np.maximum(np.sum(way * way, axis=1), np.float32(1))
    shares: _Floats = np.einsum("npi,ni->np", gone, way) / square[:, None]
    off = np.einsum("npi,npi->np", gone, gone) / square[:, None] - shares * shares
    residuals = np.sqrt(np.maximum(off, 0))
    mixed = (shares > _MIXED[0]) & (shares < _MIXED[1])
    residual = np.sum(residuals * mixed, axis=1) / np.maximum(mixed.sum(axis=1), 1)
    excess = _detail_excess(fine_detail(pictures, scores.energy[frames]), shares, mixed)
    distance = np.sqrt(square / pictures.shape[2])
    misfit = (residual / limits.residual) ** 2 + (limits.distance / distance) ** 2
    misfit += (excess / np.where(excess > 0, limits.kept_detail, limits.lost_detail)) ** 2
    moves = np.diff(shares, axis=1)
    possible = (
        (mixed.sum(axis=1) >= 2) & (moves.max(axis=1) <= limits.step) & (moves.min(axis=1) >= -limits.setback)
    )
    possible &= (correlate(old, new) <= limits.likeness) & (_coverage(way, distance) >= limits.coverage)
    possible &= np.minimum(old.std(axis=1), new.std(axis=1)) >= limits.contrast
    return frames, shares, np.where(possible, misfit, np.inf)


def _detail_excess(detail: _Floats, shares: _Floats, mixed: NDArray[np.bool_]) -> _Floats:
    """The logarithm of the detail in the mixtures over what mixtures of unrelated pictures have."""
    expected = (1 - shares) ** 2 * detail[:, :1] + shares**2 * detail[:, -1:]
    excess: _Floats = np.log((np.sum(detail * mixed, axis=1) + 1) / (np.sum(expected * mixed, axis=1) + 1))
    return excess


def _coverage(way: _Floats, distance: _Floats) -> NDArray[np.float64]:
    """The share of cells in which some channel changes by a good part of the distance between the ends."""
    cells = np.abs(way).reshape(len(way), -1, _CHANNELS).max(axis=2)
    changed: NDArray[np.float64] = np.mean(cells > _CHANGED * distance[:, None], axis=1)
    return changed


def _locate(frames: _Frames, shares: _Floats) -> Transition:
    """Where the shares leave 0, pass one half and reach 1, for the last time before the new picture is there."""
    crossing = int(np.flatnonzero(shares < 0.5)[-1]) + 1
    old = np.flatnonzero(shares[:crossing] <= _PURE)
    new = np.flatnonzero(shares[crossing:] >= 1 - _PURE) + crossing
    below, above = shares[crossing - 1], shares[crossing]
    way = (0.5 - below) / (above - below)
    cut = int(np.ceil(frames[crossing - 1] + way * (frames[crossing] - frames[crossing - 1])))
    return Transition(start_frame=int(frames[old[-1]]) + 1, end_frame=int(frames[new[0]]), cut_frame=cut)
