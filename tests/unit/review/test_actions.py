"""Review actions one by one: what each plans, and how each refuses."""

from dataclasses import replace

import pytest

from heaters.domain.errors import ClipClaimed, CutRefused, StaleVersion, TransitionRefused
from heaters.domain.review import actions
from heaters.domain.review.plans import (
    DECISIONS,
    Action,
    ClipRecord,
    Condition,
    NewClip,
    find_obstacle,
    invert,
)
from heaters.domain.states import REVIEWABLE_CLIP_STATES, ClipState
from heaters.domain.timebase import FrameRange
from heaters.domain.transitions import FAILED_CLIP_STATES, IN_WAVE_CLIP_STATES

PENDING = Condition(state=ClipState.PENDING_REVIEW)


def _clip(clip_id: str = "a", start: int = 0, end: int = 10, state: str = "pending_review") -> ClipRecord:
    return ClipRecord(
        clip_id=clip_id,
        video_id="v",
        frames=FrameRange(start_frame=start, end_frame=end),
        condition=Condition(state=ClipState(state)),
        version=3,
    )


@pytest.mark.parametrize("action", DECISIONS)
@pytest.mark.parametrize("state", sorted(REVIEWABLE_CLIP_STATES))
def test_a_decision_can_replace_any_other(action: Action, state: ClipState) -> None:
    clip = _clip(state=state)
    if DECISIONS[action] is state:
        with pytest.raises(TransitionRefused, match="already; nothing was changed"):
            actions.decide(clip, action, version=3, reviewer="ann")
    else:
        (change,) = actions.decide(clip, action, version=3, reviewer="ann").changes
        assert change.before == clip.condition
        assert change.after == Condition(state=DECISIONS[action], decided_by="ann")


@pytest.mark.parametrize("version", [2, 4])
def test_a_decision_on_another_version_is_refused_with_the_present_one(version: int) -> None:
    with pytest.raises(StaleVersion) as caught:
        actions.decide(_clip(), Action.SKIP, version=version, reviewer="ann")
    assert caught.value.details == {"clip_id": "a", "version": 3}


@pytest.mark.parametrize(
    "state", sorted(IN_WAVE_CLIP_STATES | FAILED_CLIP_STATES | {ClipState.EMBEDDED, ClipState.ARCHIVED})
)
def test_a_clip_that_left_review_is_claimed_whatever_is_asked(state: ClipState) -> None:
    clip, other = _clip(state=state), _clip("b", 10, 20)
    with pytest.raises(ClipClaimed):
        actions.decide(clip, Action.SKIP, version=3, reviewer="ann")
    with pytest.raises(ClipClaimed):
        actions.add_cut(clip, 5, version=3, new_ids=("x", "y"))
    with pytest.raises(ClipClaimed):
        actions.remove_cut(clip, other, version=3, new_id="x")
    with pytest.raises(ClipClaimed):
        actions.move_cut(clip, other, 5, version=3, new_ids=("x", "y"))
    with pytest.raises(ClipClaimed):
        actions.group(clip, other, versions=(3, 3), group_id="g", reviewer="ann")


def test_a_superseded_clip_takes_no_decision() -> None:
    with pytest.raises(TransitionRefused, match="read the video's clips again"):
        actions.decide(_clip(state="superseded"), Action.SKIP, version=3, reviewer="ann")


def test_adding_a_cut_supersedes_the_clip_and_makes_two_pending_ones() -> None:
    plan = actions.add_cut(_clip(state="review_approved"), 4, version=3, new_ids=("x", "y"))
    assert plan.creates == (
        NewClip(clip_id="x", frames=FrameRange(start_frame=0, end_frame=4)),
        NewClip(clip_id="y", frames=FrameRange(start_frame=4, end_frame=10)),
    )
    assert [(change.clip_id, change.after.state) for change in plan.changes] == [
        ("a", ClipState.SUPERSEDED),
        ("x", ClipState.PENDING_REVIEW),
        ("y", ClipState.PENDING_REVIEW),
    ]
    assert (plan.cuts_added, plan.cuts_removed) == ((4,), ())


@pytest.mark.parametrize("frame", [-1, 0, 10, 11])
def test_a_cut_at_the_edge_of_a_clip_is_refused(frame: int) -> None:
    with pytest.raises(CutRefused, match="at frames 1 to 9"):
        actions.add_cut(_clip(), frame, version=3, new_ids=("x", "y"))


