"""What a change from one shot to the next is, which of several to keep, and how far apart coarse pictures are.

Never finds one; hard cuts, fades and dissolves each have their own rule.
"""

from bisect import bisect
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Transition:
    """Frames `[start_frame, end_frame)` belong to neither shot alone; `cut_frame`, among them, begins the new clip."""

    start_frame: int
    end_frame: int
    cut_frame: int

    def overlaps(self, other: "Transition") -> bool:
        return self.start_frame < other.end_frame and other.start_frame < self.end_frame


def keep_apart(
    transitions: Iterable[Transition], *, min_frames: int, clear_of: Iterable[Transition] = ()
) -> tuple[Transition, ...]:
    """Those, given the surest first, that overlap no surer one and whose cuts are `min_frames` from its; by time.

    All of `clear_of`, given by time, are surer and stay.
    """
    kept = list(clear_of)
    for new in transitions:
        place = bisect(kept, new.cut_frame, key=lambda old: old.cut_frame)
        beside = kept[max(place - 1, 0) : place + 1]
        if all(not new.overlaps(old) and abs(new.cut_frame - old.cut_frame) >= min_frames for old in beside):
            kept.insert(place, new)
    return tuple(kept)


def find_runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The half-open ranges in which `mask` is true."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def flatten_grids(grids: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Grids (…, rows, columns, 3) as vectors (…, rows * columns * 3), in which sums of products are exact."""
    *outer, rows, columns, channels = grids.shape
    return grids.reshape(*outer, rows * columns * channels).astype(np.float32)


def distances(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """Root mean square difference, 0 to 255, of each pair of pictures along the last axis."""
    difference = left - right
    mean: NDArray[np.float32] = np.sqrt(np.mean(difference * difference, axis=-1))
    return mean


def correlate(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """How alike each pair of pictures (n, size) is but for brightness and contrast, -1 to 1."""
    left, right = (side - side.mean(axis=1, keepdims=True) for side in (left, right))
    norm = np.sqrt(np.sum(left * left, axis=1) * np.sum(right * right, axis=1))
    correlation: NDArray[np.float32] = np.sum(left * right, axis=1) / np.maximum(norm, 1)
    return correlation
