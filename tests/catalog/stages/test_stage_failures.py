"""Stages that fail, are lost, stopped or redriven: the video keeps the reason and can go on."""

import json

import pytest

from functions import (
    begin_stage,
    complete_stage,
    fail_stage,
    record_failure,
)
from functions.support import runtime
from heaters.domain.errors import StageTimeout, UnsupportedMedia, WorkerLost
from tests.catalog.stages import pipeline as at
from tests.catalog.stages.pipeline import VIDEO, call

pytestmark = pytest.mark.usefixtures("surroundings")


def _fail(stage: str = "proxy", attempt: int = 1, error: dict[str, str] = at.LOST) -> object:
    return call(fail_stage, stage=stage, video_id=VIDEO, attempt=attempt, error=error)


def test_a_stage_that_left_no_result_is_a_lost_worker() -> None:
    at.add_video()
    at.begin()
    with pytest.raises(WorkerLost, match="left no result"):
        call(complete_stage, stage="proxy", video_id=VIDEO, attempt=1)


def test_the_error_that_a_runner_left_is_recorded_and_raised_under_its_name() -> None:
    at.add_video()
    at.begin()
    error = {"error": "UnsupportedMedia", "message": "source is not a video.", "details": {"found": "text"}}
    runtime.store().write_json(f"results/{VIDEO}/proxy.json.error", error)
    with pytest.raises(UnsupportedMedia, match=r"source is not a video\."):
        _fail()
    row = at.video_row()
    assert (row["state"], row["error_name"], row["error_message"], row["error_details"]) == (
        "preprocess_failed", "UnsupportedMedia", "source is not a video.", {"found": "text"},
    )  # fmt: skip


def test_a_worker_without_a_last_word_is_lost_with_batchs_reason() -> None:
    at.add_video()
    at.begin()
    with pytest.raises(WorkerLost, match="Host EC2 terminated"):
        _fail()


def test_a_time_limit_becomes_a_stage_timeout() -> None:
    at.add_video()
    at.begin()
    with pytest.raises(StageTimeout):
        _fail(error={"Error": "States.Timeout", "Cause": ""})


def test_redriving_a_failed_stage_begins_it_again() -> None:
    at.add_video()
    begun = at.begin()
    with pytest.raises(WorkerLost):
        _fail()
    assert _fail() == begun
    row = at.video_row()
    assert (row["state"], row["error_name"]) == ("preprocessing", None)


def test_a_result_recorded_after_a_redrive_counts_although_the_failure_was_noted() -> None:
    at.add_video()
    at.begin()
    at.leave_proxy(100)
    _end_execution("FAILED", error="CatalogUnavailable", cause="{}")
    assert at.video_row()["state"] == "preprocess_failed"
    assert call(complete_stage, stage="proxy", video_id=VIDEO, attempt=1)["next"] == "detect_scenes"


def _end_execution(
    status: str, *, attempt: int = 1, error: str | None = None, cause: str | None = None
) -> bool:
    detail = {"name": f"{VIDEO}-{attempt}", "status": status, "error": error, "cause": cause}
    return bool(call(record_failure, detail=detail)["recorded"])


def test_a_failed_execution_is_recorded_on_its_video() -> None:
    at.bring_to_review()
    cause = json.dumps({"errorType": "StorageUnavailable", "errorMessage": "S3 refused waves/x.json."})
    assert _end_execution("FAILED", error="StorageUnavailable", cause=cause)
    row = at.video_row()
    assert (row["state"], row["error_name"], row["error_message"]) == (
        "in_review", "StorageUnavailable", "S3 refused waves/x.json.",
    )  # fmt: skip


def test_a_failed_execution_does_not_hide_the_reason_that_its_stage_gave() -> None:
    at.add_video()
    at.begin()
    runtime.store().write_json(
        f"results/{VIDEO}/proxy.json.error", {"error": "DamagedMedia", "message": "No frame decodes."}
    )
    with pytest.raises(Exception, match="No frame decodes"):
        _fail()
    assert not _end_execution("FAILED", error="States.TaskFailed", cause="Batch said no")
    assert at.video_row()["error_name"] == "DamagedMedia"


def test_the_end_of_a_replaced_attempt_changes_nothing() -> None:
    at.add_video()
    at.begin(attempt=2)
    assert not _end_execution("ABORTED", attempt=1)
    assert at.video_row()["error_name"] is None


@pytest.mark.parametrize(("status", "name"), [("ABORTED", "ExecutionStopped"), ("TIMED_OUT", "StageTimeout")])
def test_a_stopped_execution_leaves_a_state_that_can_be_resumed(status: str, name: str) -> None:
    at.add_video()
    at.begin()
    assert _end_execution(status)
    assert (at.video_row()["state"], at.video_row()["error_name"]) == ("preprocess_failed", name)
    assert at.begin(attempt=2)["next"] == "proxy"
    assert at.video_row()["error_name"] is None


def test_a_master_that_fails_is_recorded_and_raises_nothing() -> None:
    at.add_video()
    at.begin()
    call(begin_stage, stage="master", video_id=VIDEO, attempt=1)
    assert _fail("master") == {"next": "skip", "job": {}}
    assert _fail("master") == {"next": "skip", "job": {}}
    row = at.video_row()
    assert (row["master_state"], row["master_error_name"], row["state"]) == (
        "failed",
        "WorkerLost",
        "preprocessing",
    )
    assert call(begin_stage, stage="master", video_id=VIDEO, attempt=1)["next"] == "master"
