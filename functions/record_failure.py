"""An execution failed, timed out or was stopped: say so on its video. Fed by EventBridge, in no certain order."""

from datetime import UTC, datetime
from typing import Any

from functions.support import runtime
from heaters.catalog.stages.failures import record_execution_failure
from heaters.domain.failures import explain_execution
from heaters.domain.ids import parse_execution_name


@runtime.function
def handler(event: runtime.Event) -> Any:
    """A "Step Functions Execution Status Change" with status FAILED, TIMED_OUT or ABORTED."""
    detail = event["detail"]
    video_id, attempt = parse_execution_name(detail["name"])
    error = explain_execution(
        what=f"The execution of video {video_id}",
        status=detail["status"],
        error=detail.get("error"),
        cause=detail.get("cause"),
    )
    with runtime.catalog().transaction() as connection:
        recorded = record_execution_failure(
            connection, video_id=video_id, attempt=attempt, error=error, ended_at=_ended_at(detail)
        )
    runtime.logger.warning("execution failed", video_id=video_id, recorded=recorded, failure=error.to_json())
    return {"recorded": recorded}


def _ended_at(detail: dict[str, Any]) -> datetime | None:
    """`stopDate` counts milliseconds since 1970."""
    stopped_ms = detail.get("stopDate")
    return datetime.fromtimestamp(stopped_ms / 1000, UTC) if stopped_ms else None
