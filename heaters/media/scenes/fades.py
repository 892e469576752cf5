"""Fades through black or white: a shot darkens (or whitens) evenly to nothing, and another comes out of it.

During an even fade the distance of the picture to black or white falls and rises in a straight line, which a flash
or a black gap between hard cuts does not do. A fade at either end of the video joins nothing and is none.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from heaters.domain.timebase import duration_to_frames
from heaters.media.scenes.scores import Scores
from heaters.media.scenes.transitions import Transition, distances, find_runs, flatten_grids

LONGEST_RAMP_S = Fraction(3, 2)
"""How far from the darkest frame a fade is followed; a slower one is found as well, its span is only said shorter."""

_NEARLY_SOLID = 30.0  # levels from black or white, root mean square, below which to look closer
_SOLID = 6.0
_LEFT_OVER = (
    0.17  # of a shot's own distance, in the deepest frame of a fade that holds no black or white frame
)
_RAMP = (0.2, 0.8)  # the part of a ramp that no sudden change has frames in
_RAMP_FRAMES = 2
_GROWTH = 0.4  # levels a frame; what grows more slowly is no part of a fade
SAME_PICTURE = 12.0
"""Levels between coarse pictures, at less of which they show the same."""


def find_fades(scores: Scores) -> tuple[Transition, ...]:
    """Every fade through black or white with a picture on both sides, in order; the cut is the middle of the solid.

    One side may be sudden if the pictures differ: a flash that dies away slowly shows the same one again.
    """
    if scores.frame_count == 0:
        return ()
    reach = max(duration_to_frames(LONGEST_RAMP_S, scores.rate), 1)
    found = [
        fade
        for solid in (distances_to_black(scores), distances_to_white(scores))
        for start, end in find_runs(solid <= _NEARLY_SOLID)
        if (fade := _judge(solid, start, end, reach, scores))
    ]
    return tuple(sorted(found, key=lambda fade: fade.cut_frame))


def distances_to_black(scores: Scores) -> NDArray[np.float64]:
    """Root mean square level, 0 to 255, of each frame, (n,)."""
    return np.sqrt(np.maximum(scores.energy.astype(np.float64), 0) / 3)


def distances_to_white(scores: Scores) -> NDArray[np.float64]:
    """Root mean square distance of each frame's levels to 255, (n,)."""
    cells = scores.grids.reshape(scores.frame_count, -1)
    mean = cells.sum(axis=1, dtype=np.uint32) / cells.shape[1]
    away: NDArray[np.float64] = np.sqrt(np.maximum(255.0**2 - 510.0 * mean + scores.energy / 3, 0))
    return away


def _judge(solid: NDArray[np.float64], start: int, end: int, reach: int, scores: Scores) -> Transition | None:
    """The fade whose nearly solid frames are `[start, end)`, if it is one."""
    if start == 0 or end == len(solid):
        return None
    deepest = float(solid[start:end].min())
    core = start + np.flatnonzero(solid[start:end] <= max(deepest + 1, _SOLID))
    first, last = int(core[0]), int(core[-1])
    out = _rise(solid[max(first - reach, 0) : first + 1][::-1])
    into = _rise(solid[last : last + 1 + reach])
    if deepest > max(_SOLID, _LEFT_OVER * min(out[-1], into[-1])):
        return None
    ramps = _is_ramp(out) + _is_ramp(into)
    fade = Transition(
        start_frame=first + 1 - len(out), end_frame=last + len(into), cut_frame=(first + last + 1) // 2
    )
    return fade if ramps == 2 or (ramps == 1 and _differs(fade, scores)) else None


def _rise(away: NDArray[np.float64]) -> NDArray[np.float64]:
    """The distances from the solid frame on, as long as they grow."""
    pauses = np.flatnonzero(np.diff(away) < _GROWTH)
    return away[: pauses[0] + 1] if len(pauses) else away


def _is_ramp(rise: NDArray[np.float64]) -> bool:
    low, high = _RAMP
    return int(np.count_nonzero((rise > low * rise[-1]) & (rise < high * rise[-1]))) >= _RAMP_FRAMES


def _differs(fade: Transition, scores: Scores) -> bool:
    ends = [max(fade.start_frame - 1, 0), min(fade.end_frame, scores.frame_count - 1)]
    old, new = flatten_grids(scores.grids[ends])
    return bool(distances(old, new) > SAME_PICTURE)
