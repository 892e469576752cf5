"""Review actions in Postgres: each is one transaction with its line in the log, and can be taken back."""

import uuid
from typing import Any

import psycopg
import pytest

from heaters.catalog.connection import Catalog, Connection
from heaters.catalog.review import actions
from heaters.catalog.review.actions import Outcome
from heaters.catalog.review.log import find_action_to_undo
from heaters.catalog.review.undo import redo, undo
from heaters.domain.errors import (
    ClipClaimed,
    CutRefused,
    NotFound,
    NothingToUndo,
    StaleVersion,
    TransitionRefused,
)
from heaters.domain.review.plans import Action
from tests.catalog.review_videos import (
    add_video_in_review,
    claim_clip,
    live_clips,
    query,
    wait_at_gate,
)


class Desk:
    """One reviewer at work on one video; each call is a transaction of its own."""

    def __init__(self, catalog: Catalog, video_id: str, reviewer: str = "ann") -> None:
        self.catalog, self.video_id, self.reviewer = catalog, video_id, reviewer

    def clip(self, at: int) -> dict[str, Any]:
        return live_clips(self.catalog, self.video_id)[at]

    def decide(self, at: int, action: Action = Action.APPROVE) -> Outcome:
        clip = self.clip(at)
        with self.catalog.transaction() as connection:
            return actions.decide_clip(
                connection,
                clip_id=clip["clip_id"],
                action=action,
                version=clip["version"],
                reviewer=self.reviewer,
            )

    def add_cut(self, frame: int, at: int) -> Outcome:
        with self.catalog.transaction() as connection:
            return actions.add_cut(
                connection,
                video_id=self.video_id,
                frame=frame,
                version=self.clip(at)["version"],
                new_ids=_ids(),
                reviewer=self.reviewer,
            )

    def remove_cut(self, frame: int, at: int) -> Outcome:
        with self.catalog.transaction() as connection:
            return actions.remove_cut(
                connection,
                video_id=self.video_id,
                frame=frame,
                version=self.clip(at)["version"],
                new_id=_ids()[0],
                reviewer=self.reviewer,
            )

    def move_cut(self, frame: int, to_frame: int, at: int) -> Outcome:
        with self.catalog.transaction() as connection:
            return actions.move_cut(
                connection,
                video_id=self.video_id,
                frame=frame,
                to_frame=to_frame,
                version=self.clip(at)["version"],
                new_ids=_ids(),
                reviewer=self.reviewer,
            )

    def undo(self) -> Outcome:
        with self.catalog.transaction() as connection:
            return undo(connection, reviewer=self.reviewer)

    def redo(self) -> Outcome:
        with self.catalog.transaction() as connection:
            return redo(connection, reviewer=self.reviewer)

    def states(self) -> list[str]:
        return [clip["state"].removeprefix("review_") for clip in live_clips(self.catalog, self.video_id)]

    def ranges(self) -> list[tuple[int, int]]:
        return [(c["start_frame"], c["end_frame"]) for c in live_clips(self.catalog, self.video_id)]

    def cuts(self) -> list[int]:
        rows = query(self.catalog, "SELECT frame FROM cuts WHERE video_id = %s ORDER BY frame", self.video_id)
        return [row["frame"] for row in rows]


def _ids() -> tuple[str, str]:
    return str(uuid.uuid4()), str(uuid.uuid4())


@pytest.fixture
def desk(catalog: Catalog) -> Desk:
    return Desk(catalog, add_video_in_review(catalog))


def test_a_decision_changes_the_clip_and_is_logged_with_what_undoes_it(desk: Desk) -> None:
    outcome = desk.decide(0, Action.SKIP)
    clip = desk.clip(0)
    assert (clip["state"], clip["decided_by"], clip["version"]) == ("review_skipped", "ann", 2)
    (event,) = query(desk.catalog, "SELECT * FROM review_events")
    assert (event["event_id"], event["reviewer"], event["action"]) == (outcome.event_id, "ann", "skip")
    assert event["clip_ids"] == [clip["clip_id"]]
    (done,), (back,) = event["changes"], event["inverse"]
    assert done["changes"][0]["after"] == back["changes"][0]["before"]
    assert back["changes"][0]["after"]["state"] == "pending_review"