def test_removing_a_cut_merges_its_two_clips() -> None:
    plan = actions.remove_cut(_clip(), _clip("b", 10, 20), version=3, new_id="x")
    assert plan.creates == (NewClip(clip_id="x", frames=FrameRange(start_frame=0, end_frame=20)),)
    assert (plan.cuts_added, plan.cuts_removed) == ((), (10,))


def test_only_neighbours_can_be_merged() -> None:
    with pytest.raises(CutRefused, match="not neighbours"):
        actions.remove_cut(_clip(), _clip("b", 11, 20), version=3, new_id="x")


def test_a_cut_moves_between_its_neighbours() -> None:
    plan = actions.move_cut(_clip(), _clip("b", 10, 20), 13, version=3, new_ids=("x", "y"))
    assert [new.frames for new in plan.creates] == [
        FrameRange(start_frame=0, end_frame=13),
        FrameRange(start_frame=13, end_frame=20),
    ]
    assert (plan.cuts_added, plan.cuts_removed) == ((13,), (10,))
    for frame in (0, 10, 20):
        with pytest.raises(CutRefused, match="frames 1 to 19"):
            actions.move_cut(_clip(), _clip("b", 10, 20), frame, version=3, new_ids=("x", "y"))


def test_grouping_approves_both_clips_under_one_group() -> None:
    plan = actions.group(_clip(), _clip("b", 10, 20), versions=(3, 3), group_id="g", reviewer="ann")
    assert {change.after for change in plan.changes} == {
        Condition(state=ClipState.REVIEW_APPROVED, group_id="g", decided_by="ann")
    }


def test_a_clip_joins_the_group_that_the_other_is_in() -> None:
    grouped = Condition(state=ClipState.REVIEW_APPROVED, group_id="old", decided_by="ben")
    first = replace(_clip(), condition=grouped)
    (change,) = actions.group(first, _clip("b"), versions=(3, 3), group_id="g", reviewer="ann").changes
    assert (change.clip_id, change.after.group_id) == ("b", "old")
    second = replace(_clip("b"), condition=grouped)
    with pytest.raises(TransitionRefused, match="grouped already"):
        actions.group(first, second, versions=(3, 3), group_id="g", reviewer="ann")


def test_a_clip_cannot_be_grouped_with_itself_or_with_another_video() -> None:
    for second in (_clip(), replace(_clip("b"), video_id="w")):
        with pytest.raises(TransitionRefused):
            actions.group(_clip(), second, versions=(3, 3), group_id="g", reviewer="ann")


@pytest.mark.parametrize("state", sorted(ClipState))
def test_only_a_failed_clip_can_be_retried(state: ClipState) -> None:
    if state in FAILED_CLIP_STATES:
        plan = actions.retry(_clip(state=state), version=3, reviewer="ann")
        assert plan.changes[0].after.state is ClipState.REVIEW_APPROVED
        assert not plan.undoable
    else:
        with pytest.raises(TransitionRefused, match="only a failed clip"):
            actions.retry(_clip(state=state), version=3, reviewer="ann")


def test_the_inverse_of_the_inverse_does_the_same_to_clips_that_exist_by_now() -> None:
    plan = actions.add_cut(_clip(), 4, version=3, new_ids=("x", "y"))
    assert invert(invert(plan)) == replace(plan, creates=())


def test_an_action_cannot_be_undone_once_somebody_else_acted_on_the_clip() -> None:
    """Even where the clip looks as before: approved, skipped by another, and approved again."""
    plan = actions.decide(_clip(), Action.APPROVE, version=3, reviewer="ann")
    now = replace(_clip(), condition=plan.changes[0].after, event_id=9)
    assert find_obstacle(invert(plan), {"a": now}, event_id=9) is None
    assert isinstance(find_obstacle(invert(plan), {"a": now}, event_id=8), TransitionRefused)


def test_an_action_cannot_be_undone_once_a_wave_claimed_the_clip() -> None:
    plan = actions.decide(_clip(), Action.APPROVE, version=3, reviewer="ann")
    claimed = replace(_clip(state="exporting"), event_id=9)
    assert isinstance(find_obstacle(invert(plan), {"a": claimed}, event_id=9), ClipClaimed)
