"""Gates: released by the decision that fills them, resumed after the commit, never missed and never twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from functions import open_gate, record_failure
from functions.support import runtime
from heaters.catalog.connection import Catalog, CatalogSettings, Connection
from heaters.catalog.review.gates import Gate, release_if_due
from heaters.catalog.review.gates import open_gate as store_gate
from heaters.catalog.videos import lock_video
from heaters.domain.errors import TransitionRefused
from heaters.domain.review.gates import ReleaseReason
from heaters.domain.states import GateState
from heaters.intake.executions import resume_gate
from tests.catalog.stages import pipeline as at
from tests.catalog.stages.pipeline import VIDEO, call
from tests.catalog.step_functions import FakeStepFunctions

_DECIDE = "UPDATE clips SET state = 'review_skipped', decided_at = now() WHERE clip_id = %s"


def _gates(connection: Connection) -> list[tuple[str, str | None]]:
    rows = connection.execute("SELECT state, reason FROM review_gates ORDER BY gate_id")
    return [(row["state"], row["reason"]) for row in rows]


def _ids() -> list[str]:
    return [clip["clip_id"] for clip in at.clips()]


def _review(clip_id: str) -> Gate | None:
    """What an action of the API does: lock, decide, release, all in one transaction."""
    with runtime.catalog().transaction() as connection:
        lock_video(connection, VIDEO)
        connection.execute(_DECIDE, (clip_id,))
        return release_if_due(connection, video_id=VIDEO)


def test_a_gate_waits_until_the_last_clip_is_decided(
    surroundings: FakeStepFunctions, connection: Connection
) -> None:
    at.bring_to_review()
    token = at.wait_at_gate()
    one, two, three = _ids()
    assert _review(one) is None
    assert _review(two) is None
    gate = _review(three)
    assert gate is not None
    assert gate.reason is ReleaseReason.ALL_DECIDED
    assert surroundings.resumed == [], "Step Functions is told after the commit"
    assert resume_gate(surroundings, runtime.catalog(), gate) is GateState.RESUMED
    assert surroundings.resumed == [(token, {"reason": "all_decided"})]
    assert _gates(connection) == [("resumed", "all_decided")]


def test_enough_decided_clips_release_the_gate(surroundings: FakeStepFunctions) -> None:
    assert surroundings.resumed == []
    at.bring_to_review()
    at.wait_at_gate(release_size=2)
    at.decide("review_approved", *_ids()[:2])
    with runtime.catalog().transaction() as connection:
        gate = release_if_due(connection, video_id=VIDEO)
    assert gate is not None
    assert gate.reason is ReleaseReason.ENOUGH_DECIDED


@pytest.mark.usefixtures("surroundings")
def test_a_reviewer_may_ask_and_the_gate_is_released_once() -> None:
    at.bring_to_review()
    at.wait_at_gate()
    with runtime.catalog().transaction() as connection:
        gate = release_if_due(connection, video_id=VIDEO, asked=True, released_by="ann")
        assert gate is not None
        assert release_if_due(connection, video_id=VIDEO, asked=True) is None


def test_a_gate_with_nothing_to_wait_for_goes_on_at_once(
    surroundings: FakeStepFunctions, connection: Connection
) -> None:
    at.bring_to_review()
    at.decide("review_skipped", *_ids())
    token = at.wait_at_gate()
    assert surroundings.resumed == [(token, {"reason": "all_decided"})]
    assert _gates(connection) == [("resumed", "all_decided")]


def test_a_token_that_nobody_waits_for_makes_the_gate_gone(
    surroundings: FakeStepFunctions, connection: Connection
) -> None:
    surroundings.waiting = set()
    at.bring_to_review()
    at.decide("review_skipped", *_ids())
    at.wait_at_gate()
    assert _gates(connection) == [("gone", "all_decided")]


@pytest.mark.usefixtures("surroundings")
def test_the_same_token_twice_is_one_gate(connection: Connection) -> None:
    at.bring_to_review()
    event = {"video_id": VIDEO, "attempt": 1, "token": "t", "release_size": 25}
    assert call(open_gate, **event) == call(open_gate, **event)
    assert _gates(connection) == [("open", None)]


@pytest.mark.usefixtures("surroundings")
def test_the_gate_of_a_replaced_attempt_is_gone_and_it_opens_no_more(connection: Connection) -> None:
    at.bring_to_review()
    at.wait_at_gate(attempt=1)
    at.begin(attempt=2)
    at.wait_at_gate(attempt=2)
    assert _gates(connection) == [("gone", None), ("open", None)]
    with pytest.raises(TransitionRefused, match="attempt 1 cannot wait"):
        at.wait_at_gate(attempt=1)


@pytest.mark.usefixtures("surroundings")
def test_nobody_waits_at_the_gate_of_an_execution_that_ended(connection: Connection) -> None:
    at.bring_to_review()
    at.wait_at_gate()
    call(record_failure, detail={"name": f"{VIDEO}-1", "status": "ABORTED"})
    assert _gates(connection) == [("gone", None)]


@pytest.mark.usefixtures("surroundings")
def test_a_failure_told_late_leaves_the_gate_of_the_redriven_execution_open(connection: Connection) -> None:
    """An operator redrove the execution, which came to its gate, before the event of its failure arrived."""
    at.bring_to_review()
    failed_ms = int(datetime.now(UTC).timestamp() * 1000) - 1
    at.wait_at_gate()
    detail = {"name": f"{VIDEO}-1", "status": "FAILED", "error": "CatalogUnavailable", "stopDate": failed_ms}
    assert call(record_failure, detail=detail) == {"recorded": False}
    assert _gates(connection) == [("open", None)]
    assert at.video_row()["error_name"] is None
    call(record_failure, detail=detail | {"stopDate": failed_ms + 60_000})
    assert _gates(connection) == [("gone", None)]


def test_a_wave_that_a_dead_attempt_left_does_not_wait_for_reviewers(
    surroundings: FakeStepFunctions, connection: Connection
) -> None:
    """Its clips are claimed: nobody can decide anything about them any more."""
    at.bring_to_review()
    at.decide("review_approved", _ids()[0])
    wave = at.collect()
    at.begin(attempt=2)
    token = at.wait_at_gate(attempt=2)
    assert surroundings.resumed == [(token, {"reason": "enough_decided"})]
    assert at.collect() == wave
    at.process(_ids()[0])
    at.embed(wave["wave_id"])
    at.archive()
    at.wait_at_gate(attempt=2)
    assert _gates(connection) == [("resumed", "enough_decided"), ("open", None)]


@pytest.mark.usefixtures("surroundings")
def test_two_last_decisions_at_once_release_the_gate_exactly_once(settings: CatalogSettings) -> None:
    """Each transaction on its own connection, both begun before either commits."""
    at.bring_to_review(cuts=(40,))
    at.wait_at_gate()
    together = threading.Barrier(2)

    def review(clip_id: str) -> Gate | None:
        own = Catalog(settings)
        try:
            with own.transaction() as connection:
                together.wait(timeout=10)
                connection.execute(_DECIDE, (clip_id,))
                return release_if_due(connection, video_id=VIDEO)
        finally:
            own.close()

    with ThreadPoolExecutor(2) as pool:
        released = [gate for gate in pool.map(review, _ids()) if gate is not None]
    assert len(released) == 1


@pytest.mark.usefixtures("surroundings")
def test_a_gate_that_opens_during_the_last_decision_is_not_missed(
    settings: CatalogSettings, connection: Connection
) -> None:
    """The decision holds the video's lock when the gate opens, and sees no gate; the gate then sees the decision."""
    at.bring_to_review(cuts=())
    (clip_id,) = _ids()
    opening = Catalog(settings)

    def open_it() -> Gate:
        with opening.transaction() as own:
            return store_gate(own, video_id=VIDEO, attempt=1, token="t", release_size=25)

    with ThreadPoolExecutor(1) as pool:
        with runtime.catalog().transaction() as deciding:
            lock_video(deciding, VIDEO)
            deciding.execute(_DECIDE, (clip_id,))
            assert release_if_due(deciding, video_id=VIDEO) is None
            opened = pool.submit(open_it)
            _wait_for_a_lock(connection)
        assert opened.result(timeout=10).reason is ReleaseReason.ALL_DECIDED
    opening.close()


def _wait_for_a_lock(connection: Connection) -> None:
    """Until some session waits for a lock that another one holds; lock_timeout ends the test otherwise."""
    waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    while connection.execute(waiting).fetchone() is None:
        pass
