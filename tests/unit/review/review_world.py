"""A catalog in memory, for testing the review algebra: clips by id, a log, several reviewers, waves that claim.

It applies plans as the real catalog does, with none of its SQL.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count, pairwise

from heaters.domain.errors import RefusedError
from heaters.domain.review import actions
from heaters.domain.review.plans import Action, ClipRecord, Condition, Plan, find_obstacle, invert
from heaters.domain.review.redetection import redetect
from heaters.domain.review.replay import LoggedEvent
from heaters.domain.states import REVIEWABLE_CLIP_STATES, ClipState
from heaters.domain.timebase import FrameRange
from heaters.domain.transitions import CLIP_TRANSITIONS as TABLE


@dataclass
class Logged:
    """An action in the log."""

    plan: Plan
    reviewer: str
    undone_by: int | None = None


@dataclass
class World:
    """One video of `frame_count` frames with its cuts, clips and log."""

    frame_count: int
    cuts: set[int]
    clips: dict[str, ClipRecord] = field(default_factory=dict)
    log: dict[int, Logged] = field(default_factory=dict)
    undone: dict[str, list[int]] = field(default_factory=dict)
    takebacks: dict[int, LoggedEvent] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        edges = (0, *sorted(self.cuts), self.frame_count)
        for start, end in pairwise(edges):
            self._add(self.new_id(), FrameRange(start_frame=start, end_frame=end), event_id=None)

    def new_id(self) -> str:
        return f"c{next(self._ids)}"

    @property
    def live(self) -> list[ClipRecord]:
        """Clips that are not superseded, in order of their frames."""
        return sorted(
            (c for c in self.clips.values() if c.condition.state is not ClipState.SUPERSEDED),
            key=lambda clip: clip.frames,
        )

    def clip_at(self, frame: int) -> ClipRecord:
        return next(clip for clip in self.live if clip.frames.contains(frame))

    def is_cut_by_hand(self, clip: ClipRecord) -> bool:
        """Whether a person's action made the clip."""
        return clip.event_id is not None and self.log[clip.event_id].plan.action is not Action.DETECT

    def act(self, plan: Plan, reviewer: str) -> int:
        event_id = next(self._ids)
        self.apply(plan, events=dict.fromkeys(plan.clip_ids, event_id))
        self.log[event_id] = Logged(plan=plan, reviewer=reviewer)
        self.undone[reviewer] = []
        return event_id

    def undo(self, reviewer: str) -> int | None:
        """Take back the reviewer's newest action that can be; the event, or None."""
        for event_id in sorted(self.log, reverse=True):
            logged = self.log[event_id]
            if logged.reviewer != reviewer or logged.undone_by is not None or not logged.plan.undoable:
                continue
            back = invert(logged.plan)
            if find_obstacle(back, self.clips, event_id=event_id) is None:
                self.apply(back, events={change.clip_id: change.before_event for change in back.changes})
                logged.undone_by = next(self._ids)
                self.takebacks[logged.undone_by] = LoggedEvent(
                    event_id=logged.undone_by, plans=(back,), undoes=event_id
                )
                self.undone.setdefault(reviewer, []).append(event_id)
                return event_id
        return None

    def redo(self, reviewer: str) -> int | None:
        """Bring back what the reviewer's last undo took back; the event, or None."""
        if not self.undone.get(reviewer):
            return None
        event_id = self.undone[reviewer][-1]
        again = invert(invert(self.log[event_id].plan))
        if find_obstacle(again, self.clips, event_id=None) is not None:
            return None
        self.apply(again, events=dict.fromkeys(again.clip_ids, event_id))
        self.log[event_id].undone_by = None
        redo_id = next(self._ids)
        self.takebacks[redo_id] = LoggedEvent(event_id=redo_id, plans=(again,), redoes=event_id)
        self.undone[reviewer].pop()
        return event_id

    def events(self) -> list[LoggedEvent]:
        """The whole log as the catalog would have it, undos and redos too, in order."""
        actions = {
            event_id: LoggedEvent(event_id=event_id, plans=(logged.plan,), undone_by=logged.undone_by)
            for event_id, logged in self.log.items()
        }
        return [event for _, event in sorted((actions | self.takebacks).items())]

    def proposed(self) -> dict[str, FrameRange]:
        """The clips with which everything began."""
        created = {new.clip_id for logged in self.log.values() for new in logged.plan.creates}
        return {clip.clip_id: clip.frames for clip in self.clips.values() if clip.clip_id not in created}

    def claim_wave(self) -> list[str]:
        """A wave takes everything that is decided and needs work."""
        taken = []
        for clip in self.live:
            goal = {
                ClipState.REVIEW_APPROVED: ClipState.EXPORTING,
                ClipState.REVIEW_ARCHIVED: ClipState.ARCHIVED,
            }.get(clip.condition.state)
            if goal:
                self._become(clip, replace(clip.condition, state=goal), clip.event_id)
                taken.append(clip.clip_id)
        return taken

    def fail(self, clip_id: str) -> None:
        """The export of a clip that is being exported fails."""
        clip = self.clips[clip_id]
        self._become(clip, replace(clip.condition, state=ClipState.EXPORT_FAILED), clip.event_id)

    def apply(self, plan: Plan, *, events: dict[str, int | None]) -> None:
        created = {new.clip_id for new in plan.creates}
        for change in plan.changes:
            if change.clip_id not in created:
                clip = self.clips[change.clip_id]
                assert clip.condition == change.before
                self._become(clip, change.after, events[change.clip_id])
        for new in plan.creates:
            assert new.clip_id not in self.clips
            self._add(new.clip_id, new.frames, event_id=events[new.clip_id])
        assert set(plan.cuts_removed) <= self.cuts
        assert not set(plan.cuts_added) & (self.cuts - set(plan.cuts_removed))
        self.cuts = (self.cuts - set(plan.cuts_removed)) | set(plan.cuts_added)

    def check(self) -> None:
        """Live clips partition the video at exactly its cuts."""
        frames = [f for clip in self.live for f in range(clip.frames.start_frame, clip.frames.end_frame)]
        assert frames == list(range(self.frame_count))
        assert {clip.frames.start_frame for clip in self.live} == self.cuts | {0}

    def picture(self) -> list[tuple[FrameRange, Condition, int | None]]:
        """All that a reviewer could tell apart."""
        return [(clip.frames, clip.condition, clip.event_id) for clip in self.live]

    def _add(self, clip_id: str, frames: FrameRange, *, event_id: int | None) -> None:
        self.clips[clip_id] = ClipRecord(
            clip_id=clip_id,
            video_id="v",
            frames=frames,
            condition=Condition(state=ClipState.PENDING_REVIEW),
            version=1,
            event_id=event_id,
        )

    def _become(self, clip: ClipRecord, after: Condition, event_id: int | None) -> None:
        before = clip.condition.state
        assert before is after.state or after.state in TABLE[before], f"{before} -> {after.state}"
        self.clips[clip.clip_id] = replace(clip, condition=after, version=clip.version + 1, event_id=event_id)


