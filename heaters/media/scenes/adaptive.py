"""PySceneDetect's adaptive rule on stored content scores, as it is and to the ends of the video. Never sees a picture.

The rule (PySceneDetect 0.7, `detectors/adaptive_detector.py`): a frame begins a new scene when its content score is at
least `min_content_val` and at least `adaptive_threshold` times the mean of its `window_width` neighbours on either
side, and the last cut (or the start) is at least `min_scene_len_s` before it.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from heaters.domain.jobs import DetectSettings

_NO_CHANGE = 0.00001  # a mean below this counts as zero
_LARGEST_RATIO = 255.0


def find_cuts(
    content_values: NDArray[np.float64], settings: DetectSettings, rate: Fraction
) -> tuple[int, ...]:
    """The cuts in a video with these content scores, (n,), at `rate`: strictly rising frames inside `(0, n)`.

    The same as AdaptiveDetector finds with `min_scene_len` in whole frames, `min_scene_len_s` rounded up.
    """
    ratios = adaptive_ratios(content_values, settings)
    passing = (ratios >= settings.adaptive_threshold) & (content_values >= settings.min_content_val)
    frames = np.flatnonzero(passing)
    return _spaced(frames[frames > 0], settings.min_scene_frames(rate))


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
    ratios[width : width + inner] = _ratios(target, total / (2.0 * width), settings)
    return ratios


def ratios_to_the_ends(content_values: NDArray[np.float64], settings: DetectSettings) -> NDArray[np.float64]:
    """The same, and near an end against the neighbours that there are. The first frame has no score to be one."""
    width, count = settings.window_width, len(content_values)
    ratios = adaptive_ratios(content_values, settings)
    for frame in {*range(1, min(width + 1, count)), *range(max(count - width, 1), count)}:
        around = content_values[max(frame - width, 1) : frame + width + 1]
        if len(around) > 1:
            mean = (around.sum() - content_values[frame]) / (len(around) - 1)
            ratios[frame] = _ratios(content_values[frame : frame + 1], np.array([mean]), settings)[0]
    return ratios


def _ratios(
    target: NDArray[np.float64], mean: NDArray[np.float64], settings: DetectSettings
) -> NDArray[np.float64]:
    still = np.abs(mean) < _NO_CHANGE
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        moving = np.minimum(target / mean, _LARGEST_RATIO)
    ratios: NDArray[np.float64] = np.where(
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
