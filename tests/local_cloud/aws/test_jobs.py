"""A Batch job is a real process; attempts, timeouts and answers follow AWS Batch."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_cloud.aws.batch import Batch, UnknownJobDefinition
from local_cloud.aws.batch_job import JobDefinition, should_retry
from local_cloud.machine.processes import Children
from local_cloud.machine.settings import base_environment

RULES = (
    {"Action": "RETRY", "OnExitCode": "75"},
    {"Action": "RETRY", "OnStatusReason": "Host EC2*"},
    {"Action": "EXIT", "OnReason": "*"},
)
FAIL_ONCE = (
    "import os, sys, pathlib; mark = pathlib.Path(os.environ['MARK']); seen = mark.exists(); mark.touch(); "
    "sys.exit(0 if seen else int(os.environ['CODE']))"
)


@pytest.fixture
def make_batch(children: Children, tmp_path: Path) -> Iterator[Callable[..., Batch]]:
    made: list[Batch] = []

    def make(code: str, **more: Any) -> Batch:
        definition = JobDefinition(
            name="job",
            arn="arn:aws:batch:us-east-1:123456789012:job-definition/job:1",
            command=("python", "-c", code),
            environment={"MARK": str(tmp_path / "mark"), "CODE": "75"},
            exit_rules=RULES,
            **more,
        )
        logs = tmp_path / "logs"
        batch = Batch(
            definitions={"job": definition},
            environment=base_environment(),
            children=children,
            logs=logs,
            slots=1,
        )
        made.append(batch)
        return batch

    yield make
    for batch in made:
        batch.close()


def run(batch: Batch, wait_for: Any, **request: Any) -> dict[str, Any]:
    """Submit, wait for the end, describe."""
    submitted = batch.submit({"jobName": "try", "jobQueue": "q", "jobDefinition": "job", **request})

    def ended() -> dict[str, Any] | None:
        (job,) = batch.describe([submitted["jobId"]])["jobs"]
        return job if job["status"] in ("SUCCEEDED", "FAILED") else None

    return wait_for(ended, "the job to end")


def test_a_job_that_exits_with_0_succeeds(make_batch: Any, wait_for: Any, tmp_path: Path) -> None:
    job = run(make_batch("print('worked')"), wait_for)
    assert job["status"] == "SUCCEEDED"
    assert job["container"]["exitCode"] == 0
    (log,) = (tmp_path / "logs").iterdir()
    assert log.name == f"try-{job['jobId']}.log"
    assert log.read_text() == "worked\n"


def test_a_permanent_error_fails_at_once(make_batch: Any, wait_for: Any) -> None:
    job = run(make_batch("import sys; sys.exit(65)", attempts=3), wait_for)
    assert (job["status"], job["statusReason"]) == ("FAILED", "Essential container in task exited")
    assert job["container"]["exitCode"] == 65
    assert len(job["attempts"]) == 1


def test_a_transient_error_is_tried_again(make_batch: Any, wait_for: Any) -> None:
    job = run(make_batch(FAIL_ONCE, attempts=3), wait_for)
    assert job["status"] == "SUCCEEDED"
    assert [attempt["container"]["exitCode"] for attempt in job["attempts"]] == [75, 0]


def test_attempts_are_limited(make_batch: Any, wait_for: Any) -> None:
    job = run(make_batch("import sys; sys.exit(75)", attempts=2), wait_for)
    assert (job["status"], len(job["attempts"])) == ("FAILED", 2)


def test_the_submitter_s_environment_is_laid_over_the_definition_s(make_batch: Any, wait_for: Any) -> None:
    overrides = {"environment": [{"name": "CODE", "value": "65"}]}
    job = run(make_batch(FAIL_ONCE, attempts=3), wait_for, containerOverrides=overrides)
    assert (job["status"], job["container"]["exitCode"]) == ("FAILED", 65)


def test_a_job_that_takes_too_long_is_killed(make_batch: Any, wait_for: Any) -> None:
    batch = make_batch("import time; time.sleep(60)", attempts=1)
    job = run(batch, wait_for, timeout={"attemptDurationSeconds": 1})
    assert (job["status"], job["statusReason"]) == ("FAILED", "Job attempt duration exceeded timeout")


def test_a_killed_process_has_the_exit_code_of_its_signal(make_batch: Any, wait_for: Any) -> None:
    job = run(make_batch("import os; os.kill(os.getpid(), 9)"), wait_for)
    assert job["container"]["exitCode"] == 137


def test_a_terminated_job_fails_with_the_reason_given(make_batch: Any, wait_for: Any) -> None:
    batch = make_batch("import time; time.sleep(60)", attempts=3)
    job_id = batch.submit({"jobName": "try", "jobQueue": "q", "jobDefinition": "job"})["jobId"]
    wait_for(lambda: batch.describe([job_id])["jobs"][0]["status"] == "RUNNING", "the job to run")
    batch.terminate(job_id, "not wanted any more")
    job = wait_for(
        lambda: next((j for j in batch.describe([job_id])["jobs"] if j["status"] == "FAILED"), None),
        "its end",
    )
    assert job["statusReason"] == "not wanted any more"


def test_an_unknown_definition_is_refused(make_batch: Any) -> None:
    with pytest.raises(UnknownJobDefinition, match="other"):
        make_batch("").submit({"jobName": "try", "jobQueue": "q", "jobDefinition": "other:1"})


@pytest.mark.parametrize(
    ("code", "reason", "again"),
    [
        (75, "Essential container in task exited", True),
        (65, "Essential container in task exited", False),
        (1, "Host EC2 (instance i-1) terminated.", True),
        (137, "Job attempt duration exceeded timeout", False),
    ],
)
def test_the_first_rule_that_matches_decides(code: int, reason: str, again: bool) -> None:
    definition = JobDefinition(name="j", arn="a", command=(), environment={}, exit_rules=RULES)
    assert should_retry(definition, code, reason) is again
