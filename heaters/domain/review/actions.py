"""What a review action does to clips: clips as they are and an action in, a Plan out.

A change to cuts never edits a clip: it supersedes old ones and creates new ones, and undoing it brings the old
ones back. Fresh ids are passed in; versions are checked, never counted, here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from heaters.domain.cuts import Cuts, segments
from heaters.domain.errors import CutRefused, StaleVersion, TransitionRefused
from heaters.domain.review.plans import (
    DECISIONS,
    Action,
    Change,
    ClipRecord,
    Condition,
    Decision,
    NewClip,
    Plan,
    in_words,
    refuse_claimed,
)
from heaters.domain.states import REVIEWABLE_CLIP_STATES, ClipState
from heaters.domain.timebase import FrameRange
from heaters.domain.transitions import FAILED_CLIP_STATES


def decide(clip: ClipRecord, action: Action, *, version: int, reviewer: str) -> Plan:
    """Approve, skip or archive one clip."""
    _check_reviewable(clip, version)
    after = Condition(state=DECISIONS[action], decided_by=reviewer)
    if clip.condition.state is after.state:
        raise TransitionRefused(
            f"Clip {clip.clip_id} is {in_words(after.state)} already; nothing was changed.",
            clip_id=clip.clip_id,
        )
    return _plan(action, clip.video_id, (_change(clip, after),))


def decide_many(
    clips: Mapping[str, ClipRecord], decisions: Sequence[Decision], *, reviewer: str
) -> tuple[Plan, ...]:
    """Decide on many clips at once, all or nothing: a plan for each video and action among them."""
    if len({decision.clip_id for decision in decisions}) < len(decisions):
        raise TransitionRefused("A clip is named twice; name each clip once.")
    changes: dict[tuple[str, Action], tuple[Change, ...]] = {}
    for decision in decisions:
        plan = decide(clips[decision.clip_id], decision.action, version=decision.version, reviewer=reviewer)
        key = (plan.video_id, plan.action)
        changes[key] = (*changes.get(key, ()), *plan.changes)
    return tuple(_plan(action, video_id, changes[video_id, action]) for video_id, action in changes)


def group(
    first: ClipRecord, second: ClipRecord, *, versions: tuple[int, int], group_id: str, reviewer: str
) -> Plan:
    """Approve two clips of one video and tie them together. A group that the first is in already is joined."""
    for clip, version in zip((first, second), versions, strict=True):
        _check_reviewable(clip, version)
    if first.video_id != second.video_id or first.clip_id == second.clip_id:
        raise TransitionRefused("Only two different clips of one video can be grouped; choose another.")
    shared = first.condition.group_id or group_id
    if second.condition.group_id == shared:
        raise TransitionRefused(
            f"Clips {first.clip_id} and {second.clip_id} are grouped already; nothing was changed."
        )
    after = Condition(state=ClipState.REVIEW_APPROVED, group_id=shared, decided_by=reviewer)
    clips = [clip for clip in (first, second) if clip.condition.group_id != shared]
    return _plan(Action.GROUP, first.video_id, tuple(_change(clip, after) for clip in clips))


def retry(clip: ClipRecord, *, version: int, reviewer: str) -> Plan:
    """Send a failed clip into the next wave again."""
    _check_version(clip, version)
    if clip.condition.state not in FAILED_CLIP_STATES:
        raise TransitionRefused(
            f"Clip {clip.clip_id} is {in_words(clip.condition.state)}; only a failed clip can be retried.",
            clip_id=clip.clip_id,
        )
    after = replace(clip.condition, state=ClipState.REVIEW_APPROVED, decided_by=reviewer)
    return _plan(Action.RETRY, clip.video_id, (_change(clip, after),))


def add_cut(clip: ClipRecord, frame: int, *, version: int, new_ids: tuple[str, str]) -> Plan:
    """Split `clip`, so that a new clip begins with `frame`."""
    _check_reviewable(clip, version)
    start, end = clip.frames.start_frame, clip.frames.end_frame
    if not start < frame < end:
        raise CutRefused(
            f"Clip {clip.clip_id} can be cut at frames {start + 1} to {end - 1}, not at {frame}."
        )
    return _recut(Action.ADD_CUT, (clip,), edges=(start, frame, end), new_ids=new_ids, added=(frame,))


def remove_cut(left: ClipRecord, right: ClipRecord, *, version: int, new_id: str) -> Plan:
    """Merge two neighbours into one new clip. `version` is of the right one, which holds the frame of the cut."""
    frame = _check_neighbours(left, right, version)
    edges = (left.frames.start_frame, right.frames.end_frame)
    return _recut(Action.REMOVE_CUT, (left, right), edges=edges, new_ids=(new_id,), removed=(frame,))


def move_cut(
    left: ClipRecord, right: ClipRecord, to_frame: int, *, version: int, new_ids: tuple[str, str]
) -> Plan:
    """Let two neighbours meet at another frame. `version` is of the right one, which holds the frame of the cut."""
    frame = _check_neighbours(left, right, version)
    start, end = left.frames.start_frame, right.frames.end_frame
    if not start < to_frame < end or to_frame == frame:
        raise CutRefused(
            f"The cut at frame {frame} can move to frames {start + 1} to {end - 1}, not to {to_frame}."
        )
    return _recut(
        Action.MOVE_CUT,
        (left, right),
        edges=(start, to_frame, end),
        new_ids=new_ids,
        added=(to_frame,),
        removed=(frame,),
    )


def recut(
    live: Sequence[ClipRecord], cuts: Cuts, *, new_ids: Sequence[str], action: Action = Action.IMPORT_CUTS
) -> Plan:
    """Let the live clips of a video, in order, end where `cuts` are; those that do so already stay as they are.

    `new_ids` are as many as there are segments. Raises ClipClaimed where a clip that would change cannot any more.
    """
    wanted = segments(cuts, live[-1].frames.end_frame)
    known, staying = {clip.frames for clip in live}, set(wanted)
    old = tuple(clip for clip in live if clip.frames not in staying)
    for clip in old:
        _check_reviewable(clip, clip.version)
    if not old:
        raise CutRefused("The video has exactly these cuts already; nothing was changed.")
    before = {clip.frames.start_frame for clip in live} - {0}
    ranges = [frames for frames in wanted if frames not in known]
    return _replace_clips(
        action,
        old,
        ranges=ranges,
        new_ids=new_ids[: len(ranges)],
        added=tuple(sorted(set(cuts) - before)),
        removed=tuple(sorted(before - set(cuts))),
    )


def _plan(action: Action, video_id: str, changes: tuple[Change, ...], **rest: Any) -> Plan:
    return Plan(action=action, video_id=video_id, changes=changes, **rest)


def _change(clip: ClipRecord, after: Condition) -> Change:
    return Change(clip_id=clip.clip_id, before=clip.condition, after=after, before_event=clip.event_id)


def _recut(
    action: Action,
    old: tuple[ClipRecord, ...],
    *,
    edges: tuple[int, ...],
    new_ids: tuple[str, ...],
    added: tuple[int, ...] = (),
    removed: tuple[int, ...] = (),
) -> Plan:
    ranges = [FrameRange(start_frame=a, end_frame=b) for a, b in pairwise(edges)]
    return _replace_clips(action, old, ranges=ranges, new_ids=new_ids, added=added, removed=removed)


def _replace_clips(
    action: Action,
    old: tuple[ClipRecord, ...],
    *,
    ranges: Sequence[FrameRange],
    new_ids: Sequence[str],
    added: tuple[int, ...],
    removed: tuple[int, ...],
) -> Plan:
    gone, fresh = Condition(state=ClipState.SUPERSEDED), Condition(state=ClipState.PENDING_REVIEW)
    creates = tuple(NewClip(clip_id=i, frames=frames) for i, frames in zip(new_ids, ranges, strict=True))
    changes = (
        *(_change(clip, gone) for clip in old),
        *(Change(clip_id=new.clip_id, before=gone, after=fresh) for new in creates),
    )
    video_id = old[0].video_id
    return _plan(action, video_id, changes, creates=creates, cuts_added=added, cuts_removed=removed)


def _check_neighbours(left: ClipRecord, right: ClipRecord, version: int) -> int:
    _check_reviewable(right, version)
    _check_reviewable(left, left.version)
    if left.video_id != right.video_id or left.frames.end_frame != right.frames.start_frame:
        raise CutRefused(
            f"Clips {left.clip_id} and {right.clip_id} are not neighbours; read the clips again."
        )
    return right.frames.start_frame


def _check_version(clip: ClipRecord, version: int) -> None:
    if clip.version != version:
        raise StaleVersion(
            f"Clip {clip.clip_id} has changed since you saw version {version}; look at version {clip.version} and "
            "decide again.",
            clip_id=clip.clip_id,
            version=clip.version,
        )


def _check_reviewable(clip: ClipRecord, version: int) -> None:
    _check_version(clip, version)
    state = clip.condition.state
    if state is ClipState.SUPERSEDED:
        raise TransitionRefused(
            f"Clip {clip.clip_id} is no more: its cuts were changed; read the video's clips again.",
            clip_id=clip.clip_id,
        )
    if state not in REVIEWABLE_CLIP_STATES:
        raise refuse_claimed(clip)
