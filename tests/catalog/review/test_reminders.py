"""Executions that wait for very long: people are told every thirty days, and no execution grows too old to wait."""

from datetime import UTC, datetime, timedelta

import pytest

from functions import complete_video, sweep
from heaters.catalog.connection import Connection
from heaters.domain.review.gates import HAND_OVER_AFTER
from heaters.domain.settings import REMIND_AFTER_S
from tests.catalog.stages import pipeline as at
from tests.catalog.stages.pipeline import VIDEO, call
from tests.catalog.step_functions import FakeStepFunctions

FIRST, SECOND = f"{VIDEO}-1", f"{VIDEO}-2"


@pytest.fixture
def waiting(surroundings: FakeStepFunctions) -> FakeStepFunctions:
    """A video of three clips whose execution waits for reviewers."""
    at.bring_to_review()
    surroundings.statuses[FIRST] = {"status": "RUNNING"}
    return surroundings


def _sweep() -> dict[str, int]:
    return {kind: count for kind, count in call(sweep).items() if count}


def _pass_days(connection: Connection, days: float) -> None:
    """Let everything have happened so many days earlier."""
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        for statement in (
            "UPDATE clips SET updated_at = updated_at - %s",
            "UPDATE review_gates SET opened_at = opened_at - %s",
            "UPDATE source_videos SET reminded_at = reminded_at - %s",
        ):
            connection.execute(statement, (timedelta(days=days),))


def _gates(connection: Connection) -> list[tuple[str, str | None]]:
    rows = connection.execute("SELECT state, reason FROM review_gates ORDER BY gate_id")
    return [(row["state"], row["reason"]) for row in rows]


def test_thirty_days_without_review_end_in_a_reminder_and_the_gate_opens_again(
    waiting: FakeStepFunctions, connection: Connection
) -> None:
    """The execution is told what to say; then it comes back with a new token."""
    assert timedelta(seconds=REMIND_AFTER_S) == timedelta(days=30)
    token = at.wait_at_gate()
    _pass_days(connection, 29.9)
    assert _sweep() == {}
    _pass_days(connection, 0.1)
    assert _sweep() == {"reminded": 1}
    ((told, output),) = waiting.resumed
    since = output["reminder"].pop("waiting_since")
    assert timedelta(days=30) <= datetime.now(UTC) - datetime.fromisoformat(since) < timedelta(days=31)
    assert (told, output) == (
        token,
        {"reason": "reminder", "reminder": {"video_id": VIDEO, "title": "raw.mp4", "clip_count": 3}},
    )
    at.wait_at_gate()
    assert _gates(connection) == [("resumed", "reminder"), ("open", None)]
    assert at.video_row()["reminded_at"] is not None


@pytest.mark.usefixtures("waiting")
def test_a_reminder_comes_once_in_thirty_days(connection: Connection) -> None:
    """And again after the next thirty."""
    at.wait_at_gate()
    _pass_days(connection, 31)
    assert _sweep() == {"reminded": 1}
    at.wait_at_gate()
    assert _sweep() == {}
    _pass_days(connection, 29)
    assert _sweep() == {}
    _pass_days(connection, 1)
    assert _sweep() == {"reminded": 1}


@pytest.mark.usefixtures("waiting")
def test_a_video_that_somebody_reviewed_lately_needs_no_reminder(connection: Connection) -> None:
    """However long its gate has been open."""
    at.wait_at_gate()
    _pass_days(connection, 100)
    at.decide("review_skipped", at.clips()[0]["clip_id"])
    assert _sweep() == {}


def test_a_reminder_that_was_lost_is_sent_by_the_next_sweep(
    waiting: FakeStepFunctions, connection: Connection
) -> None:
    """Step Functions was down after the commit."""
    at.wait_at_gate()
    _pass_days(connection, 31)
    waiting.is_down = True
    assert _sweep() == {}
    waiting.is_down = False
    connection.execute("UPDATE review_gates SET released_at = released_at - interval '1 minute'")
    assert _sweep() == {"resumed": 1}
    assert [output["reminder"]["clip_count"] for _, output in waiting.resumed] == [3]