def test_a_refused_action_leaves_no_trace(desk: Desk) -> None:
    desk.decide(0)
    before = live_clips(desk.catalog, desk.video_id)
    with pytest.raises(TransitionRefused, match="approved already"):
        desk.decide(0)
    with desk.catalog.transaction() as connection, pytest.raises(StaleVersion):
        actions.decide_clip(
            connection, clip_id=before[0]["clip_id"], action=Action.SKIP, version=1, reviewer="ben"
        )
    assert live_clips(desk.catalog, desk.video_id) == before
    assert len(query(desk.catalog, "SELECT FROM review_events")) == 1


def test_a_clip_that_is_not_there_is_not_found(desk: Desk) -> None:
    with desk.catalog.transaction() as connection, pytest.raises(NotFound):
        actions.decide_clip(connection, clip_id="no", action=Action.SKIP, version=1, reviewer="ann")


def test_undo_takes_back_the_newest_action_first_whatever_clip_it_was_on(desk: Desk) -> None:
    desk.decide(2, Action.SKIP)
    desk.decide(0)
    desk.decide(2, Action.ARCHIVE)
    seen = [desk.states()]
    for _ in range(3):
        desk.undo()
        seen.append(desk.states())
    assert seen == [
        ["approved", "pending_review", "archived"],
        ["approved", "pending_review", "skipped"],
        ["pending_review", "pending_review", "skipped"],
        ["pending_review"] * 3,
    ]
    with pytest.raises(NothingToUndo, match="no action left"):
        desk.undo()


def test_undo_reaches_across_videos(desk: Desk) -> None:
    other = Desk(desk.catalog, add_video_in_review(desk.catalog))
    desk.decide(0)
    other.decide(1)
    assert other.undo().clip_ids == (other.clip(1)["clip_id"],)
    assert other.undo().clip_ids == (desk.clip(0)["clip_id"],)


def test_undo_looks_at_no_older_action_once_it_has_found_one(catalog: Catalog) -> None:
    """However many decisions of the reviewer's still stand."""
    desk = Desk(catalog, add_video_in_review(catalog, cuts=range(1, 150), frame_count=150))
    for at in range(150):
        desk.decide(at, Action.SKIP)
    with catalog.transaction() as connection:
        before = _looks_at_clips(connection)
        assert find_action_to_undo(connection, desk.reviewer) is not None
        assert _looks_at_clips(connection) - before < 5


def _looks_at_clips(connection: Connection) -> int:
    """How often this connection has read the table, by an index or whole, as far as it has not reported it yet."""
    row = connection.execute(
        "SELECT idx_scan + seq_scan AS n FROM pg_stat_xact_user_tables WHERE relname = 'clips'"
    ).fetchone()
    assert row is not None
    return int(row["n"])


def test_undo_takes_back_nobody_elses_action(desk: Desk) -> None:
    desk.decide(0)
    ben = Desk(desk.catalog, desk.video_id, "ben")
    with pytest.raises(NothingToUndo):
        ben.undo()
    assert desk.states()[0] == "approved"


def test_undo_passes_over_a_clip_that_somebody_changed_since(desk: Desk) -> None:
    desk.decide(1)
    desk.decide(0)
    Desk(desk.catalog, desk.video_id, "ben").decide(0, Action.SKIP)
    assert desk.undo().clip_ids == (desk.clip(1)["clip_id"],)
    assert desk.states() == ["skipped", "pending_review", "pending_review"]
    with pytest.raises(NothingToUndo, match="has been changed since"):
        desk.undo()


def test_undo_says_which_clip_is_claimed_and_since_when_once_a_wave_claimed_the_clip(desk: Desk) -> None:
    desk.decide(0)
    claim_clip(desk.catalog, desk.clip(0)["clip_id"])
    (wave,) = query(desk.catalog, "SELECT claimed_at FROM waves")
    with pytest.raises(
        NothingToUndo, match=f"left review with a wave at {wave['claimed_at']:%Y-%m-%d}"
    ) as late:
        desk.undo()
    assert desk.clip(0)["clip_id"] in late.value.message
    assert late.value.details["clip_id"] == desk.clip(0)["clip_id"]
    assert late.value.details["claimed_at"] == wave["claimed_at"].isoformat()
    with pytest.raises(ClipClaimed):
        desk.decide(0, Action.SKIP)


