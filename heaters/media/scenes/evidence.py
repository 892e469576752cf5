"""What stored scores show whatever the settings are: most of the work, done once for all places of a slider."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from heaters.media.scenes.dissolves import find_dissolves
from heaters.media.scenes.fades import find_fades
from heaters.media.scenes.scores import Scores
from heaters.media.scenes.transitions import Transition, keep_apart
from heaters.media.scenes.wipes import find_wipes


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """Each frame's `content_values` (n,), `grids` and `probabilities` as in Scores, and all gradual changes.

    `mixed` are fades and dissolves, `wipes` the others, which a network does not know.
    """

    rate: Fraction
    content_values: NDArray[np.float64]
    grids: NDArray[np.uint8]
    mixed: tuple[Transition, ...]
    wipes: tuple[Transition, ...]
    probabilities: NDArray[np.uint8] | None = None


def weigh_scores(scores: Scores) -> Evidence:
    """Find all that does not depend on settings."""
    return Evidence(
        rate=scores.rate,
        content_values=scores.content_values(),
        grids=scores.grids,
        mixed=keep_apart((*find_fades(scores), *find_dissolves(scores)), min_frames=0),
        wipes=find_wipes(scores),
        probabilities=scores.probabilities,
    )
