"""PySceneDetect's content rule on stored content scores. Never sees a picture.

The rule (PySceneDetect 0.7, `detectors/content_detector.py` and `detector.py`): a frame whose content score reaches
`content_threshold` begins a new scene; of several within `min_scene_len_s`, what follows the first is one scene, which
ends at the last of them once nothing happened for as long.
"""

from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from heaters.domain.jobs import DetectSettings


def find_content_cuts(
    content_values: NDArray[np.float64], settings: DetectSettings, rate: Fraction
) -> tuple[int, ...]:
    """The same as ContentDetector finds with its filter's mode MERGE, its default, and without edges."""
    above = np.flatnonzero(content_values >= settings.content_threshold)
    frames = [int(frame) for frame in above if frame > 0]
    least = settings.min_scene_frames(rate)
    cuts: list[int] = []
    last, merged_from = 0, None  # its filter counts from the first frame that it is shown
    for frame, following in pairwise([*frames, len(content_values) + least]):
        if merged_from is None:
            if frame - last >= least:
                cuts.append(frame)
            elif cuts:
                merged_from = frame
        last = frame
        ends_at = frame + least  # the first frame below the threshold that is far enough from this one
        if (
            merged_from is not None
            and frame - merged_from >= least
            and ends_at < following
            and ends_at < len(content_values)
        ):
            cuts.append(frame)
            merged_from = None
    return tuple(cuts)
