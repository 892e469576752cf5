"""The log of review played from its beginning: what it says every clip of a video is by now.

The log is the audit trail, so it has to be able to stand alone: from the clips that scene detection proposed, the
events lead to exactly the clips, decisions and cuts that the catalog has. What a wave did to a clip since is not in
the log; a clip that has left review is where its decision sends it. Nothing is corrected here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from heaters.domain.cuts import Cuts
from heaters.domain.review.plans import Change, ClipRecord, Condition, Plan
from heaters.domain.states import ClipState
from heaters.domain.timebase import FrameRange
from heaters.domain.transitions import FAILED_CLIP_STATES, IN_WAVE_CLIP_STATES

_WAVES_LEAD_TO: Mapping[ClipState, frozenset[ClipState]] = {
    ClipState.REVIEW_APPROVED: IN_WAVE_CLIP_STATES | FAILED_CLIP_STATES | {ClipState.EMBEDDED},
    ClipState.REVIEW_ARCHIVED: frozenset({ClipState.ARCHIVED}),
}


@dataclass(frozen=True, kw_only=True)
class LoggedEvent:
    """A line of the log: the plans that it carried out, of all its videos. `undone_by` is what the line says itself."""

    event_id: int
    plans: tuple[Plan, ...]
    undoes: int | None = None
    redoes: int | None = None
    undone_by: int | None = None


@dataclass(kw_only=True)
class Replayed:
    """A video as its log tells it: clips, cuts, which undo holds for which event, and where it contradicts itself.

    A clip's `version` here counts the changes by reviewers alone; `returned` are clips that a wave had and that came
    back to review.
    """

    clips: dict[str, ClipRecord]
    returned: set[str] = field(default_factory=set)
    cuts: set[int] = field(default_factory=set)
    undone_by: dict[int, int] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)


def replay(video_id: str, proposed: Mapping[str, FrameRange], events: Iterable[LoggedEvent]) -> Replayed:
    """Play `events`, in the order of their ids, onto the clips that scene detection proposed."""
    pending = Condition(state=ClipState.PENDING_REVIEW)
    world = Replayed(
        clips={
            clip_id: ClipRecord(
                clip_id=clip_id, video_id=video_id, frames=frames, condition=pending, version=1
            )
            for clip_id, frames in proposed.items()
        },
        cuts={frames.start_frame for frames in proposed.values()} - {0},
    )
    for event in events:
        _note_undo(world, event)
        for plan in event.plans:
            if plan.video_id == video_id:
                _play(world, event, plan)
    return world


def find_differences(
    world: Replayed,
    *,
    kept: Sequence[ClipRecord],
    cuts: Cuts,
    events: Iterable[LoggedEvent],
    frame_count: int,
) -> list[str]:
    """Where the catalog's clips, cuts and marks are not what the log leads to, one sentence each; none is right."""
    found = {clip.clip_id: clip for clip in kept}
    differences = [
        *world.contradictions,
        *(f"Clip {clip_id} is in the log only." for clip_id in sorted(set(world.clips) - set(found))),
        *(f"Clip {clip_id} is in the catalog only." for clip_id in sorted(set(found) - set(world.clips))),
    ]
    for clip_id in sorted(set(found) & set(world.clips)):
        differences += _compare_clip(world.clips[clip_id], found[clip_id], returned=clip_id in world.returned)
    if world.cuts != set(cuts):
        differences.append(f"The log leads to other cuts: {sorted(world.cuts ^ set(cuts))[:10]} differ.")
    for event in events:
        if world.undone_by.get(event.event_id) != event.undone_by:
            differences.append(f"Event {event.event_id} is not marked as the log says.")
    return differences + _find_gaps(world, frame_count)


