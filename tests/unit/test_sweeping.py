"""What the sweeper decides about a video, as a table."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from heaters.domain.states import MasterState, VideoState
from heaters.domain.sweeping import (
    MAX_ATTEMPTS,
    Remedy,
    VideoCase,
    decide_remedy,
    is_settled,
    may_let_catalog_sleep,
)


def _case(**changes: Any) -> VideoCase:
    usual: dict[str, Any] = {
        "video_id": "v", "state": VideoState.IN_REVIEW, "error_name": None, "attempt": 1, "begun": True,
        "quiet": True, "master_state": MasterState.ARCHIVED, "master_error_name": None, "master_attempts": 1,
        "clips_left": True, "stuck": False, "execution_status": None,
    }  # fmt: skip
    return VideoCase(**usual | changes)


DONE = {"state": VideoState.COMPLETE, "clips_left": False, "execution_status": "SUCCEEDED"}
FAILED = {"state": VideoState.PREPROCESS_FAILED, "execution_status": "FAILED"}
NO_MASTER = {"master_state": MasterState.FAILED, "master_error_name": "WorkerLost"}


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"execution_status": "RUNNING"}, Remedy.NOTHING),
        ({"execution_status": "RUNNING", "stuck": True}, Remedy.NEW_ATTEMPT),
        ({"execution_status": "PENDING_REDRIVE", "stuck": True}, Remedy.NOTHING),
        ({"execution_status": "PENDING_REDRIVE", "error_name": "WorkerLost"}, Remedy.NOTHING),
        ({"execution_status": None}, Remedy.START),
        ({"begun": False, "error_name": "UnsupportedMedia"}, Remedy.START),
        ({"execution_status": "FAILED"}, Remedy.RECORD),
        ({"execution_status": "ABORTED"}, Remedy.RECORD),
        ({"execution_status": "SUCCEEDED"}, Remedy.NEW_ATTEMPT),
        (FAILED | {"error_name": "UnsupportedMedia"}, Remedy.NOTHING),
        (FAILED | {"error_name": "ExecutionStopped"}, Remedy.NOTHING),
        (FAILED | {"error_name": "WorkerLost"}, Remedy.NEW_ATTEMPT),
        (FAILED | {"error_name": "WorkerLost", "quiet": False}, Remedy.NOTHING),
        (FAILED | {"error_name": "WorkerLost", "attempt": MAX_ATTEMPTS}, Remedy.NOTHING),
        (FAILED | {"error_name": "unheard of"}, Remedy.NOTHING),
        (DONE, Remedy.NOTHING),
        (DONE | {"clips_left": True}, Remedy.NEW_ATTEMPT),
        (DONE | {"execution_status": "RUNNING", "clips_left": True}, Remedy.NOTHING),
        (DONE | NO_MASTER, Remedy.NEW_ATTEMPT),
        (DONE | NO_MASTER | {"master_attempts": MAX_ATTEMPTS}, Remedy.NOTHING),
        (DONE | NO_MASTER | {"master_error_name": "DamagedMedia"}, Remedy.NOTHING),
        (DONE | {"master_state": MasterState.ARCHIVING}, Remedy.NEW_ATTEMPT),
    ],
)
def test_each_case_has_its_remedy(changes: dict[str, Any], remedy: Remedy) -> None:
    assert decide_remedy(_case(**changes)) is remedy


def test_a_permanent_failure_and_a_finished_video_are_settled() -> None:
    assert is_settled(_case(**FAILED, error_name="UnsupportedMedia"))
    assert is_settled(_case(**DONE))
    assert not is_settled(_case())


@pytest.mark.parametrize(
    ("now", "changed_at", "expected"),
    [
        ("2026-03-04T10:15:00Z", None, True),
        ("2026-03-04T10:15:00Z", "2026-03-01T00:00:00Z", True),
        ("2026-03-04T10:15:00Z", "2026-03-04T09:16:00Z", False),
        ("2026-03-04T12:03:00Z", None, False),
        ("2026-03-04T12:15:00Z", None, True),
        ("2026-03-04T00:14:59Z", None, False),
    ],
)
def test_the_catalog_sleeps_while_nothing_moves_but_for_a_look_every_six_hours(
    now: str, changed_at: str | None, expected: bool
) -> None:
    changed = datetime.fromisoformat(changed_at) if changed_at else None
    found = may_let_catalog_sleep(
        now=datetime.fromisoformat(now), changed_at=changed, interval=timedelta(minutes=15)
    )
    assert found is expected
