"""Undo and redo in Postgres: each takes back, or brings back, one reviewer's newest action."""

import pytest

from heaters.catalog.connection import Catalog, Connection
from heaters.catalog.review.log import find_action_to_undo
from heaters.domain.errors import (
    ClipClaimed,
    NothingToUndo,
)
from heaters.domain.review.plans import Action
from tests.catalog.review.desk import Desk
from tests.catalog.review_videos import (
    add_video_in_review,
    claim_clip,
    query,
)


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
