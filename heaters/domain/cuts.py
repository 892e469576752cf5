"""Cuts and the segments between them: add, remove, move, redraw.

A cut is the first frame of a new segment, so the cuts of a video are a strictly rising tuple within
`0 < cut < frame_count`, and the segments always partition `[0, frame_count)`. Every function returns a new
tuple or raises CutRefused; nothing is edited in place.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

from heaters.domain.errors import CutRefused
from heaters.domain.timebase import FrameRange

Cuts = tuple[int, ...]

MAX_CUTS = 10_000
"""What one action may give a video: more take longer than API Gateway waits for an answer, and nobody reviews them."""


def check_cuts(cuts: Cuts, frame_count: int) -> Cuts:
    """`cuts` as given, if they are strictly rising and inside the video; otherwise CutRefused."""
    if frame_count < 1:
        raise CutRefused(f"A video of {frame_count} frames has no segments.")
    if any(left >= right for left, right in zip((0, *cuts), (*cuts, frame_count), strict=True)):
        raise CutRefused(f"Cuts must rise strictly between 0 and {frame_count}; got {list(cuts)[:20]}.")
    return cuts


def segments(cuts: Cuts, frame_count: int) -> tuple[FrameRange, ...]:
    """The `len(cuts) + 1` segments that partition `[0, frame_count)`, in order."""
    check_cuts(cuts, frame_count)
    edges = (0, *cuts, frame_count)
    return tuple(FrameRange(start_frame=a, end_frame=b) for a, b in pairwise(edges))


def segment_at(cuts: Cuts, frame_count: int, frame: int) -> FrameRange:
    """The segment that shows `frame`. Raises CutRefused outside the video."""
    if not 0 <= frame < frame_count:
        raise CutRefused(f"Frame {frame} is outside the video; it has frames 0 to {frame_count - 1}.")
    edges = (0, *cuts, frame_count)
    right = bisect_right(edges, frame)
    return FrameRange(start_frame=edges[right - 1], end_frame=edges[right])


def add_cut(cuts: Cuts, frame_count: int, frame: int) -> Cuts:
    """Split the segment around `frame`, so that a new one begins with it."""
    if not 0 < frame < frame_count:
        raise CutRefused(f"Cannot cut at frame {frame}; choose one from 1 to {frame_count - 1}.")
    at = bisect_left(cuts, frame)
    if at < len(cuts) and cuts[at] == frame:
        raise CutRefused(f"There is a cut at frame {frame} already.")
    return (*cuts[:at], frame, *cuts[at:])


def remove_cut(cuts: Cuts, frame: int) -> Cuts:
    """Merge the two segments that meet at `frame`."""
    at = bisect_left(cuts, frame)
    if at == len(cuts) or cuts[at] != frame:
        raise CutRefused(f"There is no cut at frame {frame} to remove.")
    return (*cuts[:at], *cuts[at + 1 :])


def move_cut(cuts: Cuts, frame_count: int, frame: int, to_frame: int) -> Cuts:
    """Move the cut at `frame` to `to_frame`, which must lie strictly between its neighbouring cuts."""
    without = remove_cut(cuts, frame)
    around = segment_at(without, frame_count, frame)
    if not around.start_frame < to_frame < around.end_frame or to_frame == frame:
        raise CutRefused(
            f"The cut at frame {frame} can move to frames {around.start_frame + 1} to "
            f"{around.end_frame - 1}, not to {to_frame}.",
        )
    return add_cut(without, frame_count, to_frame)


def redraw_cuts(
    proposed: Cuts, *, protected: Sequence[FrameRange], frame_count: int, min_frames: int = 1
) -> Cuts:
    """The cuts of a video in which every range of `protected` is a segment, and the parts between are cut anew.

    `protected` is in order and does not overlap. Of `proposed`, those count that lie in a part between and at
    least `min_frames` from its ends, but for the ends of the video: what a proposal does there is its own affair.
    """
    check_cuts(proposed, frame_count)
    kept = {edge for frames in protected for edge in (frames.start_frame, frames.end_frame)}
    free: list[int] = []
    for start, end in _between(protected, frame_count):
        first = start + min_frames if start else 1
        last = end - min_frames if end < frame_count else end - 1
        free += proposed[bisect_left(proposed, first) : bisect_right(proposed, last)]
    return check_cuts(tuple(sorted({*kept - {0, frame_count}, *free})), frame_count)


def _between(ranges: Sequence[FrameRange], frame_count: int) -> list[tuple[int, int]]:
    """What `ranges` leave of the video, half-open."""
    starts = [0, *(frames.end_frame for frames in ranges)]
    ends = [*(frames.start_frame for frames in ranges), frame_count]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]
