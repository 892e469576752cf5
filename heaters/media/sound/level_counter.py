"""Take the levels of raw samples while they are decoded. Holds a window of them at a time, and what is stored."""

from array import array

import numpy as np
from numpy.typing import NDArray

from heaters.media.sound.levels import WINDOWS_PER_S, SoundLevels

SAMPLE_RATE_HZ = 48000
_SAMPLE_BYTES = 2


class LevelCounter:
    """Give it interleaved samples of 16 bits at SAMPLE_RATE_HZ, in pieces of any size: it is the reader of a pipe."""

    def __init__(self, *, channels: int) -> None:
        self._window_samples = SAMPLE_RATE_HZ // WINDOWS_PER_S * channels
        self._window_bytes = self._window_samples * _SAMPLE_BYTES
        self._pending = bytearray()
        self._peaks, self._loudness = array("H"), array("H")

    def __call__(self, data: bytes) -> None:
        self._pending += data
        whole = len(self._pending) - len(self._pending) % self._window_bytes
        if whole:
            self._count(bytes(self._pending[:whole]))
            del self._pending[:whole]

    def finish(self) -> SoundLevels:
        """The levels of all windows; the last one may have been only begun."""
        if self._pending:
            self._count(bytes(self._pending).ljust(self._window_bytes, b"\0"))
            self._pending.clear()
        return SoundLevels(
            peaks=np.array(self._peaks, np.uint16), loudness=np.array(self._loudness, np.uint16)
        )

    def _count(self, data: bytes) -> None:
        windows = np.frombuffer(data, "<i2").reshape(-1, self._window_samples)
        highest, lowest = windows.max(axis=1).astype(np.int32), windows.min(axis=1).astype(np.int32)
        self._peaks.frombytes(_levels(np.maximum(highest, -lowest)))
        self._loudness.frombytes(_levels(np.sqrt(_mean_squares(windows))))


def _mean_squares(windows: NDArray[np.int16]) -> NDArray[np.float32]:
    samples = windows.astype(np.float32)
    squares: NDArray[np.float32] = np.einsum("ij,ij->i", samples, samples) / windows.shape[1]
    return squares


def _levels(values: NDArray[np.int32] | NDArray[np.float32]) -> bytes:
    return np.rint(values).astype(np.uint16).tobytes()
