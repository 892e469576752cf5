"""Hard cuts by the adaptive rule's numbers and by pictures, with or without a network's opinion. Decodes nothing.

Every one is proposed, to the ends of the video and however near to the next: a foreign frame at the edge of a clip is
worse than a clip that is short.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from heaters.domain.jobs import DetectSettings
from heaters.domain.timebase import duration_to_frames
from heaters.media.scenes.adaptive import ratios_to_the_ends
from heaters.media.scenes.evidence import Evidence
from heaters.media.scenes.flashes import leads_to_new_picture
from heaters.media.scenes.held import are_held

SHORTEST_S = Fraction(12, 100)
"""Of two cuts nearer than this, one counts: three frames at 25 a second, what a blended or damaged join takes."""

DOUBTED = 0.1
"""A change is a cut from this probability on, if its score only just meets the adaptive threshold.

One that is twice as far above its neighbours needs half of it. Chosen on the labelled footage, where 0.05 to 0.1 finds
the same, and 0.2 loses three cuts of 154.
"""

WEAKER = 0.7
"""Of the adaptive threshold: enough where the network is no doubter. Below, composed whip pans become cuts."""

SURE = 0.4
"""A probability that makes a cut of a change of SEEN_BY_NETWORK, less than `min_content_val`: dark pictures."""

SEEN_BY_NETWORK = 5.0
LEVELS = 255  # of stored probabilities
_NEAR = range(
    -3, 2
)  # the network peaks on the last old frame; 8 bits and skipped frames move it by one or two
_PEAK = 2  # frames on either side of a cut in which nothing changes more

Floats = NDArray[np.float64]


def cuts_by_rule(evidence: Evidence, settings: DetectSettings) -> list[int]:
    """The surest first."""
    values = evidence.content_values
    ratios = ratios_to_the_ends(values, settings)
    passing = (ratios >= settings.adaptive_threshold) & (values >= settings.min_content_val)
    return _true_cuts(evidence, settings, passing, surest=values)


def cuts_by_both(evidence: Evidence, settings: DetectSettings) -> tuple[list[int], list[int]]:
    """Those that meet the adaptive rule and are not denied by the network, and weaker ones; the surest first."""
    values, threshold = evidence.content_values, settings.adaptive_threshold
    ratios, probability = ratios_to_the_ends(values, settings), nearby_probability(evidence)
    clear = values >= settings.min_content_val
    believed = probability * ratios >= DOUBTED * threshold
    peak = _is_peak(values)
    strong = peak & clear & believed & (ratios >= threshold)
    weak = peak & ~strong & (ratios >= WEAKER * threshold)
    weak &= (clear & believed) | ((probability >= SURE) & (values >= SEEN_BY_NETWORK))
    surest = probability * LEVELS + values / LEVELS
    return (
        _true_cuts(evidence, settings, strong, surest=surest),
        _true_cuts(evidence, settings, weak, surest=surest),
    )


def nearby_probability(evidence: Evidence) -> Floats:
    """The network's greatest probability of a hard cut about each frame, (n,), 0 to 1."""
    count = len(evidence.content_values)
    if evidence.probabilities is None or not count:
        return np.zeros(count)
    hard = evidence.probabilities[:, 0]
    frames = np.arange(count)
    around = [hard[np.clip(frames + offset, 0, count - 1)] for offset in _NEAR]
    nearby: Floats = np.max(around, axis=0) / LEVELS
    return nearby


def shortest_frames(rate: Fraction) -> int:
    return max(duration_to_frames(SHORTEST_S, rate), 1)


def _true_cuts(
    evidence: Evidence, settings: DetectSettings, passing: NDArray[np.bool_], *, surest: Floats
) -> list[int]:
    frames = np.flatnonzero(passing)
    frames = frames[frames > 0]
    frames = frames[leads_to_new_picture(evidence.grids, frames, rate=evidence.rate)]
    held = are_held(
        evidence.content_values,
        evidence.grids,
        frames,
        rate=evidence.rate,
        threshold=settings.adaptive_threshold,
    )
    frames = frames[~held]
    return [int(frame) for frame in frames[np.argsort(-surest[frames], kind="stable")]]


def _is_peak(values: Floats) -> NDArray[np.bool_]:
    padded = np.pad(values, _PEAK)
    highest = np.max([padded[n : n + len(values)] for n in range(2 * _PEAK + 1)], axis=0)
    peak: NDArray[np.bool_] = values >= highest
    return peak
