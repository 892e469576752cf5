"""Batch: each job is a process with the job definition's command. Attempts, timeouts and answers follow AWS Batch.

A job that waits for its turn is RUNNABLE; as many run at once as the machine has processors. Jobs of a spot queue
run one at a time beside them and give way: nobody waits for them.
"""

import os
import sys
import threading
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from local_cloud.aws.batch_job import FINISHED, Job, JobDefinition, describe_job, now_ms, should_retry
from local_cloud.machine.processes import Children, Process, open_log
from local_cloud.machine.settings import ACCOUNT_ID, REGION

_KEPT_FINISHED_JOBS = 1000
_GIVE_WAY = ("nice", "-n", "10")


class UnknownJobDefinition(Exception):
    """No job definition of that name in the template."""


class Batch:
    """All job definitions of the template and the jobs submitted since the start."""

    def __init__(
        self,
        *,
        definitions: Mapping[str, JobDefinition],
        environment: Mapping[str, str],
        children: Children,
        logs: Path,
        slots: int | None = None,
        spot_queues: frozenset[str] = frozenset(),
    ) -> None:
        self._definitions = definitions
        self._environment = environment
        self._children = children
        self._logs = logs
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._spot_queues = spot_queues
        self._slots = ThreadPoolExecutor(max_workers=slots or os.cpu_count() or 2, thread_name_prefix="batch")
        self._spot_slots = ThreadPoolExecutor(max_workers=1, thread_name_prefix="batch-spot")

    def submit(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """SubmitJob."""
        definition = self._definition(request["jobDefinition"])
        overrides = request.get("containerOverrides") or {}
        job_id = str(uuid.uuid4())
        timeout = request.get("timeout") or {}
        retry = request.get("retryStrategy") or {}
        job = Job(
            id=job_id,
            name=request["jobName"],
            queue=request["jobQueue"].rsplit("/", 1)[-1],
            definition=definition,
            command=tuple(overrides.get("command") or definition.command),
            environment={
                **definition.environment,
                **{item["name"]: item["value"] for item in overrides.get("environment") or ()},
            },
            attempts_allowed=retry.get("attempts") or definition.attempts,
            timeout_s=timeout.get("attemptDurationSeconds") or definition.timeout_s,
            log=self._logs / f"{request['jobName']}-{job_id}.log",
            created_ms=now_ms(),
        )
        with self._lock:
            self._jobs[job_id] = job
            self._drop_old()
        (self._spot_slots if job.queue in self._spot_queues else self._slots).submit(self._run, job)
        arn = f"arn:aws:batch:{REGION}:{ACCOUNT_ID}:job/{job_id}"
        return {"jobId": job_id, "jobName": job.name, "jobArn": arn}

    def describe(self, ids: list[str]) -> dict[str, Any]:
        """DescribeJobs."""
        with self._lock:
            return {"jobs": [describe_job(self._jobs[job_id]) for job_id in ids if job_id in self._jobs]}

    def list_jobs(self, status: str) -> dict[str, Any]:
        """ListJobs, over all queues."""
        with self._lock:
            found = [job for job in self._jobs.values() if job.status == status]
        return {"jobSummaryList": [{"jobId": j.id, "jobName": j.name, "status": j.status} for j in found]}

    def terminate(self, job_id: str, reason: str) -> None:
        """TerminateJob: end it whatever it is doing; an unknown or finished job stays as it is."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or job.status in FINISHED:
                return
            job.terminated = reason or "Terminated"
            process = job.process
        if process:
            self._children.stop(process)

    def close(self) -> None:
        with self._lock:
            for job in self._jobs.values():
                job.terminated = job.terminated or "The local cloud is stopping."
        for slots in (self._slots, self._spot_slots):
            slots.shutdown(wait=False, cancel_futures=True)

    def _definition(self, name_or_arn: str) -> JobDefinition:
        name = name_or_arn.rsplit("job-definition/", maxsplit=1)[-1].split(":", maxsplit=1)[0]
        if name not in self._definitions:
            raise UnknownJobDefinition(f"JobDefinition {name_or_arn} does not exist")
        return self._definitions[name]

    def _run(self, job: Job) -> None:
        job.started_ms = now_ms()
        try:
            for attempt in range(1, job.attempts_allowed + 1):
                if job.terminated:
                    break
                code, reason = self._attempt(job, attempt)
                if code == 0 and not job.terminated:
                    self._finish(job, "SUCCEEDED", reason)
                    return
                if attempt == job.attempts_allowed or not should_retry(job.definition, code, reason):
                    break
            self._finish(job, "FAILED", job.terminated or job.attempts[-1]["statusReason"])
        except OSError as exc:
            self._finish(job, "FAILED", f"CannotStartContainerError: {exc}")

    def _attempt(self, job: Job, attempt: int) -> tuple[int, str]:
        started_ms = now_ms()
        environment = {
            **self._environment,
            **job.environment,
            "AWS_BATCH_JOB_ID": job.id,
            "AWS_BATCH_JOB_ATTEMPT": str(attempt),
            "AWS_BATCH_JQ_NAME": job.queue,
        }
        with open_log(job.log) as log:
            argv = [*(_GIVE_WAY if job.queue in self._spot_queues else ()), *_local_command(job.command)]
            job.process = self._children.start(argv, env=environment, log=log)
            job.status = "RUNNING"
            code, reason = self._await_end(job)
        job.process = None
        container = {"exitCode": code, "logStreamName": job.log.name}
        job.attempts.append(
            {"container": container, "startedAt": started_ms, "stoppedAt": now_ms(), "statusReason": reason}
        )
        return code, reason

    def _await_end(self, job: Job) -> tuple[int, str]:
        assert job.process is not None
        timed_out = threading.Event()
        timer = threading.Timer(job.timeout_s or 0, self._time_out, (job.process, timed_out))
        if job.timeout_s:
            timer.start()
        code = self._children.wait(job.process)
        timer.cancel()
        if timed_out.is_set():
            return 137, "Job attempt duration exceeded timeout"
        return (128 - code if code < 0 else code), "Essential container in task exited"

    def _time_out(self, process: Process, timed_out: threading.Event) -> None:
        timed_out.set()
        self._children.stop(process)

    def _finish(self, job: Job, status: str, reason: str) -> None:
        with self._lock:
            job.status, job.status_reason, job.stopped_ms = status, reason, now_ms()

    def _drop_old(self) -> None:
        finished = [job_id for job_id, job in self._jobs.items() if job.status in FINISHED]
        for job_id in finished[:-_KEPT_FINISHED_JOBS]:
            del self._jobs[job_id]


def _local_command(command: tuple[str, ...]) -> list[str]:
    if command and command[0] in ("python", "python3"):
        return [sys.executable, *command[1:]]
    return list(command)
