"""Take the facts of frames while they are decoded, holding two of them at a time. Never stores or judges any."""

from array import array
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from heaters.media.facts.borders import BLACK_LUMA, SIDES, find_borders
from heaters.media.facts.frame_facts import ROW, FrameFacts

_DARKEST, _LUMA_RANGE = 16, 219  # of the limited range, in which frames are scored
_LEVELS = 255


class FactCounter:
    """Takes the facts of frames one after the other, each of the same size."""

    def __init__(self) -> None:
        self._last: NDArray[np.uint8] | None = None
        self._brightness, self._contrast, self._black = array("f"), array("f"), array("f")
        self._sharpness, self._motion, self._borders = array("f"), array("f"), array("f")

    def add(self, luma: NDArray[np.uint8]) -> None:
        """The next frame: (height, width), limited range. It may change afterwards."""
        pixels = luma.size
        mean, deviation = cv2.meanStdDev(luma)
        _, black = cv2.threshold(luma, BLACK_LUMA, 1, cv2.THRESH_BINARY_INV)
        black_count = cv2.countNonZero(black)
        edges = cv2.Laplacian(luma, cv2.CV_16S)
        changed = 0.0 if self._last is None else cv2.norm(luma, self._last, cv2.NORM_L1)
        self._brightness.append((mean[0, 0] - _DARKEST) / _LUMA_RANGE)
        self._contrast.append(deviation[0, 0] / _LUMA_RANGE)
        self._black.append(black_count / pixels)
        self._sharpness.append((cv2.norm(edges, cv2.NORM_L2SQR) / pixels) ** 0.5 / _LEVELS)
        self._motion.append(changed / pixels / _LEVELS)
        self._borders.extend(find_borders(np.asarray(black, np.uint8), black_count))
        self._last = luma.copy()

    @property
    def frame_count(self) -> int:
        return len(self._brightness)

    def finish(self, rate: Fraction) -> FrameFacts:
        """The facts of all frames so far. Their sound is not known here, so all are silent; see `with_silence`."""
        rows = np.zeros(self.frame_count, ROW)
        rows["brightness"] = np.array(self._brightness).clip(0, 1)
        rows["contrast"], rows["black"] = self._contrast, self._black
        rows["sharpness"], rows["motion"] = self._sharpness, self._motion
        rows["borders"] = np.array(self._borders).reshape(-1, SIDES)
        rows["silence"] = 1
        return FrameFacts(rate=rate, rows=rows)
