"""What Step Functions says about a failure, and which of our errors it is."""

import json

import pytest

from heaters.domain.failures import explain_execution, explain_failure

BATCH = json.dumps(
    {
        "StatusReason": "Essential container exited",
        "Attempts": [{"Container": {"Reason": "OutOfMemoryError"}}],
    }
)
HOST = json.dumps({"StatusReason": "Host EC2 (instance i-1) terminated.", "Attempts": []})
OVERDUE = json.dumps({"StatusReason": "Job attempt duration exceeded timeout", "Attempts": []})
TYPED = json.dumps({"errorType": "DamagedMedia", "errorMessage": "2 of 50 frames decode."})
BUG = json.dumps({"errorType": "TypeError", "errorMessage": "no len()"})
REPORTED = {"error": "SourceTooLarge", "message": "6 TB."}
UNPULLED = json.dumps({"JobId": "j2", "StatusReason": "CannotPullContainerError: no image"})


@pytest.mark.parametrize(
    ("error", "cause", "reported", "name", "said"),
    [
        ("DamagedMedia", TYPED, None, "DamagedMedia", "2 of 50 frames decode."),
        ("DamagedMedia", "plain words", None, "DamagedMedia", "plain words"),
        ("States.TaskFailed", TYPED, None, "DamagedMedia", "2 of 50 frames decode."),
        ("States.TaskFailed", BATCH, REPORTED, "SourceTooLarge", "6 TB."),
        ("States.TaskFailed", BATCH, None, "WorkerLost", "OutOfMemoryError"),
        ("States.TaskFailed", UNPULLED, REPORTED | {"job_id": "j2"}, "SourceTooLarge", "6 TB."),
        ("States.TaskFailed", UNPULLED, REPORTED | {"job_id": "j1"}, "WorkerLost", "CannotPullContainer"),
        ("States.TaskFailed", HOST, None, "WorkerLost", "terminated"),
        ("States.Timeout", "", REPORTED, "StageTimeout", "Make proxy ran longer than it may"),
        ("Sandbox.Timedout", "RequestId: x Error: Task timed out after 60 s", None, "StageTimeout", "longer"),
        ("States.TaskFailed", OVERDUE, None, "StageTimeout", "longer"),
        ("Lambda.Unknown", "Task timed out after 60.00 seconds", None, "StageTimeout", "longer"),
        ("TypeError", BUG, None, "WorkerLost", "TypeError: no len()"),
        ("Runtime.ExitError", "signal: killed", None, "WorkerLost", "signal: killed"),
        ("", "", {"error": "Nonsense", "message": "?"}, "WorkerLost", "no reason given"),
        ("States.TaskFailed", "[1]", None, "WorkerLost", "[1]"),
    ],
)
def test_a_failure_is_explained_by_whoever_knows_most(
    error: str, cause: str, reported: dict[str, str] | None, name: str, said: str
) -> None:
    failure = explain_failure(what="Make proxy", error=error, cause=cause, reported=reported)
    assert failure.name == name
    assert said in failure.message


@pytest.mark.parametrize(
    ("status", "error", "cause", "name"),
    [
        ("ABORTED", None, None, "ExecutionStopped"),
        ("TIMED_OUT", None, None, "StageTimeout"),
        ("FAILED", "DamagedMedia", TYPED, "DamagedMedia"),
        ("FAILED", None, None, "WorkerLost"),
    ],
)
def test_the_end_of_an_execution_is_explained(
    status: str, error: str | None, cause: str | None, name: str
) -> None:
    assert explain_execution(what="It", status=status, error=error, cause=cause).name == name
