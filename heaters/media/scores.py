"""How much each frame differs from the one before: PySceneDetect's content score, kept as exact integers.

The components are those of PySceneDetect 0.7's ContentDetector (`detectors/content_detector.py`): mean absolute
difference of hue, saturation and value (OpenCV's 8-bit HSV) between neighbouring frames. Storing the sums lets
thresholds change later without decoding. Never decides what a cut is.
"""

import io
import zipfile
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from heaters.domain.errors import InvalidJob
from heaters.domain.timebase import format_rate, parse_rate

_COMPONENTS = 3  # hue, saturation, value
_FORMAT_VERSION = 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """Scores of all n frames of a proxy.

    `delta_sums` is (n, 3) uint32: sums over `pixel_count` pixels of the absolute change in hue, saturation and value
    since the previous frame; row 0 is 0. `value_mean` and `value_deviation` are (n,) float32, the mean and standard
    deviation of value (brightness, 0 to 255) in each frame, which show fades and dissolves.
    """

    rate: Fraction
    pixel_count: int
    delta_sums: NDArray[np.uint32]
    value_mean: NDArray[np.float32]
    value_deviation: NDArray[np.float32]

    @property
    def frame_count(self) -> int:
        return len(self.delta_sums)

    def content_values(self) -> NDArray[np.float64]:
        """PySceneDetect's `content_val` of each frame, (n,), with its default weights and its order of additions."""
        hue, sat, val = (self.delta_sums[:, i] / float(self.pixel_count) for i in range(_COMPONENTS))
        return (hue + sat + val) / 3.0

    def to_bytes(self) -> bytes:
        """As an npz; the same scores give the same bytes."""
        file = io.BytesIO()
        np.savez(
            file,
            version=np.int64(_FORMAT_VERSION),
            rate=np.bytes_(format_rate(self.rate).encode()),
            pixel_count=np.int64(self.pixel_count),
            delta_sums=self.delta_sums,
            value_mean=self.value_mean,
            value_deviation=self.value_deviation,
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
                    value_mean=stored["value_mean"],
                    value_deviation=stored["value_deviation"],
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
        self._values: list[tuple[float, float]] = []

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
            value_mean=np.array([mean for mean, _ in self._values], np.float32),
            value_deviation=np.array([deviation for _, deviation in self._values], np.float32),
        )

    def _score(self, frame: NDArray[np.uint8]) -> None:
        hsv = np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2HSV), np.uint8)
        last = hsv if self._last is None else self._last
        sums = cv2.sumElems(cv2.absdiff(hsv, last))  # whole numbers below 2**53: exact
        mean, deviation = cv2.meanStdDev(cv2.extractChannel(hsv, 2))
        self._sums.append(tuple(int(s) for s in sums[:_COMPONENTS]))
        self._values.append((float(mean[0, 0]), float(deviation[0, 0])))
        self._last = hsv
