"""The sweeper: what was lost is found, and what is well is left alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions import begin_stage, complete_video, fail_stage, sweep
from functions.support import runtime
from heaters.catalog.connection import Connection
from heaters.catalog.review.gates import release_if_due
from heaters.domain.errors import StorageUnavailable
from heaters.domain.jobs import ObjectRef
from heaters.domain.sweeping import MAX_ATTEMPTS
from tests.catalog.stages import pipeline as at
from tests.catalog.stages.pipeline import VIDEO, call
from tests.catalog.step_functions import FakeStepFunctions

FIRST, SECOND = f"{VIDEO}-1", f"{VIDEO}-2"


def _sweep(**event: str) -> dict[str, int]:
    """What was put right, by kind."""
    done = call(sweep, **event)
    return {kind: count for kind, count in done.items() if count}


def _age(connection: Connection) -> None:
    """Let everything have happened an hour ago."""
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("UPDATE source_videos SET updated_at = updated_at - interval '1 hour'")
        connection.execute("UPDATE review_gates SET released_at = released_at - interval '1 hour'")


def test_an_upload_without_a_video_becomes_one(surroundings: FakeStepFunctions) -> None:
    store = runtime.store()
    store.write("uploads/lost.mp4", b"first")
    store.write("uploads/lost.mp4", b"second")
    store.write("uploads/folder/", b"")
    store.write("uploads/deleted.mp4", b"x")
    store.delete(["uploads/deleted.mp4"])
    assert _sweep() == {"uploads": 2}
    assert len(surroundings.started) == 2
    assert _sweep() == {}


def test_a_video_that_never_started_is_started(surroundings: FakeStepFunctions) -> None:
    at.add_video()
    assert _sweep() == {"videos": 1}
    assert [started["name"] for started in surroundings.started] == [FIRST]
    assert _sweep() == {}


def test_a_video_whose_execution_is_gone_is_started_again(surroundings: FakeStepFunctions) -> None:
    at.bring_to_review()
    assert _sweep() == {"videos": 1}
    assert [started["name"] for started in surroundings.started] == [FIRST]


def test_a_failure_whose_event_was_lost_is_recorded_and_then_tried_again(
    surroundings: FakeStepFunctions, connection: Connection
) -> None:
    at.bring_to_review()
    surroundings.statuses[FIRST] = {"status": "FAILED", "error": "StorageUnavailable", "cause": "slow"}
    assert _sweep() == {"videos": 1}
    assert at.video_row()["error_name"] == "StorageUnavailable"
    assert _sweep() == {}, "an operator may redrive it first"
    _age(connection)
    assert _sweep() == {"videos": 1}
    assert [started["name"] for started in surroundings.started] == [SECOND]
    assert surroundings.started[0]["input"]["attempt"] == 2
    assert at.begin(attempt=2)["next"] == "review"
    assert at.video_row()["error_name"] is None


def test_an_attempt_that_was_counted_and_never_started_is_started(
    surroundings: FakeStepFunctions, connection: Connection
) -> None:
    at.bring_to_review()
    surroundings.statuses[FIRST] = {"status": "FAILED", "error": "StorageUnavailable", "cause": "slow"}
    _sweep()
    _age(connection)
    connection.execute("UPDATE source_videos SET attempt = 2, execution_arn = NULL")
    assert _sweep() == {"videos": 1}
    assert [started["name"] for started in surroundings.started] == [SECOND]


def test_a_permanent_failure_is_left_to_people(
    surroundings: FakeStepFunctions, connection: Connection
) -> None:
    at.add_video()
    at.begin()
    surroundings.statuses[FIRST] = {"status": "FAILED"}
    with pytest.raises(Exception, match="Not a video"):
        call(
            fail_stage,
            stage="proxy",
            video_id=VIDEO,
            attempt=1,
            error={"Error": "UnsupportedMedia", "Cause": "Not a video."},
        )
    _age(connection)
    assert _sweep() == {}


def test_a_released_gate_is_resumed_again(surroundings: FakeStepFunctions, connection: Connection) -> None:
    at.bring_to_review()
    surroundings.statuses[FIRST] = {"status": "RUNNING"}
    token = at.wait_at_gate()
    with runtime.catalog().transaction() as own:
        release_if_due(own, video_id=VIDEO, asked=True)
    assert _sweep() == {}, "whoever released it may still be telling Step Functions"
    _age(connection)
    assert _sweep() == {"resumed": 1}
    assert surroundings.resumed == [(token, {"reason": "asked"})]
    assert _sweep() == {}


def test_a_full_gate_that_nobody_released_is_released(surroundings: FakeStepFunctions) -> None:
    at.bring_to_review()
    surroundings.statuses[FIRST] = {"status": "RUNNING"}
    at.wait_at_gate()
    at.decide("review_skipped", *(clip["clip_id"] for clip in at.clips()))
    assert _sweep() == {"released": 1}
    assert len(surroundings.resumed) == 1


@pytest.mark.usefixtures("surroundings")
def test_uploads_that_s3_has_given_up_are_forgotten(
    connection: Connection, surroundings: FakeStepFunctions
) -> None:
    """S3 keeps unfinished ones for a week, so a row younger than that stays."""
    for name, days in (("old", 11), ("young", 7)):
        connection.execute(
            """
            INSERT INTO uploads (
                upload_id, begun_by, filename, size_bytes, part_size_bytes, object_key, multipart_id, begun_at
            ) VALUES (%(name)s, 'ann', 'a.mp4', 1, 1, %(name)s, 'm', now() - make_interval(days => %(days)s))
            """,
            {"name": name, "days": days},
        )
    assert _sweep() == {"unfinished": 1}
    assert connection.execute("SELECT upload_id FROM uploads").fetchall() == [{"upload_id": "young"}]


@pytest.mark.usefixtures("surroundings")
def test_changes_that_nobody_can_ask_for_any_more_are_forgotten(connection: Connection) -> None:
    connection.execute(
        """
        INSERT INTO changes (xact, video_id, kinds, at)
        SELECT n::text::xid8, 'v', '{video}', now() - make_interval(hours => n) FROM generate_series(1, 4) AS n
        """
    )
    assert _sweep() == {"changes": 3}
    assert connection.execute("SELECT count(*) AS n FROM changes").fetchone() == {"n": 1}


def test_expired_leases_are_given_back(connection: Connection, surroundings: FakeStepFunctions) -> None:
    at.bring_to_review(cuts=(40,))
    surroundings.statuses[FIRST] = {"status": "RUNNING"}
    for clip, minutes in zip(at.clips(), (-1, 1), strict=True):
        connection.execute(
            """
            INSERT INTO leases (clip_id, lease_id, reviewer, expires_at)
            VALUES (%s, 'l', 'r', now() + make_interval(mins => %s))
            """,
            (clip["clip_id"], minutes),
        )
    assert _sweep() == {"leases": 1}


def _complete(surroundings: FakeStepFunctions, **master: Any) -> None:
    at.bring_to_review(cuts=())
    at.decide("review_skipped", *(clip["clip_id"] for clip in at.clips()))
    call(begin_stage, stage="master", video_id=VIDEO, attempt=1)
    call(fail_stage, stage="master", video_id=VIDEO, attempt=1, error=master)
    call(complete_video, video_id=VIDEO)
    surroundings.statuses[FIRST] = {"status": "SUCCEEDED"}


def test_a_failed_master_is_tried_again_by_a_new_attempt(surroundings: FakeStepFunctions) -> None:
    _complete(surroundings, Error="States.Timeout", Cause="")
    assert _sweep() == {"videos": 1}
    assert [started["name"] for started in surroundings.started] == [SECOND]
    assert at.begin(attempt=2)["next"] == "review"
    assert call(begin_stage, stage="master", video_id=VIDEO, attempt=2)["next"] == "master"


def test_a_master_that_cannot_be_made_is_not_tried_again(surroundings: FakeStepFunctions) -> None:
    _complete(surroundings, Error="DamagedMedia", Cause="Nothing decodes.")
    assert _sweep() == {}


def test_a_master_that_cannot_even_be_begun_is_not_tried_for_ever(surroundings: FakeStepFunctions) -> None:
    """`Begin master` crashes each time, before it has counted the try."""
    at.bring_to_review(cuts=())
    at.decide("review_skipped", *(clip["clip_id"] for clip in at.clips()))
    for attempt in range(1, 2 * MAX_ATTEMPTS):
        at.begin(attempt=attempt)
        call(
            fail_stage,
            stage="master",
            video_id=VIDEO,
            attempt=attempt,
            error={"Error": "Lambda.Unknown", "Cause": "out of memory"},
        )
        call(complete_video, video_id=VIDEO, attempt=attempt)
        surroundings.statuses[f"{VIDEO}-{attempt}"] = {"status": "SUCCEEDED"}
        if not _sweep():
            break
    assert attempt == MAX_ATTEMPTS
    assert at.video_row()["master_error_name"] == "WorkerLost"


def test_a_clip_that_went_back_to_review_reopens_its_video(
    surroundings: FakeStepFunctions, connection: Connection
) -> None:
    _complete(surroundings, Error="DamagedMedia", Cause="Nothing decodes.")
    connection.execute("UPDATE clips SET state = 'pending_review', decided_at = NULL")
    assert _sweep() == {"videos": 1}
    assert [started["name"] for started in surroundings.started] == [SECOND]


def test_one_that_cannot_be_put_right_keeps_nobody_else_from_being_helped(
    surroundings: FakeStepFunctions,
) -> None:
    runtime.store().write("uploads/lost.mp4", b"x")
    surroundings.is_down = True
    assert _sweep() == {}
    surroundings.is_down = False
    assert _sweep() == {"videos": 1}


def test_an_upload_that_cannot_be_a_row_keeps_nobody_else_from_being_helped(
    surroundings: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 takes keys that Postgres cannot store."""
    found = [ObjectRef(key=key, version_id="1") for key in ("uploads/a\0b.mp4", "uploads/good.mp4")]
    monkeypatch.setattr(runtime.store(), "versions_under", lambda _: iter(found))
    assert _sweep() == {"uploads": 1}
    assert [started["input"]["attempt"] for started in surroundings.started] == [1]


