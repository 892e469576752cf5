"""Review actions in Postgres: each is one transaction of its caller's, gathered, decided by `domain.review` and
applied here: locks, state changes, cuts, the log, and the gate's release where the action was the last it needed.

Locks are taken in one order (videos, clips, gates), so reviewers never deadlock. Nothing here calls Step
Functions: the caller resumes the gates of an Outcome after its commit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heaters.catalog.connection import Connection
from heaters.catalog.review.clip_records import (
    apply_plan,
    lock_clips,
    lock_clips_at,
    lock_live_clips,
    lock_video_of_clip,
    lock_videos_of_clips,
)
from heaters.catalog.review.gates import Gate, release_if_due, release_locked
from heaters.catalog.review.log import (
    append_action,
    append_release,
)
from heaters.catalog.videos import lock_video
from heaters.domain.cuts import Cuts
from heaters.domain.errors import CutRefused
from heaters.domain.review import actions
from heaters.domain.review.plans import Action, ClipRecord, Decision, Plan


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What an action did: its event, the clips that it touched, and gates to resume after the commit."""

    event_id: int
    clip_ids: tuple[str, ...]
    gates: tuple[Gate, ...] = ()


def decide_clip(
    connection: Connection, *, clip_id: str, action: Action, version: int, reviewer: str
) -> Outcome:
    """Approve, skip or archive a clip that is still as `version` shows it.

    Raises NotFound, StaleVersion, ClipClaimed, or TransitionRefused where it is so already.
    """
    lock_video_of_clip(connection, clip_id)
    clip = lock_clips(connection, [clip_id])[clip_id]
    return carry_out(connection, actions.decide(clip, action, version=version, reviewer=reviewer), reviewer)


def decide_clips(connection: Connection, decisions: Sequence[Decision], *, reviewer: str) -> Outcome:
    """Decide on many clips, of any videos, all or nothing: one event in the log, undone as one.

    Raises what `decide_clip` raises, about the first decision that cannot be.
    """
    clip_ids = [decision.clip_id for decision in decisions]
    lock_videos_of_clips(connection, clip_ids)
    clips = lock_clips(connection, clip_ids)
    plans = actions.decide_many(clips, decisions, reviewer=reviewer)
    event_id = append_action(connection, plans, reviewer=reviewer, action="batch")
    apply_plans(connection, plans, events=dict.fromkeys(clip_ids, event_id), reviewer=reviewer)
    gates = release_gates(connection, {plan.video_id for plan in plans}, reviewer)
    return Outcome(event_id=event_id, clip_ids=tuple(clip_ids), gates=gates)


def retry_clip(connection: Connection, *, clip_id: str, version: int, reviewer: str) -> Outcome:
    """Send a failed clip into its video's next wave. Raises TransitionRefused for a clip that has not failed."""
    lock_video_of_clip(connection, clip_id)
    clip = lock_clips(connection, [clip_id])[clip_id]
    return carry_out(connection, actions.retry(clip, version=version, reviewer=reviewer), reviewer)


def group_clips(
    connection: Connection,
    *,
    clip_ids: tuple[str, str],
    versions: tuple[int, int],
    group_id: str,
    reviewer: str,
) -> Outcome:
    """Approve two clips of a video and tie them together."""
    lock_video_of_clip(connection, clip_ids[0])
    clips = lock_clips(connection, clip_ids)
    first, second = clips[clip_ids[0]], clips[clip_ids[1]]
    plan = actions.group(first, second, versions=versions, group_id=group_id, reviewer=reviewer)
    return carry_out(connection, plan, reviewer)


def add_cut(
    connection: Connection,
    *,
    video_id: str,
    frame: int,
    version: int,
    new_ids: tuple[str, str],
    reviewer: str,
) -> Outcome:
    """Split the clip that holds `frame`; `version` is that clip's."""
    lock_video(connection, video_id)
    (clip,) = lock_clips_at(connection, video_id=video_id, frames=[frame])
    return carry_out(connection, actions.add_cut(clip, frame, version=version, new_ids=new_ids), reviewer)


def remove_cut(
    connection: Connection, *, video_id: str, frame: int, version: int, new_id: str, reviewer: str
) -> Outcome:
    """Merge the two clips that meet at `frame`; `version` is of the one that begins there."""
    left, right = _lock_neighbours(connection, video_id, frame)
    return carry_out(connection, actions.remove_cut(left, right, version=version, new_id=new_id), reviewer)


def move_cut(
    connection: Connection,
    *,
    video_id: str,
    frame: int,
    to_frame: int,
    version: int,
    new_ids: tuple[str, str],
    reviewer: str,
) -> Outcome:
    """Let the two clips that meet at `frame` meet at `to_frame`; `version` is of the one that begins at `frame`."""
    left, right = _lock_neighbours(connection, video_id, frame)
    plan = actions.move_cut(left, right, to_frame, version=version, new_ids=new_ids)
    return carry_out(connection, plan, reviewer)


def import_cuts(
    connection: Connection, *, video_id: str, cuts: Cuts, new_ids: Sequence[str], reviewer: str
) -> Outcome:
    """Give a video these cuts, undone as one; clips that end where they did keep their decisions."""
    lock_video(connection, video_id)
    live = lock_live_clips(connection, video_id)
    return carry_out(connection, actions.recut(live, cuts, new_ids=new_ids), reviewer)


def ask_release(connection: Connection, *, video_id: str, reviewer: str) -> Gate | None:
    """Release the video's gate because a reviewer asks; None where no gate is open. Raises NotFound."""
    gate = release_if_due(connection, video_id=video_id, asked=True, released_by=reviewer)
    if gate is not None:
        append_release(connection, video_id=video_id, reviewer=reviewer)
    return gate


def carry_out(connection: Connection, plan: Plan, reviewer: str, *, settings: Any = None) -> Outcome:
    """Log a plan and apply it. Its video and clips are locked by the caller, who has made it from them."""
    event_id = append_action(connection, [plan], reviewer=reviewer, action=plan.action, settings=settings)
    apply_plan(connection, plan, events=dict.fromkeys(plan.clip_ids, event_id), reviewer=reviewer)
    gates = release_gates(connection, [plan.video_id], reviewer)
    return Outcome(event_id=event_id, clip_ids=plan.clip_ids, gates=gates)


def apply_plans(
    connection: Connection, plans: Sequence[Plan], *, events: Mapping[str, int | None], reviewer: str
) -> None:
    """Apply plans whose videos and clips are locked; `events` is the event that each clip is left with."""
    for plan in plans:
        apply_plan(connection, plan, events=events, reviewer=reviewer)


def release_gates(connection: Connection, video_ids: Iterable[str], reviewer: str) -> tuple[Gate, ...]:
    """Release the gates that were waiting for no more than this, of locked videos, in one order."""
    gates = (
        release_locked(connection, video_id=video_id, released_by=reviewer) for video_id in sorted(video_ids)
    )
    return tuple(gate for gate in gates if gate is not None)


def _lock_neighbours(connection: Connection, video_id: str, frame: int) -> tuple[ClipRecord, ClipRecord]:
    lock_video(connection, video_id)
    clips = lock_clips_at(connection, video_id=video_id, frames=[max(frame - 1, 0), frame])
    if len(clips) != 2:
        raise CutRefused(f"Video {video_id} has no cut at frame {frame}; read its cuts again.")
    return clips[0], clips[1]
