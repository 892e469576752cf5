"""Step Functions as its client shows it: executions by name, tokens that somebody waits for."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, ClassVar

from botocore.exceptions import ClientError

_NAMES = (
    "ExecutionAlreadyExists",
    "ExecutionDoesNotExist",
    "TaskDoesNotExist",
    "TaskTimedOut",
    "InvalidToken",
)


class FakeStepFunctions:
    """Records calls. `statuses` maps an execution's name to its status; `waiting` holds the live tokens, None
    meaning that every token is alive.
    """

    exceptions: ClassVar[Any] = SimpleNamespace(
        ClientError=ClientError, **{name: type(name, (ClientError,), {}) for name in _NAMES}
    )

    def __init__(self) -> None:
        self.started: list[dict[str, Any]] = []
        self.statuses: dict[str, dict[str, Any]] = {}
        self.resumed: list[tuple[str, Any]] = []
        self.waiting: set[str] | None = None
        self.is_down = False
        self.refused: list[str] = []
        self.changed_at = datetime.now(UTC)

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:  # noqa: N803 - AWS's
        self._check("StartExecution")
        if name in self.statuses:
            raise self._error("ExecutionAlreadyExists")
        self.statuses[name] = {"status": "RUNNING"}
        self.started.append({"arn": stateMachineArn, "name": name, "input": json.loads(input)})

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803 - AWS's
        self._check("DescribeExecution")
        name = executionArn.rsplit(":", 1)[1]
        if name not in self.statuses:
            raise self._error("ExecutionDoesNotExist")
        return self.statuses[name]

    def list_executions(
        self,
        *,
        statusFilter: str | None = None,  # noqa: N803 - AWS's
        **_: Any,
    ) -> dict[str, Any]:
        """Each started, and ended if it did, at `self.changed_at`."""
        self._check("ListExecutions")
        dates = {"startDate": self.changed_at, "stopDate": self.changed_at}
        found = [
            {"name": name, **dates}
            for name, report in self.statuses.items()
            if statusFilter in (None, report["status"])
        ]
        return {"executions": found}

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_executions"
        running = [
            {"name": name, "startDate": report.get("startDate", datetime.now(UTC))}
            for name, report in self.statuses.items()
            if report["status"] == "RUNNING"
        ]
        return SimpleNamespace(paginate=lambda **_: [{"executions": running}])

    def send_task_success(self, *, taskToken: str, output: str) -> None:  # noqa: N803 - AWS's
        self._check("SendTaskSuccess")
        if self.waiting is not None and taskToken not in self.waiting:
            raise self._error("TaskTimedOut")
        self.resumed.append((taskToken, json.loads(output)))

    def _check(self, operation: str) -> None:
        if self.is_down:
            self.refused.append(operation)
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, operation)

    def _error(self, name: str) -> ClientError:
        error: ClientError = getattr(self.exceptions, name)({"Error": {"Code": name, "Message": name}}, name)
        return error
