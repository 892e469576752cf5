"""Changes of cuts in Postgres: the clips stay a partition, and what stands on them is never pulled away."""

import pytest

from heaters.domain.errors import (
    ClipClaimed,
    CutRefused,
    NotFound,
    NothingToUndo,
)
from tests.catalog.review.desk import Desk
from tests.catalog.review_videos import (
    claim_clip,
    live_clips,
)


def test_a_cut_is_added_moved_removed_and_all_of_it_undone(desk: Desk) -> None:
    before = live_clips(desk.catalog, desk.video_id)
    desk.decide(1)
    desk.add_cut(50, at=1)
    assert (desk.ranges(), desk.cuts()) == ([(0, 40), (40, 50), (50, 70), (70, 100)], [40, 50, 70])
    assert desk.states() == ["pending_review"] * 4
    desk.move_cut(50, 60, at=2)
    assert (desk.ranges(), desk.cuts()) == ([(0, 40), (40, 60), (60, 70), (70, 100)], [40, 60, 70])
    desk.remove_cut(40, at=1)
    assert (desk.ranges(), desk.cuts()) == ([(0, 60), (60, 70), (70, 100)], [60, 70])
    for _ in range(3):
        desk.undo()
    assert desk.states() == ["pending_review", "approved", "pending_review"]
    desk.undo()
    assert [c["clip_id"] for c in live_clips(desk.catalog, desk.video_id)] == [c["clip_id"] for c in before]
    for _ in range(4):
        desk.redo()
    assert (desk.ranges(), desk.cuts()) == ([(0, 60), (60, 70), (70, 100)], [60, 70])


def test_a_change_of_cuts_is_not_undone_under_a_decision_that_stands_on_it(desk: Desk) -> None:
    desk.add_cut(20, at=0)
    Desk(desk.catalog, desk.video_id, "ben").decide(0)
    with pytest.raises(NothingToUndo):
        desk.undo()
    assert desk.cuts() == [20, 40, 70]


@pytest.mark.parametrize("frame", [0, 39, 41, 99])
def test_a_cut_that_is_not_there_cannot_be_removed(desk: Desk, frame: int) -> None:
    with pytest.raises(CutRefused, match="no cut at frame"):
        desk.remove_cut(frame, at=0)


def test_a_frame_outside_the_video_has_no_clip(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.add_cut(100, at=0)


def test_a_cut_at_a_claimed_clip_stays(desk: Desk) -> None:
    desk.decide(0)
    claim_clip(desk.catalog, desk.clip(0)["clip_id"])
    with pytest.raises(ClipClaimed):
        desk.remove_cut(40, at=1)
    with pytest.raises(ClipClaimed):
        desk.add_cut(20, at=0)
