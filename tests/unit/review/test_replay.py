"""Replaying the log tells of every way in which log and catalog can part. The machine's test shows that they agree."""

from dataclasses import replace

import pytest

from heaters.domain.review.plans import Action, ClipRecord
from heaters.domain.review.replay import LoggedEvent, find_differences, replay
from heaters.domain.states import ClipState
from tests.unit.review.review_world import World, plan_anything

STORY = (
    (Action.ADD_CUT, 5, 0), (Action.APPROVE, 2, 0), (Action.SKIP, 7, 0), (Action.MOVE_CUT, 20, 25),
    (Action.APPROVE, 35, 0), (Action.SKIP, 35, 0),
)  # fmt: skip


@pytest.fixture
def world() -> World:
    """A video of 40 frames after six actions, an undo and a redo."""
    world = World(frame_count=40, cuts={10, 20, 30})
    for action, frame, to_frame in STORY:
        plan = plan_anything(world, action, frame, to_frame, "ann")
        assert plan is not None
        world.act(plan, "ann")
    assert world.undo("ann") is not None
    assert world.undo("ann") is not None
    assert world.redo("ann") is not None
    return world


def differences(
    world: World, *, events: list[LoggedEvent] | None = None, kept: list[ClipRecord] | None = None
) -> list[str]:
    events = world.events() if events is None else events
    kept = list(world.clips.values()) if kept is None else kept
    replayed = replay("v", world.proposed(), events)
    return find_differences(replayed, kept=kept, cuts=tuple(world.cuts), events=events, frame_count=40)


def test_a_whole_log_leads_to_the_catalog(world: World) -> None:
    assert differences(world) == []


def test_any_event_that_is_lost_is_told(world: World) -> None:
    events = world.events()
    for at in range(len(events)):
        assert differences(world, events=events[:at] + events[at + 1 :]), events[at]


def test_any_event_that_is_there_twice_is_told(world: World) -> None:
    events = world.events()
    for at in range(len(events)):
        assert differences(world, events=events[: at + 1] + events[at:]), events[at]


def test_a_clip_that_is_lost_is_told(world: World) -> None:
    for clip_id in world.clips:
        kept = [clip for clip in world.clips.values() if clip.clip_id != clip_id]
        assert differences(world, kept=kept)


@pytest.mark.parametrize("state", [ClipState.PENDING_REVIEW, ClipState.EXPORTING, ClipState.ARCHIVED])
def test_a_decision_that_the_log_does_not_have_is_told(world: World, state: ClipState) -> None:
    skipped = next(c for c in world.live if c.condition.state is ClipState.REVIEW_SKIPPED)
    world.clips[skipped.clip_id] = replace(skipped, condition=replace(skipped.condition, state=state))
    assert differences(world)


def test_a_change_that_left_no_event_is_told_by_the_version(world: World) -> None:
    clip = world.live[0]
    world.clips[clip.clip_id] = replace(clip, version=clip.version + 1)
    assert "version" in differences(world)[0]


def test_an_undo_that_is_not_marked_on_its_event_is_told(world: World) -> None:
    events = [replace(event, undone_by=None) for event in world.events()]
    assert differences(world, events=events)


def test_what_a_wave_did_to_a_clip_is_no_difference(world: World) -> None:
    assert world.claim_wave()
    assert differences(world) == []


def test_clips_that_never_covered_the_video_are_told() -> None:
    assert differences(World(frame_count=39, cuts={10})) == [
        "The log's clips do not partition the video's 40 frames."
    ]
