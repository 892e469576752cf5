"""How much each frame differs from the one before: PySceneDetect's content score, stored as exact integers.

What fades and dissolves show slowly is kept as a grid of mean colours and the energy of each frame. Storing all that
(114 bytes a frame) lets thresholds change later without decoding. Needs numpy alone, so that whoever only reads scores
carries no OpenCV. Never looks at a picture and never decides what a cut is.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from heaters.domain.timebase import format_rate, parse_rate
from heaters.media.scenes.stored_arrays import open_arrays, write_arrays

GRID_ROWS, GRID_COLUMNS = 4, 8

COMPONENT_WEIGHTS = (1.0, 1.0, 1.0)
"""Of hue, saturation and value: PySceneDetect 0.7's `ContentDetector.DEFAULT_COMPONENT_WEIGHTS` without its edges."""

_FORMAT_VERSION = 2
_PROBABILITIES = "probabilities"  # may be missing


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """Scores of all n frames of a proxy.

    `delta_sums` is (n, 3) uint32: sums over `pixel_count` pixels of the absolute change in hue, saturation and value
    since the previous frame; row 0 is 0. `grids` is (n, GRID_ROWS, GRID_COLUMNS, 3) uint8: the mean colour,
    bgr, of each part of the frame. `energy` is (n,) float32: the mean over all pixels of blue² + green² + red².
    `probabilities` is (n, 2) uint8, 255 for certainty: that a hard cut, or any change of shot, comes right after the
    frame, as a network judged it; None where none did.
    """

    rate: Fraction
    pixel_count: int
    delta_sums: NDArray[np.uint32]
    grids: NDArray[np.uint8]
    energy: NDArray[np.float32]
    probabilities: NDArray[np.uint8] | None = None

    @property
    def frame_count(self) -> int:
        return len(self.delta_sums)

    def content_values(self) -> NDArray[np.float64]:
        """PySceneDetect's `content_val` of each frame, (n,), with its default weights and its order of additions."""
        deltas = (
            self.delta_sums[:, i] / float(self.pixel_count) * w for i, w in enumerate(COMPONENT_WEIGHTS)
        )
        total: NDArray[np.float64] = sum(deltas, start=np.zeros(self.frame_count))
        values: NDArray[np.float64] = total / sum(abs(weight) for weight in COMPONENT_WEIGHTS)
        return values

    def to_bytes(self) -> bytes:
        """As an npz; the same scores give the same bytes."""
        judged = {} if self.probabilities is None else {_PROBABILITIES: self.probabilities}
        return write_arrays(
            _FORMAT_VERSION,
            rate=np.bytes_(format_rate(self.rate).encode()),
            pixel_count=np.int64(self.pixel_count),
            delta_sums=self.delta_sums,
            grids=self.grids,
            energy=self.energy,
            **judged,
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "Scores":
        """What `to_bytes` wrote. Raises InvalidJob for anything else."""
        with open_arrays(data, version=_FORMAT_VERSION, what="scores") as stored:
            return cls(
                rate=parse_rate(bytes(stored["rate"]).decode()),
                pixel_count=int(stored["pixel_count"]),
                delta_sums=stored["delta_sums"],
                grids=stored["grids"],
                energy=stored["energy"],
                probabilities=stored.get(_PROBABILITIES),
            )
