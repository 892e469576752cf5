"""The definition runs as it is: jobs, gate, parallel branches, waits, a Distributed Map, and the events around it."""

import ast
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from local_cloud.cloud import LocalCloud, start_local_cloud
from local_cloud.machine.settings import LocalSettings
from tests.local_cloud.small_assembly import BUCKET, small_stack, write_assembly


@pytest.fixture(scope="module")
def cloud(folder: Path) -> Iterator[LocalCloud]:
    assembly = write_assembly(folder / "assembly", {"Small": small_stack(folder / "notes")})
    overrides = (("SETTING", "laid over"),)
    with start_local_cloud(
        LocalSettings(home=folder / "home", assembly=assembly, overrides=overrides)
    ) as kept:
        yield kept


@pytest.fixture
def notes(folder: Path) -> "_Notes":
    """`read` gives what the function `append` was told since the test began."""
    path = folder / "notes"
    path.unlink(missing_ok=True)
    (folder / "token").unlink(missing_ok=True)
    return _Notes(path)


class _Notes:
    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Any]:
        return (
            [ast.literal_eval(line) for line in self._path.read_text().splitlines()]
            if self._path.exists()
            else []
        )


def start(cloud: LocalCloud, name: str, **event: Any) -> str:
    arn: str = cloud.client("stepfunctions").start_execution(
        stateMachineArn=cloud.resources.machines[0].arn,
        name=name,
        input=json.dumps({"exit_code": "0", "window_s": 0, "count": 20} | event),
    )["executionArn"]
    return arn


def ended(cloud: LocalCloud, arn: str) -> dict[str, Any] | None:
    execution: dict[str, Any] = cloud.client("stepfunctions").describe_execution(executionArn=arn)
    return execution if execution["status"] != "RUNNING" else None


def test_an_execution_goes_through_job_gate_wait_and_map_to_the_end(
    cloud: LocalCloud, folder: Path, notes: Any, wait_for: Any
) -> None:
    arn = start(cloud, "whole")
    token = wait_for(
        lambda: (folder / "token").exists() and (folder / "token").read_text(), "the gate to open"
    )
    assert ended(cloud, arn) is None
    stepfunctions = cloud.client("stepfunctions")
    stepfunctions.send_task_success(taskToken=token, output="{}")
    execution = wait_for(lambda: ended(cloud, arn), "the end")
    assert execution["status"] == "SUCCEEDED", execution
    found = cloud.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="doubled/")["Contents"]
    assert {item["Key"] for item in found} == {f"doubled/{n}" for n in range(20) if n != 3}
    assert {"branch": "b"} in notes.read()
    assert {"failed": "NotAVideo"} in notes.read()
    with pytest.raises(stepfunctions.exceptions.ClientError, match=r"InvalidToken|TaskDoesNotExist"):
        stepfunctions.send_task_success(taskToken=token, output="{}")


def test_a_failed_job_fails_the_execution_and_the_failure_is_announced(
    cloud: LocalCloud, notes: Any, wait_for: Any
) -> None:
    arn = start(cloud, "failing", exit_code="65")
    execution = wait_for(lambda: ended(cloud, arn), "the end")
    assert (execution["status"], execution["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(execution["cause"])["Container"]["ExitCode"] == 65
    (event,) = wait_for(
        lambda: [n for n in notes.read() if arn in n.get("resources", ())], "the announcement"
    )
    assert event["detail-type"] == "Step Functions Execution Status Change"
    assert event["detail"]["executionArn"] == arn
    assert event["detail"]["error"] == "States.TaskFailed"


def test_a_second_execution_of_the_same_name_is_refused(cloud: LocalCloud, notes: Any, wait_for: Any) -> None:
    arn = start(cloud, "once", exit_code="65")
    stepfunctions = cloud.client("stepfunctions")
    with pytest.raises(stepfunctions.exceptions.ExecutionAlreadyExists):
        start(cloud, "once", exit_code="66")
    wait_for(lambda: ended(cloud, arn), "the end")


def test_an_upload_reaches_its_function_through_rule_and_queue_in_s3_s_own_words(
    cloud: LocalCloud, notes: Any, wait_for: Any
) -> None:
    s3 = cloud.client("s3")
    version = s3.put_object(Bucket=BUCKET, Key="uploads/a b/ä.mp4", Body=b"12345")["VersionId"]
    s3.put_object(Bucket=BUCKET, Key="elsewhere/x.mp4", Body=b"")
    (batch,) = wait_for(lambda: [note for note in notes.read() if "Records" in note], "the message")
    (record,) = batch["Records"]
    assert record["eventSource"] == "aws:sqs"
    event = json.loads(record["body"])
    assert (event["source"], event["detail-type"]) == ("aws.s3", "Object Created")
    assert event["detail"]["bucket"] == {"name": BUCKET}
    seen = event["detail"]["object"]
    assert (seen["key"], seen["size"], seen["version-id"]) == ("uploads/a b/ä.mp4", 5, version)


def test_an_event_on_a_bus_of_our_own_reaches_its_function(
    cloud: LocalCloud, notes: Any, wait_for: Any
) -> None:
    entry = {"Source": "heaters.pipeline", "DetailType": "Stage progress", "Detail": '{"fraction": 0.5}'}
    events = cloud.client("events")
    events.put_events(Entries=[entry])  # on the default bus: no rule wants it
    answer = events.put_events(
        Entries=[{**entry, "EventBusName": "progress"}, {**entry, "Detail": "nonsense"}]
    )
    assert answer["FailedEntryCount"] == 1
    progress = {"source": "heaters.pipeline"}
    (event,) = wait_for(lambda: [n for n in notes.read() if progress.items() <= n.items()], "the event")
    assert event["detail"] == {"fraction": 0.5}


def test_a_function_can_be_invoked_by_the_sdk_and_sees_the_settings_laid_over_it(cloud: LocalCloud) -> None:
    client = cloud.client("lambda")
    answer = client.invoke(FunctionName="echo", Payload=b'{"a": 1}')
    said = json.loads(answer["Payload"].read())
    assert (said["event"], said["setting"]) == ({"a": 1}, "laid over")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke(FunctionName="nobody")


def test_jobs_can_be_listed_and_described_by_the_sdk(cloud: LocalCloud, wait_for: Any) -> None:
    client = cloud.client("batch")
    (definition,) = cloud.resources.job_definitions.values()
    job_id = client.submit_job(
        jobName="alone",
        jobQueue="any",
        jobDefinition=definition.arn,
        containerOverrides={"environment": [{"name": "EXIT_CODE", "value": "0"}]},
    )["jobId"]
    wait_for(lambda: client.describe_jobs(jobs=[job_id])["jobs"][0]["status"] == "SUCCEEDED", "success")
    listed = client.list_jobs(jobQueue="any", jobStatus="SUCCEEDED")["jobSummaryList"]
    assert job_id in {job["jobId"] for job in listed}


def test_an_api_that_dies_is_started_again(cloud: LocalCloud, wait_for: Any) -> None:
    def answers() -> bool:
        connection = http.client.HTTPConnection(cloud.url.removeprefix("http://"))
        connection.request("GET", "/api/health")
        return connection.getresponse().status == 200

    def process() -> psutil.Process | None:
        children = psutil.Process().children()
        return next((c for c in children if "local_cloud.web.api_server" in c.cmdline()), None)

    wait_for(answers, "the API to start")
    first = process()
    assert first is not None
    first.kill()
    wait_for(lambda: answers() and process() not in (None, first), "another API process to answer")
