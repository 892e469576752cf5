"""For each second of a proxy, the frame that shows it best: sharp, still, and a picture of one shot only.

Found on stored scores. A frame's sharpness is its fine detail: the energy that is left when each cell of its grid is
taken for its mean colour. Frames within fades, dissolves and flashes count for little. Never decodes anything.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heaters.domain.timebase import FrameRange
from heaters.media.scenes.dissolves import find_dissolves, fine_detail
from heaters.media.scenes.fades import find_fades
from heaters.media.scenes.flashes import FLASH_FRAMES, within_flash
from heaters.media.scenes.scores import Scores
from heaters.media.scenes.stored_arrays import open_arrays, write_arrays
from heaters.media.scenes.transitions import flatten_grids

MOST_KEYFRAMES = 3
APART = 6
"""Keyframes of one clip lie at least this part of its length apart."""

_FORMAT_VERSION = 1
_BLOCK_FRAMES = 4096  # what a processor's cache holds
_HALVING_MOTION = 12.0  # levels of mean change that make a picture worth half
_SPOILT = 0.01  # the worth of a frame within a fade, a dissolve or a flash, in parts of its own
_NOT_WORSE = 0.25  # a keyframe is worth at least this part of the clip's best


@dataclass(frozen=True, kw_only=True, eq=False)
class KeyframeCandidates:
    """Of each second k, the storyboard's, `frames[k]` uint32, rising, and its worth `worths[k]` float32.

    A worth is the frame's detail in levels of 255, less where it moves: 0 for one colour alone.
    """

    frames: NDArray[np.uint32]
    worths: NDArray[np.float32]

    def to_bytes(self) -> bytes:
        """As an npz; the same candidates give the same bytes."""
        return write_arrays(_FORMAT_VERSION, frames=self.frames, worths=self.worths)

    @classmethod
    def from_bytes(cls, data: bytes) -> "KeyframeCandidates":
        """What `to_bytes` wrote. Raises InvalidJob for anything else."""
        with open_arrays(data, version=_FORMAT_VERSION, what="keyframe candidates") as stored:
            return cls(frames=stored["frames"], worths=stored["worths"])


def find_candidates(scores: Scores) -> KeyframeCandidates:
    """The worthiest frame of each second, the first of equals."""
    if scores.frame_count == 0:
        return KeyframeCandidates(frames=np.zeros(0, np.uint32), worths=np.zeros(0, np.float32))
    worths = frame_worths(scores)
    rate = scores.rate
    seconds = np.arange(scores.frame_count, dtype=np.int64) * rate.denominator // rate.numerator
    starts = np.flatnonzero(np.diff(seconds, prepend=-1))
    best = np.maximum.reduceat(worths, starts)
    hits = np.flatnonzero(worths == best[np.cumsum(np.diff(seconds, prepend=0) > 0)])
    frames = hits[np.flatnonzero(np.diff(seconds[hits], prepend=-1))]
    return KeyframeCandidates(frames=frames.astype(np.uint32), worths=best)


def frame_worths(scores: Scores) -> NDArray[np.float32]:
    """How well each frame would stand for its shot, (n,)."""
    detail, flash = _look(scores)
    spoilt = flash | within_transition(scores)
    worths: NDArray[np.float32] = np.sqrt(detail) / (1 + motion(scores) / np.float32(_HALVING_MOTION))
    worths[spoilt] *= np.float32(_SPOILT)
    return worths


def motion(scores: Scores) -> NDArray[np.float32]:
    """Mean change of brightness, 0 to 255, of each frame from the neighbour that it resembles more, (n,).

    The first and the last frame of a shot have a cut on one side, which is no motion.
    """
    change = (scores.delta_sums[:, 2] / scores.pixel_count).astype(np.float32)
    into, out = change.copy(), np.append(change[1:], change[-1:])
    into[0] = out[0]
    least: NDArray[np.float32] = np.minimum(into, out)
    return least


def within_transition(scores: Scores) -> NDArray[np.bool_]:
    """Which frames belong to a fade or a dissolve, (n,)."""
    edges = np.zeros(scores.frame_count + 1, np.int32)
    for transition in (*find_fades(scores), *find_dissolves(scores)):
        edges[transition.start_frame] += 1
        edges[transition.end_frame] -= 1
    within: NDArray[np.bool_] = np.cumsum(edges[:-1]) > 0
    return within


def choose_best(frames: FrameRange, candidates: KeyframeCandidates) -> tuple[int, ...]:
    """Up to MOST_KEYFRAMES of the candidates inside a clip, the best and then the next best some way off; rising.

    None where no candidate lies inside, as may be in a clip shorter than two seconds.
    """
    first, end = np.searchsorted(candidates.frames, [frames.start_frame, frames.end_frame])
    inside, worths = candidates.frames[first:end].astype(np.int64), candidates.worths[first:end]
    chosen: list[int] = []
    for place in np.argsort(-worths, kind="stable"):
        frame = int(inside[place])
        if len(chosen) == MOST_KEYFRAMES or worths[place] < _NOT_WORSE * worths.max():
            break
        if all(abs(frame - other) * APART >= frames.frame_count for other in chosen):
            chosen.append(frame)
    return tuple(sorted(chosen))


def _look(scores: Scores) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Each frame's fine detail, and whether it is part of a flash; by blocks, to need little memory for any length."""
    detail = np.zeros(scores.frame_count, np.float32)
    flash = np.zeros(scores.frame_count, np.bool_)
    for start in range(0, scores.frame_count, _BLOCK_FRAMES):
        end = min(start + _BLOCK_FRAMES, scores.frame_count)
        before = max(start - FLASH_FRAMES, 0)
        pictures = flatten_grids(scores.grids[before : end + FLASH_FRAMES])
        detail[start:end] = fine_detail(pictures[start - before : end - before], scores.energy[start:end])
        flash[start:end] = within_flash(pictures)[start - before : end - before]
    return detail, flash
