"""How much each frame differs from the one before: PySceneDetect's content score, kept as exact integers.

The components are those of PySceneDetect 0.7's ContentDetector (`detectors/content_detector.py`): mean absolute
difference of hue, saturation and value (OpenCV's 8-bit HSV) between neighbouring frames. What fades and dissolves
show slowly is kept as a grid of mean colours and the energy of each frame. Storing all that (112 bytes a frame) lets
thresholds change later without decoding. Never decides what a cut is.
"""

import io
import zipfile
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray
from scenedetect.detectors import ContentDetector

from heaters.domain.errors import InvalidJob
from heaters.domain.timebase import format_rate, parse_rate

GRID_ROWS, GRID_COLUMNS = 4, 8

_COMPONENTS = 3  # hue, saturation, value; or blue, green, red
_FORMAT_VERSION = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """Scores of all n frames of a proxy.

    `delta_sums` is (n, 3) uint32: sums over `pixel_count` pixels of the absolute change in hue, saturation and value
    since the previous frame; row 0 is 0. `grids` is (n, GRID_ROWS, GRID_COLUMNS, 3) uint8: the mean colour,
    bgr, of each part of the frame. `energy` is (n,) float32: the mean over all pixels of blue² + green² + red².
    """

    rate: Fraction
    pixel_count: int
    delta_sums: NDArray[np.uint32]
    grids: NDArray[np.uint8]
    energy: NDArray[np.float32]

    @property
    def frame_count(self) -> int:
        return len(self.delta_sums)

    def content_values(self) -> NDArray[np.float64]:
        """PySceneDetect's `content_val` of each frame, (n,), with its default weights and its order of additions."""
        weights = ContentDetector.DEFAULT_COMPONENT_WEIGHTS[:_COMPONENTS]
        deltas = (self.delta_sums[:, i] / float(self.pixel_count) * weights[i] for i in range(_COMPONENTS))
        total: NDArray[np.float64] = sum(deltas, start=np.zeros(self.frame_count))
        values: NDArray[np.float64] = total / sum(abs(weight) for weight in weights)
        return values

    def to_bytes(self) -> bytes:
        """As an npz; the same scores give the same bytes."""
        file = io.BytesIO()
        np.savez(
            file,
            version=np.int64(_FORMAT_VERSION),
            rate=np.bytes_(format_rate(self.rate).encode()),
            pixel_count=np.int64(self.pixel_count),
            delta_sums=self.delta_sums,
            grids=self.grids,
            energy=self.energy,
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Scores":
        """What `to_bytes` wrote. Raises InvalidJob for anything else."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as stored:
                if int(stored["version"]) != _FORMAT_VERSION:
                    raise InvalidJob(f"Scores of version {int(stored['version'])}; make the proxy again.")
                return cls(
                    rate=parse_rate(bytes(stored["rate"]).decode()),
                    pixel_count=int(stored["pixel_count"]),
                    delta_sums=stored["delta_sums"],
                    grids=stored["grids"],
                    energy=stored["energy"],
                )
        except (KeyError, ValueError, OSError, zipfile.BadZipFile) as exc:
            raise InvalidJob(f"The stored scores cannot be read ({exc}); make the proxy again.") from exc


class ScoreCounter:
    """Scores frames one after the other, holding two of them at a time.

    Give it raw frames of `width` x `height` pixels, bgr24, in pieces of any size: it is the reader of a pipe.
    """

    def __init__(self, *, width: int, height: int) -> None:
        self._shape = (height, width, _COMPONENTS)
        self._frame_bytes = width * height * _COMPONENTS
        self._pending = bytearray()
        self._last: NDArray[np.uint8] | None = None
        self._sums: list[tuple[int, ...]] = []
        self._grids: list[NDArray[np.uint8]] = []
        self._energy: list[float] = []

    def __call__(self, data: bytes) -> None:
        self._pending += data
        whole = len(self._pending) // self._frame_bytes
        for i in range(whole):
            start = i * self._frame_bytes
            frame = np.frombuffer(self._pending, np.uint8, self._frame_bytes, start).reshape(self._shape)
            self._score(frame)
            del frame  # a bytearray cannot shrink while an array looks into it
        del self._pending[: whole * self._frame_bytes]

    @property
    def frame_count(self) -> int:
        return len(self._sums)

    def finish(self, rate: Fraction) -> Scores:
        """The scores of all whole frames so far; what is left of a broken pipe's last frame is dropped."""
        return Scores(
            rate=rate,
            pixel_count=self._shape[0] * self._shape[1],
            delta_sums=np.array(self._sums, np.uint32).reshape(-1, _COMPONENTS),
            grids=np.array(self._grids, np.uint8).reshape(-1, GRID_ROWS, GRID_COLUMNS, _COMPONENTS),
            energy=np.array(self._energy, np.float32),
        )

    def _score(self, frame: NDArray[np.uint8]) -> None:
        hsv = np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2HSV), np.uint8)
        last = hsv if self._last is None else self._last
        sums = cv2.sumElems(cv2.absdiff(hsv, last))  # whole numbers below 2**53: exact
        grid = cv2.resize(frame, (GRID_COLUMNS, GRID_ROWS), interpolation=cv2.INTER_AREA)
        self._sums.append(tuple(int(s) for s in sums[:_COMPONENTS]))
        self._grids.append(np.asarray(grid, np.uint8))
        self._energy.append(cv2.norm(frame, cv2.NORM_L2SQR) / (frame.shape[0] * frame.shape[1]))
        self._last = hsv
