"""Review actions in Postgres: each is one transaction with its line in the log, and can be taken back."""

import psycopg
import pytest

from heaters.catalog.review import actions
from heaters.domain.errors import (
    NotFound,
    StaleVersion,
    TransitionRefused,
)
from heaters.domain.review.plans import Action
from tests.catalog.review.desk import Desk
from tests.catalog.review_videos import (
    live_clips,
    query,
    wait_at_gate,
)


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
