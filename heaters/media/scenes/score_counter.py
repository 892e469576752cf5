"""Score frames while they are decoded, holding two of them at a time, and what is stored of the rest.

The components are those of PySceneDetect 0.7's ContentDetector (`detectors/content_detector.py`): mean absolute
difference of hue, saturation and value (OpenCV's 8-bit HSV) between neighbouring frames. Never decides what a cut is.
"""

from array import array
from collections.abc import Callable
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from heaters.media.scenes.scores import COMPONENT_WEIGHTS, GRID_COLUMNS, GRID_ROWS, Scores

_CHANNELS = len(COMPONENT_WEIGHTS)  # hue, saturation, value; or blue, green, red


LumaReader = Callable[[NDArray[np.uint8]], None]
"""Gets the luma of each frame, (height, width), for as long as it runs."""

FrameReader = Callable[[NDArray[np.uint8], NDArray[np.uint8]], None]
"""Gets each frame, bgr, and its grid."""


class ScoreCounter:
    """Scores frames one after the other; shows each to `on_frame`, and the luma of each to `on_luma`, as well.

    Give it raw frames of `width` x `height` pixels, both even, yuv420p, in pieces of any size: it is the reader of a
    pipe.
    """

    def __init__(
        self,
        *,
        width: int,
        height: int,
        on_frame: FrameReader | None = None,
        on_luma: LumaReader | None = None,
    ) -> None:
        self._pixels = width * height
        self._planes = (height * 3 // 2, width)
        self._frame_bytes = self._pixels * 3 // 2
        self._on_frame, self._on_luma = on_frame, on_luma
        self._pending = bytearray()
        self._last: NDArray[np.uint8] | None = None
        self._sums, self._grids, self._energy = array("I"), array("B"), array("f")

    def __call__(self, data: bytes) -> None:
        self._pending += data
        whole = len(self._pending) // self._frame_bytes
        for i in range(whole):
            start = i * self._frame_bytes
            planes = np.frombuffer(self._pending, np.uint8, self._frame_bytes, start).reshape(self._planes)
            self._score(planes_to_bgr(planes))
            if self._on_luma:
                self._on_luma(planes[: len(planes) * 2 // 3])
            del planes  # a bytearray cannot shrink while an array looks into it
        del self._pending[: whole * self._frame_bytes]

    @property
    def frame_count(self) -> int:
        return len(self._energy)

    def finish(self, rate: Fraction) -> Scores:
        """The scores of all whole frames so far; what is left of a broken pipe's last frame is dropped."""
        return Scores(
            rate=rate,
            pixel_count=self._pixels,
            delta_sums=np.array(self._sums, np.uint32).reshape(-1, _CHANNELS),
            grids=np.array(self._grids, np.uint8).reshape(-1, GRID_ROWS, GRID_COLUMNS, _CHANNELS),
            energy=np.array(self._energy, np.float32),
        )

    def _score(self, frame: NDArray[np.uint8]) -> None:
        hsv = np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2HSV), np.uint8)
        last = hsv if self._last is None else self._last
        sums = cv2.sumElems(cv2.absdiff(hsv, last))  # whole numbers below 2**53: exact
        grid = np.asarray(
            cv2.resize(frame, (GRID_COLUMNS, GRID_ROWS), interpolation=cv2.INTER_AREA), np.uint8
        )
        self._sums.extend(int(s) for s in sums[:_CHANNELS])
        self._grids.frombytes(grid.tobytes())
        self._energy.append(cv2.norm(frame, cv2.NORM_L2SQR) / self._pixels)
        self._last = hsv
        if self._on_frame:
            self._on_frame(frame, grid)


def planes_to_bgr(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A yuv420p frame, (height * 3 / 2, width), as OpenCV shows it to PySceneDetect: (height, width, 3), bgr.

    BT.601 whatever the frame says, as OpenCV's own reader takes it; swscale needs ten times as long.
    """
    return np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420), np.uint8)
