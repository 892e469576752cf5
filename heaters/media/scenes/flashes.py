"""Sudden changes that are no new shot: flashes, strobes, blinking banners, damaged frames, and the last step of a fade.

A hard cut leads at once to a picture that stays, and changes most of it. A flash leads back to the picture before it
within FLASH_S. Of a gradual change, one step is only a small part; scores of hue see it all the same where grey
becomes black.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from heaters.media.scenes.transitions import distances, flatten_grids

FLASH_FRAMES = 4
"""A picture that is back after so many frames, or fewer, makes no still worth keeping."""

FLASH_S = Fraction(1, 4)
"""A picture that is back after so long, or sooner, was never gone: shorter shots than this are not edited in twos."""

_BACK = 0.4  # of the change: nearer to the picture before than this is that picture again
_AT_ONCE = 0.4  # of the change over FLASH_FRAMES: a hard cut makes at least so much of it in one step
_BRIGHT = 12.0  # levels likewise: less is no flash that would spoil a still
_SEEN = 2.0  # levels of 255, root mean square over coarse cells; less is nothing that a person would see
_ALL_OVER = (
    0.15  # of the whole change: half of the cells change more than this, or only a part of the picture did
)
_CHANNELS = 3


def leads_to_new_picture(
    grids: NDArray[np.uint8], frames: NDArray[np.intp], *, rate: Fraction
) -> NDArray[np.bool_]:
    """Whether each of `frames` (m,), all above 0, begins a picture that differs from the ones before and stays."""
    if not len(frames):
        return np.zeros(0, np.bool_)
    flash = max(int(FLASH_S * rate), 1)
    pictures = flatten_grids(grids[_around(frames, len(grids), flash)])
    before, after = pictures[:, : flash + 1], pictures[:, flash + 1 :]
    old, new = before[:, -1:], after[:, :1]
    step = distances(old[:, 0], new[:, 0])
    ahead, behind = distances(old, after), distances(new, before)
    back = np.minimum(ahead.min(axis=1), behind.min(axis=1)) <= _BACK * step
    near = FLASH_FRAMES + 1
    whole = np.maximum(ahead[:, :near].max(axis=1), behind[:, -near:].max(axis=1))
    cells = np.abs(old - new).reshape(len(frames), -1, _CHANNELS).max(axis=2)
    kept: NDArray[np.bool_] = ~back & (step >= _AT_ONCE * whole) & (step >= _SEEN)
    kept &= np.median(cells, axis=1) >= _ALL_OVER * step
    return kept


def within_flash(pictures: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of neighbouring pictures, (n, size), are part of a flash of FLASH_FRAMES frames or fewer.

    Such a picture differs from one before and from one after it, which are alike.
    """
    count = len(pictures)
    flash = np.zeros(count, np.bool_)
    apart = {lag: _square_distances(pictures, lag) for lag in range(1, min(FLASH_FRAMES + 1, count - 1) + 1)}
    for whole, around in apart.items():
        for before in range(1, whole):
            left, right = apart[before], apart[whole - before]
            n = len(around)
            change = np.minimum(left[:n], right[before : before + n])
            flash[before : before + n] |= (change >= _BRIGHT**2) & (around <= _BACK**2 * change)
    return flash


def _square_distances(pictures: NDArray[np.float32], lag: int) -> NDArray[np.float32]:
    """Mean square difference of each picture and the one `lag` later."""
    squares = np.einsum("ij,ij->i", pictures, pictures)
    both = squares[:-lag] + squares[lag:] - 2 * np.einsum("ij,ij->i", pictures[:-lag], pictures[lag:])
    mean: NDArray[np.float32] = both / np.float32(pictures.shape[1])
    return mean


def _around(frames: NDArray[np.intp], count: int, flash: int) -> NDArray[np.intp]:
    """Frames (m, 2 * flash + 2) before and from each of `frames` on; beyond an end, the frame at that end."""
    offsets = np.arange(-flash - 1, flash + 1)
    around: NDArray[np.intp] = np.clip(frames[:, None] + offsets, 0, count - 1)
    return around
