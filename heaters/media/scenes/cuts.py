"""Stored scores to cuts, by PySceneDetect's adaptive rule and by what fades and dissolves show. Never decodes anything.

The rule (PySceneDetect 0.7, `detectors/adaptive_detector.py`): a frame begins a new scene when its content score is at
least `min_content_val` and at least `adaptive_threshold` times the mean of its `window_width` neighbours on either
side, and the last cut (or the start) is at least `min_scene_len_s` before it. With `skip_flashes`, cuts to a
picture that does not stay are left out; with `gradual`, one is added for each fade or dissolve.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from heaters.domain.jobs import DetectSettings
from heaters.media.scenes.dissolves import find_dissolves
from heaters.media.scenes.fades import find_fades
from heaters.media.scenes.flashes import leads_to_new_picture
from heaters.media.scenes.scores import Scores
from heaters.media.scenes.transitions import Transition, keep_apart

_NO_CHANGE = 0.00001  # a mean below this counts as zero
_LARGEST_RATIO = 255.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """What scores show whatever the settings: each frame's `content_values` (n,) and all `gradual` changes."""

    rate: Fraction
    content_values: NDArray[np.float64]
    grids: NDArray[np.uint8]
    gradual: tuple[Transition, ...]


def propose_cuts(scores: Scores, settings: DetectSettings) -> tuple[int, ...]:
    """The cuts to propose to reviewers, see `choose_cuts`."""
    return choose_cuts(weigh_scores(scores), settings)


def weigh_scores(scores: Scores) -> Evidence:
    """Find all that does not depend on settings, which is most of the work, once."""
    return Evidence(
        rate=scores.rate,
        content_values=scores.content_values(),
        grids=scores.grids,
        gradual=keep_apart((*find_fades(scores), *find_dissolves(scores)), min_frames=0),
    )


def choose_cuts(evidence: Evidence, settings: DetectSettings) -> tuple[int, ...]:
    """Strictly rising frames inside `(0, n)`, at least `min_scene_len_s` apart.

    With `skip_flashes`, the adaptive rule's cuts must lead to a picture that stays; with `gradual`, each fade and
    dissolve gets one cut, at least `min_scene_len_s` from any hard one. Without both, it is the rule and no more: what
    AdaptiveDetector finds with `min_scene_len` in whole frames, `min_scene_len_s` rounded up.
    """
    candidates = _candidates(evidence.content_values, settings)
    if settings.skip_flashes:
        candidates = candidates[leads_to_new_picture(evidence.grids, candidates)]
    min_frames = settings.min_scene_frames(evidence.rate)
    hard = _spaced(candidates, min_frames)
    if not settings.gradual:
        return hard
    known = [Transition(start_frame=cut, end_frame=cut + 1, cut_frame=cut) for cut in hard]
    cuts = [
        transition.cut_frame for transition in keep_apart((*known, *evidence.gradual), min_frames=min_frames)
    ]
    return tuple(cut for cut in cuts if cut >= min_frames)


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


def _candidates(content_values: NDArray[np.float64], settings: DetectSettings) -> NDArray[np.intp]:
    """Every frame above 0 that both thresholds let pass."""
    ratios = adaptive_ratios(content_values, settings)
    passing = (ratios >= settings.adaptive_threshold) & (content_values >= settings.min_content_val)
    frames = np.flatnonzero(passing)
    return frames[frames > 0]


def _spaced(candidates: NDArray[np.intp], min_frames: int) -> tuple[int, ...]:
    """The first candidate at least `min_frames` after the start, the next as far after that, and so on."""
    cuts: list[int] = []
    at = int(np.searchsorted(candidates, min_frames))
    while at < len(candidates):
        cuts.append(int(candidates[at]))
        at = int(np.searchsorted(candidates, cuts[-1] + min_frames))
    return tuple(cuts)