def test_a_last_decision_during_a_reminder_is_not_missed(
    waiting: FakeStepFunctions, connection: Connection
) -> None:
    """It finds no open gate; the gate that opens again finds it."""
    at.wait_at_gate()
    _pass_days(connection, 31)
    _sweep()
    at.decide("review_skipped", *(clip["clip_id"] for clip in at.clips()))
    token = at.wait_at_gate()
    assert waiting.resumed[1:] == [(token, {"reason": "all_decided"})]
    assert _gates(connection) == [("resumed", "reminder"), ("resumed", "all_decided")]


def _grow_old(waiting: FakeStepFunctions) -> None:
    waiting.statuses[FIRST]["startDate"] = datetime.now(UTC) - HAND_OVER_AFTER


def test_an_execution_that_grew_old_at_its_gate_hands_over_to_the_next_attempt(
    waiting: FakeStepFunctions, connection: Connection
) -> None:
    """Nothing fails, and the next one waits at a gate of its own."""
    token = at.wait_at_gate()
    assert _sweep() == {}
    _grow_old(waiting)
    assert _sweep() == {"handed_over": 1}
    assert waiting.resumed == [(token, {"reason": "handed_over"})]
    assert [started["name"] for started in waiting.started] == [SECOND]
    call(complete_video, video_id=VIDEO, attempt=1)
    assert at.video_row()["state"] == "in_review", "what an old attempt says does not count"
    assert at.begin(attempt=2)["next"] == "review"
    at.wait_at_gate(attempt=2)
    assert _gates(connection) == [("resumed", "handed_over"), ("open", None)]


def test_an_old_execution_that_is_at_work_is_left_alone(
    waiting: FakeStepFunctions, connection: Connection
) -> None:
    """It hands over once it is back at its gate."""
    _grow_old(waiting)
    assert _sweep() == {}
    assert waiting.started == []
    assert _gates(connection) == []


def test_a_hand_over_that_dies_half_way_is_finished_by_the_next_sweep(
    waiting: FakeStepFunctions, connection: Connection
) -> None:
    """The old execution was told and ended; nobody had started the next one."""
    at.wait_at_gate()
    _grow_old(waiting)
    waiting.is_down = True
    call(sweep)
    waiting.is_down = False
    connection.execute("UPDATE review_gates SET released_at = released_at - interval '1 minute'")
    assert _sweep() == {"resumed": 1}
    call(complete_video, video_id=VIDEO, attempt=1)
    waiting.statuses[FIRST] = {"status": "SUCCEEDED"}
    assert _sweep() == {"videos": 1}
    assert [started["name"] for started in waiting.started] == [SECOND]


def _close_gate(connection: Connection, state: str) -> None:
    """Two hours ago."""
    connection.execute(
        """
        UPDATE review_gates SET state = %(state)s, reason = 'asked', released_at = now() - interval '2 hours',
            closed_at = now() - interval '2 hours'
        """,
        {"state": state},
    )


def test_an_execution_that_waits_for_a_lost_token_is_replaced(
    waiting: FakeStepFunctions, connection: Connection
) -> None:
    """It runs, clips wait, and nobody can tell it to go on."""
    at.wait_at_gate()
    _close_gate(connection, "gone")
    assert _sweep() == {"videos": 1}
    assert [started["name"] for started in waiting.started] == [SECOND]


def test_an_execution_that_is_at_work_on_a_wave_is_not_replaced(
    waiting: FakeStepFunctions, connection: Connection
) -> None:
    """However long the wave takes, and not right after it either."""
    at.wait_at_gate()
    (one, *_) = (clip["clip_id"] for clip in at.clips())
    at.decide("review_approved", one)
    wave = at.collect()
    connection.execute("UPDATE review_gates SET state = 'released', reason = 'asked', released_at = now()")
    _close_gate(connection, "resumed")
    connection.execute("UPDATE waves SET claimed_at = now() - interval '2 hours'")
    assert _sweep() == {}
    at.process(one)
    at.embed(wave["wave_id"])
    at.archive()
    assert _sweep() == {}
    connection.execute("UPDATE waves SET finished_at = now() - interval '2 hours'")
    assert _sweep() == {"videos": 1}
    assert len(waiting.started) == 1
