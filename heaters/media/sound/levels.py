"""Levels of a video's sound, as they are stored beside its scores, and what a waveform and silence are made of.

Needs numpy alone; never decodes anything.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from heaters.media.scenes.stored_arrays import open_arrays, write_arrays

WINDOWS_PER_S = 50
FULL_SCALE = 32768
SILENT_DBFS = -60.0
"""Sound below this is not heard; what ffmpeg's silencedetect takes for silence."""

_FORMAT_VERSION = 1


@dataclass(frozen=True, kw_only=True, eq=False)
class SoundLevels:
    """Levels of all n windows of 1/50 s, of all channels together, in parts of FULL_SCALE.

    `peaks` is (n,) uint16: the largest sample either way. `loudness` is (n,) uint16: the root mean square.
    """

    peaks: NDArray[np.uint16]
    loudness: NDArray[np.uint16]

    @property
    def window_count(self) -> int:
        return len(self.peaks)

    def until(self, duration_s: Fraction) -> "SoundLevels":
        """The levels of exactly the windows that `duration_s` has a part in; what is missing is silent."""
        count = -int(-duration_s * WINDOWS_PER_S // 1)
        missing = (0, max(count - self.window_count, 0))
        return SoundLevels(
            peaks=np.pad(self.peaks[:count], missing), loudness=np.pad(self.loudness[:count], missing)
        )

    def to_bytes(self) -> bytes:
        """As an npz; the same levels give the same bytes."""
        return write_arrays(_FORMAT_VERSION, peaks=self.peaks, loudness=self.loudness)

    @classmethod
    def from_bytes(cls, data: bytes) -> "SoundLevels":
        """What `to_bytes` wrote. Raises InvalidJob for anything else."""
        with open_arrays(data, version=_FORMAT_VERSION, what="sound") as stored:
            return cls(peaks=stored["peaks"], loudness=stored["loudness"])


def silence_of_frames(levels: SoundLevels, *, rate: Fraction, frame_count: int) -> NDArray[np.float16]:
    """The share of each frame's time in which nothing is heard, (frame_count,)."""
    limit = FULL_SCALE * 10 ** (SILENT_DBFS / 20)
    whole = levels.until(frame_count / rate)
    silent_windows = np.concatenate([[0.0], np.cumsum(whole.loudness < limit)])
    ends = np.arange(frame_count + 1) * float(WINDOWS_PER_S / rate)
    silent = np.diff(np.interp(ends, np.arange(len(silent_windows)), silent_windows))
    shares: NDArray[np.float16] = (silent / float(WINDOWS_PER_S / rate)).clip(0, 1).astype(np.float16)
    return shares


def waveform(levels: SoundLevels, *, start_s: Fraction, end_s: Fraction, points: int) -> NDArray[np.float64]:
    """The largest peak in each of `points` equal parts of `[start_s, end_s)`, (points,), 1 for full scale.

    A part shorter than a window has the peak of the windows that it touches; where there is no sound it is 0.
    """
    bounds = np.linspace(float(start_s * WINDOWS_PER_S), float(end_s * WINDOWS_PER_S), points + 1)
    first = np.floor(bounds[:-1] + _ROUNDING).astype(np.intp)
    last = np.maximum(np.ceil(bounds[1:] - _ROUNDING).astype(np.intp), first + 1)
    peaks = np.pad(levels.peaks[first[0] : last[-1]], (0, 1))
    beyond = len(peaks) - 1
    spans = np.column_stack([first, last]).ravel() - first[0]
    found = np.maximum.reduceat(peaks, np.minimum(spans, beyond))[::2]
    return found / FULL_SCALE


_ROUNDING = 1e-6  # windows: times are rounded, and must not reach into the next window