def test_a_bucket_that_cannot_be_listed_keeps_no_gate_from_being_resumed(
    surroundings: FakeStepFunctions, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    at.bring_to_review()
    at.wait_at_gate()
    surroundings.statuses[FIRST] = {"status": "RUNNING"}
    with runtime.catalog().transaction() as own:
        release_if_due(own, video_id=VIDEO, asked=True)
    _age(connection)

    def refuse(_prefix: str) -> object:
        raise StorageUnavailable("S3 throttles; try again.")

    monkeypatch.setattr(runtime.store(), "versions_under", refuse)
    assert _sweep() == {"resumed": 1}


QUIET_TIME = "2026-03-04T10:15:07Z"


def test_while_all_is_quiet_the_catalog_is_left_asleep(
    surroundings: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even an execution that has waited for its reviewers for days wakes it."""
    at.add_video()
    call(sweep)
    surroundings.changed_at = datetime.fromisoformat("2026-03-01T00:00:00Z")
    with monkeypatch.context() as patched:
        patched.setattr(runtime, "catalog", lambda: pytest.fail("the catalog was woken"))
        assert call(sweep, time=QUIET_TIME) == {}


def test_an_execution_that_failed_lately_wakes_the_catalog(surroundings: FakeStepFunctions) -> None:
    at.add_video()
    call(sweep)
    surroundings.statuses[FIRST] = {"status": "FAILED"}
    surroundings.changed_at = datetime.fromisoformat(QUIET_TIME) - timedelta(minutes=20)
    assert _sweep(time=QUIET_TIME) == {"videos": 1}


def test_an_upload_of_this_hour_wakes_the_catalog(surroundings: FakeStepFunctions) -> None:
    runtime.store().write("uploads/lost.mp4", b"first")
    now = datetime.now(UTC).isoformat()
    assert call(sweep, time=now)["uploads"] == 1