def plan_anything(world: World, action: Action, frame: int, to_frame: int, reviewer: str) -> Plan | None:
    """The plan of an action at a frame, whatever it is; None where the rules refuse it."""
    clip, before = world.clip_at(frame), world.clip_at(max(frame - 1, 0))
    ids = (world.new_id(), world.new_id())
    try:
        match action:
            case Action.ADD_CUT:
                return actions.add_cut(clip, frame, version=clip.version, new_ids=ids)
            case Action.REMOVE_CUT:
                return actions.remove_cut(before, clip, version=clip.version, new_id=ids[0])
            case Action.MOVE_CUT:
                return actions.move_cut(before, clip, to_frame, version=clip.version, new_ids=ids)
            case Action.GROUP:
                second = world.clip_at(to_frame)
                versions = (clip.version, second.version)
                return actions.group(clip, second, versions=versions, group_id=ids[0], reviewer=reviewer)
            case Action.IMPORT_CUTS:
                cuts = tuple(sorted((world.cuts ^ {frame, to_frame}) - {0}))
                new_ids = [world.new_id() for _ in range(len(cuts) + 1)]
                return actions.recut(world.live, cuts, new_ids=new_ids)
            case Action.DETECT:
                return plan_detection(world, {frame, to_frame, (frame + to_frame) // 2})
            case Action.RETRY:
                return actions.retry(clip, version=clip.version, reviewer=reviewer)
            case _:
                return actions.decide(clip, action, version=clip.version, reviewer=reviewer)
    except RefusedError:
        return None


def plan_detection(world: World, proposed: set[int]) -> Plan | None:
    """The plan of cutting anew what nobody has reviewed; None where that changes nothing."""
    found = redetect(
        world.live,
        tuple(sorted(proposed - {0})),
        cut_by_hand=[clip.clip_id for clip in world.live if world.is_cut_by_hand(clip)],
        with_somebody=[],
        min_frames=1,
    )
    if found.changes_nothing:
        return None
    new_ids = [world.new_id() for _ in range(len(found.cuts) + 1)]
    return actions.recut(world.live, found.cuts, new_ids=new_ids, action=Action.DETECT)


def is_settled(clip: ClipRecord) -> bool:
    """Whether the clip has left review."""
    return clip.condition.state not in REVIEWABLE_CLIP_STATES | {ClipState.SUPERSEDED}