def _note_undo(world: Replayed, event: LoggedEvent) -> None:
    if event.undoes is not None:
        if event.undoes in world.undone_by:
            world.contradictions.append(f"Event {event.event_id} undoes {event.undoes}, which is undone.")
        world.undone_by[event.undoes] = event.event_id
    if event.redoes is not None and world.undone_by.pop(event.redoes, None) is None:
        world.contradictions.append(f"Event {event.event_id} redoes {event.redoes}, which stands.")


def _play(world: Replayed, event: LoggedEvent, plan: Plan) -> None:
    frames = {new.clip_id: new.frames for new in plan.creates}
    for change in plan.changes:
        stands = change.before_event if event.undoes is not None else event.redoes or event.event_id
        clip = world.clips.get(change.clip_id)
        if change.clip_id in frames:
            if clip is not None:
                world.contradictions.append(f"Event {event.event_id} creates clip {change.clip_id} again.")
            clip = _create(plan.video_id, change.clip_id, frames[change.clip_id])
        elif clip is None:
            world.contradictions.append(f"Event {event.event_id} changes clip {change.clip_id} of no origin.")
            continue
        elif problem := _find_mismatch(clip, change, event):
            world.contradictions.append(f"Event {event.event_id}: {problem}")
        elif clip.condition.state is not change.before.state:
            world.returned.add(clip.clip_id)
        version = clip.version + 1
        world.clips[change.clip_id] = replace(clip, condition=change.after, version=version, event_id=stands)
    if not world.cuts.isdisjoint(plan.cuts_added) or not world.cuts.issuperset(plan.cuts_removed):
        world.contradictions.append(
            f"Event {event.event_id} adds a cut twice or removes one that is not there."
        )
    world.cuts |= set(plan.cuts_added)
    world.cuts -= set(plan.cuts_removed)


def _create(video_id: str, clip_id: str, frames: FrameRange) -> ClipRecord:
    """A clip before it is there: its first version comes with the change that creates it."""
    gone = Condition(state=ClipState.SUPERSEDED)
    return ClipRecord(clip_id=clip_id, video_id=video_id, frames=frames, condition=gone, version=0)


def _find_mismatch(clip: ClipRecord, change: Change, event: LoggedEvent) -> str | None:
    """Each change begins where the one before it ended, or where a wave had led the clip by then."""
    standing = event.undoes if event.undoes is not None else change.before_event
    if not _agree(clip.condition, change.before):
        return f"clip {clip.clip_id} was {clip.condition}, not {change.before}."
    if clip.event_id != standing:
        return f"clip {clip.clip_id} was made by event {clip.event_id}, not {standing}."
    return None


def _agree(logged: Condition, seen: Condition) -> bool:
    onward = _WAVES_LEAD_TO.get(logged.state, frozenset())
    return replace(seen, state=logged.state) == logged and seen.state in onward | {logged.state}


def _compare_clip(logged: ClipRecord, kept: ClipRecord, *, returned: bool) -> list[str]:
    """A wave counts versions up too, so a clip that one has claimed may have any later version."""
    claimed = returned or logged.condition.state is not kept.condition.state
    same = logged.frames == kept.frames and logged.event_id == kept.event_id
    if not same or not _agree(logged.condition, kept.condition):
        return [f"Clip {kept.clip_id} is {kept}, but the log leads to {logged}."]
    if kept.version < logged.version or (kept.version > logged.version and not claimed):
        return [f"Clip {kept.clip_id} is at version {kept.version}; the log has {logged.version}."]
    return []


def _find_gaps(world: Replayed, frame_count: int) -> list[str]:
    live = [c.frames for c in world.clips.values() if c.condition.state is not ClipState.SUPERSEDED]
    edges = sorted((frames.start_frame, frames.end_frame) for frames in live)
    whole = bool(edges) and edges[0][0] == 0 and edges[-1][1] == frame_count
    if whole and all(left[1] == right[0] for left, right in pairwise(edges)):
        starts = {start for start, _ in edges} - {0}
        return [] if starts == world.cuts else ["The log's cuts are not where its clips begin."]
    return [f"The log's clips do not partition the video's {frame_count} frames."]