def test_an_undone_decision_begins_a_new_undo_window_for_the_one_before(desk: Desk) -> None:
    desk.decide(0)
    first = desk.clip(0)["decided_at"]
    desk.decide(0, Action.SKIP)
    desk.undo()
    assert desk.states()[0] == "approved"
    assert desk.clip(0)["decided_at"] > first
    desk.undo()
    assert desk.clip(0)["decided_at"] is None


def test_redo_brings_back_what_undo_took_in_the_order_it_was_done(desk: Desk) -> None:
    desk.decide(0)
    desk.decide(1, Action.SKIP)
    desk.undo()
    desk.undo()
    desk.redo()
    assert desk.states() == ["approved", "pending_review", "pending_review"]
    desk.redo()
    assert desk.states() == ["approved", "skipped", "pending_review"]
    with pytest.raises(NothingToUndo):
        desk.redo()
    desk.undo()
    assert desk.states() == ["approved", "pending_review", "pending_review"]


def test_a_new_action_ends_what_can_be_redone(desk: Desk) -> None:
    desk.decide(0)
    desk.undo()
    desk.decide(1)
    with pytest.raises(NothingToUndo, match="right after an undo"):
        desk.redo()


def test_redo_is_refused_once_somebody_else_decided(desk: Desk) -> None:
    desk.decide(0)
    desk.undo()
    Desk(desk.catalog, desk.video_id, "ben").decide(0, Action.SKIP)
    with pytest.raises(NothingToUndo, match="changed since"):
        desk.redo()


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


def test_two_clips_are_grouped_and_ungrouped_by_undo(desk: Desk) -> None:
    first, second = desk.clip(0), desk.clip(1)
    with desk.catalog.transaction() as connection:
        actions.group_clips(
            connection,
            clip_ids=(second["clip_id"], first["clip_id"]),
            versions=(1, 1),
            group_id="g",
            reviewer="ann",
        )
    assert desk.states() == ["approved", "approved", "pending_review"]
    assert [desk.clip(at)["group_id"] for at in range(3)] == ["g", "g", None]
    desk.undo()
    assert [desk.clip(at)["group_id"] for at in range(3)] == [None] * 3


def test_the_decision_that_fills_the_gate_releases_it(desk: Desk) -> None:
    gate = wait_at_gate(desk.catalog, desk.video_id, release_size=2)
    assert desk.decide(0).gates == ()
    assert desk.decide(1, Action.SKIP).gates == ()
    (released,) = desk.decide(1).gates
    assert (released.token, released.reason) == (gate.token, "enough_decided")


def test_the_last_decision_releases_the_gate(desk: Desk) -> None:
    wait_at_gate(desk.catalog, desk.video_id)
    assert [desk.decide(at, Action.SKIP).gates for at in (0, 1)] == [(), ()]
    (released,) = desk.decide(2, Action.SKIP).gates
    assert released.reason == "all_decided"


def test_a_release_that_is_asked_for_is_logged_once(desk: Desk) -> None:
    wait_at_gate(desk.catalog, desk.video_id)
    with desk.catalog.transaction() as connection:
        gate = actions.ask_release(connection, video_id=desk.video_id, reviewer="ann")
        assert gate is not None
        assert gate.reason == "asked"
        assert actions.ask_release(connection, video_id=desk.video_id, reviewer="ann") is None
    (event,) = query(desk.catalog, "SELECT * FROM review_events")
    assert (event["action"], event["video_ids"], event["undoable"]) == ("release", [desk.video_id], False)


def test_a_rolled_back_decision_releases_nothing(desk: Desk) -> None:
    wait_at_gate(desk.catalog, desk.video_id, release_size=1)
    clip = desk.clip(0)
    with desk.catalog.transaction() as connection:
        actions.decide_clip(
            connection, clip_id=clip["clip_id"], action=Action.APPROVE, version=1, reviewer="ann"
        )
        raise psycopg.Rollback
    assert query(desk.catalog, "SELECT state FROM review_gates") == [{"state": "open"}]
    assert desk.states()[0] == "pending_review"
