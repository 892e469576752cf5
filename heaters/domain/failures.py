"""What Step Functions says about a failure, as one of our own errors with a sentence for people."""

import json
from collections.abc import Mapping
from typing import Any

from heaters.domain.errors import (
    ERRORS,
    ExecutionStopped,
    HeatersError,
    StageTimeout,
    WorkerLost,
    error_from_json,
)

_TIMEOUTS = frozenset({"States.Timeout", "States.HeartbeatTimeout", "Sandbox.Timedout"})
_OVERDUE = ("Task timed out", "Job attempt duration exceeded timeout")
"""How Lambda and Batch say that a run was over its own time limit."""

_SAID_AT_MOST = 300
"""Characters of somebody else's text in our own sentence."""


def explain_failure(
    *, what: str, error: str, cause: str, reported: Mapping[str, Any] | None = None
) -> HeatersError:
    """The typed error behind `error` and `cause` of a failed task or execution.

    `what` names the work ("Make proxy of video 1f..."). `reported` is what a runner left beside its result, if
    it left anything; what another job left (`job_id`) does not count. A typed error keeps its name and message; a
    time limit becomes StageTimeout; the rest is WorkerLost, because somebody ended without a result.
    """
    said = _parse(cause)
    if error in ERRORS:
        return error_from_json({"error": error, "message": said.get("errorMessage") or cause or error})
    if (kind := str(said.get("errorType", ""))) in ERRORS:
        return error_from_json({"error": kind, "message": said.get("errorMessage") or kind})
    if error in _TIMEOUTS or any(words in cause for words in _OVERDUE):
        return StageTimeout(
            f"{what} ran longer than it may; look at its log, then redrive or retry.", original_error=error
        )
    if reported and reported.get("error") in ERRORS and _is_of_job(reported, said):
        return error_from_json(reported)
    reason = _reason(said) or cause or error or "no reason given"
    return WorkerLost(
        f"{what} ended without a result ({reason[:_SAID_AT_MOST]}); look at its log, then redrive or retry.",
        original_error=error,
    )


def explain_execution(*, what: str, status: str, error: str | None, cause: str | None) -> HeatersError:
    """The typed error of an execution that ended with `status` FAILED, TIMED_OUT or ABORTED."""
    if status == "ABORTED":
        said = f": {cause}" if cause else ""
        return ExecutionStopped(f"{what} was stopped by an operator{said}; retry it to go on.")
    if status == "TIMED_OUT":
        return StageTimeout(f"{what} ran longer than it may; retry it to go on.")
    return explain_failure(what=what, error=error or "", cause=cause or "")


def _parse(cause: str) -> dict[str, Any]:
    try:
        said = json.loads(cause)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _is_of_job(reported: Mapping[str, Any], said: Mapping[str, Any]) -> bool:
    """False for what an earlier job left when this one ended before it could clear that away."""
    ids = {reported.get("job_id"), said.get("JobId")} - {None}
    return len(ids) < 2


def _reason(said: Mapping[str, Any]) -> str:
    """The most telling words in a Lambda's or a Batch job's own account."""
    if "errorMessage" in said:
        return f"{said.get('errorType', 'error')}: {said['errorMessage']}"
    attempts = said.get("Attempts") or [{}]
    places = ((attempts[-1].get("Container") or {}).get("Reason"), said.get("StatusReason"))
    return next((str(place) for place in places if place), "")
