"""Pictures held for several frames each: animation on fours, fives or twelves, and recordings of screens.

Between two of them nothing moves, so every new one looks sudden. It is no cut if it changes no more than those around
it do, and resembles the one before it. Never looks further than LOOK_S.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from heaters.media.scenes.transitions import correlate, flatten_grids

LOOK_S = Fraction(8, 5)
"""Three changes on either side of pictures on twelves at 25 frames a second."""

_CHANGES = 3  # on either side that are compared with
_STILL = 1.0  # levels of content score: less is coding noise
_STILL_AROUND = 3  # frames of the six around a change that are still where pictures are held
_ALIKE = 0.6  # correlation of coarse pictures: measured on composed held pictures, below 0.5 is another shot


def are_held(
    content_values: NDArray[np.float64],
    grids: NDArray[np.uint8],
    frames: NDArray[np.intp],
    *,
    rate: Fraction,
    threshold: float,
) -> NDArray[np.bool_]:
    """Which of `frames` (m,), all above 0, are one of many held pictures.

    Such a frame's score is less than `threshold` times the mean of the changes around it.
    """
    changes = np.flatnonzero(content_values >= _STILL)
    if not len(frames) or not len(changes):
        return np.zeros(len(frames), np.bool_)
    place = np.searchsorted(changes, frames)
    offsets = np.array([n for n in range(-_CHANGES, _CHANGES + 1) if n])
    index = place[:, None] + offsets
    inside = (index >= 0) & (index < len(changes))
    near = changes[np.clip(index, 0, len(changes) - 1)]
    inside &= np.abs(near - frames[:, None]) <= int(LOOK_S * rate)
    mean = np.sum(content_values[near] * inside, axis=1) / np.maximum(inside.sum(axis=1), 1)
    around = np.clip(frames[:, None] + offsets, 0, len(content_values) - 1)
    still = np.sum(content_values[around] < _STILL, axis=1) >= _STILL_AROUND
    rhythm = still & (inside.sum(axis=1) >= _CHANGES) & (content_values[frames] < threshold * mean)
    alike = correlate(flatten_grids(grids[frames - 1]), flatten_grids(grids[frames])) > _ALIKE
    held: NDArray[np.bool_] = rhythm & alike
    return held
