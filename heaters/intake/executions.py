"""Executions of the state machine: start one, ask how it is, tell one that waits to go on.

The Step Functions client is passed in. Nothing here decides whether something should be started; starting or
resuming twice is the same as once.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from heaters.catalog.connection import Catalog
from heaters.catalog.review.gate_endings import close_gate
from heaters.catalog.review.gates import Gate
from heaters.catalog.videos import Video
from heaters.domain import wire
from heaters.domain.errors import WorkflowUnavailable
from heaters.domain.ids import execution_name
from heaters.domain.query_jobs import QueryJob
from heaters.domain.states import GateState
from heaters.s3.faults import AWS_FAULTS


@dataclass(frozen=True, kw_only=True)
class ExecutionReport:
    """How an execution is doing: RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED or PENDING_REDRIVE."""

    status: str
    error: str | None = None
    cause: str | None = None


def execution_arn(state_machine_arn: str, name: str) -> str:
    """The ARN of an execution follows from its state machine and its name."""
    return f"{state_machine_arn.replace(':stateMachine:', ':execution:')}:{name}"


def start_execution(client: Any, *, state_machine_arn: str, video: Video) -> str:
    """Start the attempt that the row names; returns the execution's name, also when it was started before."""
    name = execution_name(video.video_id, video.attempt)
    payload = {
        "video_id": video.video_id,
        "attempt": video.attempt,
        "undo_window_s": video.undo_window_s,
        "release_size": video.release_size,
    }
    with _translated(f"start execution {name}"):
        try:
            client.start_execution(stateMachineArn=state_machine_arn, name=name, input=json.dumps(payload))
        except client.exceptions.ExecutionAlreadyExists:
            return name
    return name


def start_query(client: Any, *, machine_arn: str, job: QueryJob) -> None:
    """Have the query embedded; its result appears at the job's result key, whatever becomes of it here."""
    with _translated(f"start query {job.query_id}"):
        try:
            client.start_execution(
                stateMachineArn=machine_arn, name=job.query_id, input=json.dumps(wire.to_json(job))
            )
        except client.exceptions.ExecutionAlreadyExists:
            return


def describe_execution(client: Any, *, state_machine_arn: str, name: str) -> ExecutionReport | None:
    """How the execution is doing; None when there is none of this name (any more)."""
    arn = execution_arn(state_machine_arn, name)
    with _translated(f"ask for execution {name}"):
        try:
            answer = client.describe_execution(executionArn=arn)
        except client.exceptions.ExecutionDoesNotExist:
            return None
    return ExecutionReport(status=answer["status"], error=answer.get("error"), cause=answer.get("cause"))


def list_running_executions(client: Any, *, state_machine_arn: str) -> dict[str, datetime]:
    """All executions that run now: since when, by name."""
    with _translated("list the running executions"):
        pages = client.get_paginator("list_executions").paginate(
            stateMachineArn=state_machine_arn, statusFilter="RUNNING", PaginationConfig={"PageSize": 1000}
        )
        return {
            execution["name"]: execution["startDate"] for page in pages for execution in page["executions"]
        }


def last_change(client: Any, *, state_machine_arn: str) -> datetime | None:
    """When an execution last started or ended badly, as far as Step Functions' newest pages tell; None for never."""
    times: list[datetime] = []
    with _translated("list the latest executions"):
        newest = client.list_executions(stateMachineArn=state_machine_arn, maxResults=1)
        times += [execution["startDate"] for execution in newest["executions"]]
        for status in ("FAILED", "TIMED_OUT", "ABORTED"):
            ended = client.list_executions(stateMachineArn=state_machine_arn, statusFilter=status)
            times += [execution["stopDate"] for execution in ended["executions"] if "stopDate" in execution]
    return max(times, default=None)


def resume_gate(client: Any, catalog: Catalog, gate: Gate) -> GateState:
    """Tell the execution behind a released gate to go on, then note it; call it after the release is committed.

    Returns `resumed`, or `gone` when nobody waits for the token any more: an ordinary case.
    """
    state = _send_success(client, gate)
    with catalog.transaction() as connection:
        close_gate(connection, gate_id=gate.gate_id, state=state)
    return state


def _send_success(client: Any, gate: Gate) -> GateState:
    gone = client.exceptions
    with _translated(f"resume the gate of video {gate.video_id}"):
        try:
            output = {"reason": gate.reason} | ({"reminder": gate.reminder} if gate.reminder else {})
            client.send_task_success(taskToken=gate.token, output=json.dumps(output))
        except (gone.TaskDoesNotExist, gone.TaskTimedOut, gone.InvalidToken):
            return GateState.GONE
    return GateState.RESUMED


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except AWS_FAULTS as exc:
        raise WorkflowUnavailable(f"Step Functions could not {what}: {exc}; try again.") from exc
