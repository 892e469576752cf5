"""A Batch job as a value: what was defined, what was submitted, how far it is, and whether a failure is tried again."""

import fnmatch
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_cloud.machine.processes import Process

FINISHED = frozenset({"SUCCEEDED", "FAILED"})


@dataclass(frozen=True, kw_only=True)
class JobDefinition:
    """A job definition as its template describes it. `exit_rules` are RetryStrategy.EvaluateOnExit entries."""

    name: str
    arn: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    attempts: int = 1
    timeout_s: int | None = None
    exit_rules: tuple[Mapping[str, str], ...] = ()


@dataclass(kw_only=True)
class Job:
    """One submitted job; `attempts` holds the ended ones in DescribeJobs' shape."""

    id: str
    name: str
    queue: str
    definition: JobDefinition
    command: tuple[str, ...]
    environment: Mapping[str, str]
    attempts_allowed: int
    timeout_s: int | None
    log: Path
    status: str = "RUNNABLE"
    status_reason: str | None = None
    created_ms: int = 0
    started_ms: int | None = None
    stopped_ms: int | None = None
    attempts: list[dict[str, Any]] = field(default_factory=list)
    terminated: str | None = None
    process: Process | None = None


def should_retry(definition: JobDefinition, code: int, reason: str) -> bool:
    """Whether an ended attempt is followed by another: the first rule whose patterns all match decides.

    Without rules every failure is tried again; with rules, one that none of them matches is too (as AWS Batch).
    """
    for rule in definition.exit_rules:
        seen = {"OnExitCode": str(code), "OnStatusReason": reason, "OnReason": ""}
        if all(fnmatch.fnmatchcase(seen[name], rule[name]) for name in seen if name in rule):
            return rule["Action"].upper() == "RETRY"
    return True


def describe_job(job: Job) -> dict[str, Any]:
    last = job.attempts[-1]["container"] if job.attempts else {}
    environment = [{"name": name, "value": value} for name, value in job.environment.items()]
    described = {
        "jobId": job.id,
        "jobName": job.name,
        "jobQueue": job.queue,
        "jobDefinition": job.definition.arn,
        "status": job.status,
        "statusReason": job.status_reason,
        "attempts": job.attempts,
        "createdAt": job.created_ms,
        "startedAt": job.started_ms,
        "stoppedAt": job.stopped_ms,
        "container": {"command": list(job.command), "environment": environment, **last},
    }
    return {name: value for name, value in described.items() if value is not None}


def now_ms() -> int:
    return int(time.time() * 1000)
