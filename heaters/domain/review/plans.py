"""Plans: everything that one review action changes, as data that can be turned around.

A plan says for each clip what it is before and after. Its inverse swaps the two, so undo and redo are plans as
well and follow the same rules. Which plan an action makes is in `review`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from heaters.domain.errors import ClipClaimed, HeatersError, TransitionRefused
from heaters.domain.states import REVIEWABLE_CLIP_STATES, ClipState
from heaters.domain.timebase import FrameRange


class Action(StrEnum):
    """What a reviewer can do to clips."""

    APPROVE = "approve"
    SKIP = "skip"
    ARCHIVE = "archive"
    GROUP = "group"
    ADD_CUT = "add_cut"
    REMOVE_CUT = "remove_cut"
    MOVE_CUT = "move_cut"
    DETECT = "detect"
    IMPORT_CUTS = "import_cuts"
    RETRY = "retry"


DECISIONS: Mapping[Action, ClipState] = {
    Action.APPROVE: ClipState.REVIEW_APPROVED,
    Action.SKIP: ClipState.REVIEW_SKIPPED,
    Action.ARCHIVE: ClipState.REVIEW_ARCHIVED,
}
"""The state to which each plain decision leads."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What review changes about a clip."""

    state: ClipState
    group_id: str | None = None
    decided_by: str | None = None


@dataclass(frozen=True, kw_only=True)
class ClipRecord:
    """A clip as review sees it. `event_id` is the event that made it what it is, None before the first; `claimed_at`
    is when the wave that has it was claimed.
    """

    clip_id: str
    video_id: str
    frames: FrameRange
    condition: Condition
    version: int
    event_id: int | None = None
    claimed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What somebody decided about a clip that was at `version` then; one of DECISIONS."""

    clip_id: str
    version: int
    action: Action


@dataclass(frozen=True, kw_only=True)
class Change:
    """One clip's part of a plan. `before_event` is the event that stood before this one."""

    clip_id: str
    before: Condition
    after: Condition
    before_event: int | None = None


@dataclass(frozen=True, kw_only=True)
class NewClip:
    """Frames of a clip that the plan creates; what becomes of it is among the plan's changes."""

    clip_id: str
    frames: FrameRange


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that one action changes, in one video. A clip that is created was, before, superseded."""

    action: Action
    video_id: str
    changes: tuple[Change, ...]
    creates: tuple[NewClip, ...] = ()
    cuts_added: tuple[int, ...] = ()
    cuts_removed: tuple[int, ...] = ()

    @property
    def undoable(self) -> bool:
        """A retry cannot be taken back as such: the failure is over. Skip the clip instead."""
        return self.action is not Action.RETRY

    @property
    def clip_ids(self) -> tuple[str, ...]:
        return tuple(change.clip_id for change in self.changes)


def invert(plan: Plan) -> Plan:
    """What takes `plan` back. Twice inverted, it does again what it did, to clips that exist by now."""
    swapped = tuple(replace(change, before=change.after, after=change.before) for change in plan.changes)
    return replace(
        plan, changes=swapped, creates=(), cuts_added=plan.cuts_removed, cuts_removed=plan.cuts_added
    )


def find_obstacle(
    plan: Plan, clips: Mapping[str, ClipRecord], *, event_id: int | None
) -> HeatersError | None:
    """Why `plan`, an inverse, cannot be applied now; None when it can.

    Every clip must be exactly what the plan starts from, and must have been made so by `event_id`; for a plan
    that is done again (`event_id` None) by the event that stood before it.
    """
    for change in plan.changes:
        clip = clips[change.clip_id]
        if clip.condition.state not in REVIEWABLE_CLIP_STATES | {ClipState.SUPERSEDED}:
            return refuse_claimed(clip)
        standing = event_id if event_id is not None else change.before_event
        if clip.condition != change.before or clip.event_id != standing:
            return TransitionRefused(f"Clip {clip.clip_id} has been changed since.", clip_id=clip.clip_id)
    return None


def refuse_claimed(clip: ClipRecord) -> ClipClaimed:
    """Why nothing about a clip can be changed any more, and since when."""
    since = f" at {clip.claimed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if clip.claimed_at else ""
    return ClipClaimed(
        f"Clip {clip.clip_id} is {in_words(clip.condition.state)}: it has left review with a wave{since}, and its "
        "decision and cuts stay as they are.",
        clip_id=clip.clip_id,
        claimed_at=clip.claimed_at.isoformat() if clip.claimed_at else None,
    )


def in_words(state: ClipState) -> str:
    """A state as it stands in a sentence."""
    return state.removeprefix("review_").replace("_", " ")
