"""Scenes detected anew in a video that is under review: which parts may change, and to which cuts.

Pure: clips as they are and proposed cuts in, a Redetection out. What nobody has reviewed is cut anew; what a person
has decided, cut or is looking at stays exactly as it is.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from heaters.domain.cuts import Cuts, redraw_cuts
from heaters.domain.review.plans import ClipRecord
from heaters.domain.states import ClipState
from heaters.domain.timebase import FrameRange


class Kept(StrEnum):
    """Why a part stays as it is."""

    DECIDED = "decided"
    CUT_BY_HAND = "cut_by_hand"
    WITH_SOMEBODY = "with_somebody"


@dataclass(frozen=True, kw_only=True)
class KeptPart:
    """Neighbouring clips that stay for the same reason."""

    frames: FrameRange
    clip_count: int
    because: Kept


@dataclass(frozen=True, kw_only=True)
class Redetection:
    """The cuts that a video would have, and how they differ from those that it has."""

    cuts: Cuts
    added: Cuts
    removed: Cuts
    kept: tuple[KeptPart, ...]

    @property
    def changes_nothing(self) -> bool:
        return not self.added and not self.removed


def redetect(
    live: Sequence[ClipRecord],
    proposed: Cuts,
    *,
    cut_by_hand: Collection[str],
    with_somebody: Collection[str],
    min_frames: int,
) -> Redetection:
    """Cut the video of `live`, its clips in order, anew where nobody has reviewed it.

    `cut_by_hand` are ids of pending clips whose cuts a person made, `with_somebody` of those that another reviewer is
    looking at. A new cut is at least `min_frames` from a clip that stays.
    """
    frame_count = live[-1].frames.end_frame
    kept = [
        (clip, because)
        for clip in live
        if (because := _why_kept(clip, cut_by_hand=cut_by_hand, with_somebody=with_somebody))
    ]
    cuts = redraw_cuts(
        proposed,
        protected=[clip.frames for clip, _ in kept],
        frame_count=frame_count,
        min_frames=min_frames,
    )
    before = {clip.frames.start_frame for clip in live} - {0}
    return Redetection(
        cuts=cuts,
        added=tuple(cut for cut in cuts if cut not in before),
        removed=tuple(sorted(before - set(cuts))),
        kept=_join(kept),
    )


def _why_kept(
    clip: ClipRecord, *, cut_by_hand: Collection[str], with_somebody: Collection[str]
) -> Kept | None:
    if clip.condition.state is not ClipState.PENDING_REVIEW:
        return Kept.DECIDED
    if clip.clip_id in cut_by_hand:
        return Kept.CUT_BY_HAND
    return Kept.WITH_SOMEBODY if clip.clip_id in with_somebody else None


def _join(kept: Sequence[tuple[ClipRecord, Kept]]) -> tuple[KeptPart, ...]:
    parts: list[KeptPart] = []
    for clip, because in kept:
        last = parts[-1] if parts else None
        if last and last.because is because and last.frames.end_frame == clip.frames.start_frame:
            frames = FrameRange(start_frame=last.frames.start_frame, end_frame=clip.frames.end_frame)
            parts[-1] = KeptPart(frames=frames, clip_count=last.clip_count + 1, because=because)
        else:
            parts.append(KeptPart(frames=clip.frames, clip_count=1, because=because))
    return tuple(parts)
