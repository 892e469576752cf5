"""Stored scores to cuts, by PySceneDetect's adaptive rule, for all frames at once. Never decodes anything.

The rule (PySceneDetect 0.7, `detectors/adaptive_detector.py`): a frame begins a new scene when its content score is at
least `min_content_val` and at least `adaptive_threshold` times the mean of its `window_width` neighbours on either
side, and the last cut (or the start) is at least `min_scene_len_s` before it.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from heaters.domain.jobs import DetectSettings
from heaters.domain.timebase import duration_to_frames

_NO_CHANGE = 0.00001  # a mean below this counts as zero
_LARGEST_RATIO = 255.0


def find_cuts(
    content_values: NDArray[np.float64], settings: DetectSettings, rate: Fraction
) -> tuple[int, ...]:
    """The cuts in a video with these content scores, (n,), at `rate`: strictly rising frames inside `(0, n)`.

    The same as AdaptiveDetector finds with `min_scene_len` in whole frames, `min_scene_len_s` rounded up.
    """
    ratios = adaptive_ratios(content_values, settings)
    is_candidate = (ratios >= settings.adaptive_threshold) & (content_values >= settings.min_content_val)
    candidates = np.flatnonzero(is_candidate)
    min_frames = duration_to_frames(Fraction(str(settings.min_scene_len_s)), rate)
    return _spaced(candidates[candidates > 0], max(min_frames, 1))


def adaptive_ratios(content_values: NDArray[np.float64], settings: DetectSettings) -> NDArray[np.float64]:
    """Each frame's score against the mean of its neighbours, (n,), at most 255; 0 where neighbours are missing."""
    width, count = settings.window_width, len(content_values)
    ratios = np.zeros(count)
    inner = count - 2 * width
    if inner <= 0:
        return ratios
    target = content_values[width : width + inner]
    total = np.zeros(inner)
    for offset in range(2 * width + 1):  # the same order of additions, so the same rounding
        if offset != width:
            total += content_values[offset : offset + inner]
    mean = total / (2.0 * width)
    still = np.abs(mean) < _NO_CHANGE
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        moving = np.minimum(target / mean, _LARGEST_RATIO)
    ratios[width : width + inner] = np.where(
        still, np.where(target >= settings.min_content_val, _LARGEST_RATIO, 0.0), moving
    )
    return ratios


def _spaced(candidates: NDArray[np.intp], min_frames: int) -> tuple[int, ...]:
    """The first candidate at least `min_frames` after the start, the next as far after that, and so on."""
    cuts: list[int] = []
    at = int(np.searchsorted(candidates, min_frames))
    while at < len(candidates):
        cuts.append(int(candidates[at]))
        at = int(np.searchsorted(candidates, cuts[-1] + min_frames))
    return tuple(cuts)
