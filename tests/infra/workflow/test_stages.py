"""STAGES in the synthesized app: each stage runs where, as long and with as much as the table says."""

import json
from typing import Any

import pytest

from heaters.domain.pipeline import STAGES
from heaters.domain.stage import Place, Runner, Stage
from infra.pipeline.batch import RETRIED_ENDINGS, batch_places
from infra.workflow.tasks import BATCH_ATTEMPTS, job_placeholder, queue_placeholder, runner_placeholder
from tests.infra.templates import Template
from tests.infra.workflow.definitions import all_states

FARGATE_MEMORY_MIB = {
    0.25: {512, 1024, 2048},
    0.5: {gib * 1024 for gib in range(1, 5)},
    1: {gib * 1024 for gib in range(2, 9)},
    2: {gib * 1024 for gib in range(4, 17)},
    4: {gib * 1024 for gib in range(8, 31)},
    8: {gib * 1024 for gib in range(16, 61, 4)},
    16: {gib * 1024 for gib in range(32, 121, 8)},
}
"""Sizes that Fargate has, by vCPU: AWS Batch user guide, "Job definition parameters", resourceRequirements."""

ON_LAMBDA = [stage for stage in STAGES if stage.place.runner is Runner.LAMBDA]
ON_BATCH = [(stage, place) for stage in STAGES for place in batch_places(stage)]
ON_FARGATE = [(stage, place) for stage, place in ON_BATCH if place.runner is not Runner.BATCH_GPU]


def _name(value: Any) -> str:
    return value.name if isinstance(value, Stage) else value.runner.value


@pytest.mark.parametrize("stage", STAGES, ids=_name)
def test_a_stage_has_its_state_and_its_retries(stage: Stage, definition: dict[str, Any]) -> None:
    """The state is called as the stage's title says and retries by the stage's policy."""
    retrier = all_states(definition)[stage.title]["Retry"][0]
    assert retrier["MaxAttempts"] == stage.retry.max_attempts
    assert retrier["IntervalSeconds"] == stage.retry.interval_s
    assert retrier["BackoffRate"] == stage.retry.backoff_rate
    assert retrier["MaxDelaySeconds"] == stage.retry.max_delay_s


@pytest.mark.parametrize("stage", ON_LAMBDA, ids=_name)
def test_a_lambda_stage_has_its_memory_disk_and_time(
    stage: Stage, pipeline: Template, definition: dict[str, Any]
) -> None:
    """The Lambda gets what the table says, and the state waits a little longer than the Lambda may run."""
    function = pipeline.lambdas()[f"{stage.module}.handler"]
    assert function["MemorySize"] == stage.place.memory_mib
    assert function["EphemeralStorage"]["Size"] == stage.place.disk_gib * 1024
    assert function["Timeout"] == stage.place.timeout_s
    state = all_states(definition)[stage.title]
    assert state["Parameters"]["FunctionName"] == f"${{{runner_placeholder(stage)}}}"
    assert stage.place.timeout_s < state["TimeoutSeconds"] <= stage.place.timeout_s + 30


@pytest.mark.parametrize("stage", ON_LAMBDA, ids=_name)
def test_a_lambda_stage_stays_outside_the_vpc_and_sees_the_bucket_only(
    stage: Stage, pipeline: Template
) -> None:
    """Nothing about the catalog, the bus or the state machine is in its environment."""
    function = pipeline.lambdas()[f"{stage.module}.handler"]
    assert "VpcConfig" not in function
    ours = {name for name in function["Environment"]["Variables"] if name.startswith("HEATERS_")}
    assert ours == {"HEATERS_BUCKET"}


@pytest.mark.parametrize(("stage", "place"), ON_BATCH, ids=_name)
def test_a_batch_stage_has_its_resources_time_and_command(
    stage: Stage, place: Place, pipeline: Template
) -> None:
    """The job definition says what the table says."""
    job = pipeline.only("AWS::Batch::JobDefinition", f"Batch{job_placeholder(stage)}")
    container = job["ContainerProperties"]
    needs = {need["Type"]: float(need["Value"]) for need in container["ResourceRequirements"]}
    expected = {"VCPU": place.vcpu, "MEMORY": place.memory_mib} | ({"GPU": 1} if place.gpu_count else {})
    assert needs == expected
    assert container["Command"] == ["python", "-m", stage.module]
    assert job["Timeout"]["AttemptDurationSeconds"] == place.timeout_s
    if place.runner is not Runner.BATCH_GPU:
        assert container["EphemeralStorage"]["SizeInGiB"] == place.disk_gib


@pytest.mark.parametrize(("stage", "place"), ON_BATCH, ids=_name)
def test_a_batch_job_starts_again_only_when_that_may_help(
    stage: Stage, place: Place, pipeline: Template
) -> None:
    """A lost host and exit code 75 start it again; any other ending is final."""
    assert place.runner is not Runner.LAMBDA
    strategy = pipeline.only("AWS::Batch::JobDefinition", f"Batch{job_placeholder(stage)}")["RetryStrategy"]
    *retried, final = strategy["EvaluateOnExit"]
    assert strategy["Attempts"] == BATCH_ATTEMPTS
    assert {"Action": "RETRY", "OnExitCode": "75"} in retried
    assert {"Action": "RETRY", "OnStatusReason": "Host EC2*"} in retried
    assert len(retried) == len(RETRIED_ENDINGS) <= 4
    assert final == {"Action": "EXIT", "OnReason": "*"}


@pytest.mark.parametrize(("stage", "place"), ON_BATCH, ids=_name)
def test_a_batch_state_submits_its_job_to_its_queue_and_waits_for_every_attempt(
    stage: Stage, place: Place, definition: dict[str, Any]
) -> None:
    """The state outlasts as many full attempts as the job definition allows."""
    title = stage.title if place is stage.place else stage.bulk_title
    state = all_states(definition)[title]
    job = "$.job" if stage.name == "export" else "$.step.job"  # a clip's job comes with its wave
    assert state["Resource"] == "arn:aws:states:::batch:submitJob.sync"
    assert state["Parameters"]["JobDefinition"] == f"${{{job_placeholder(stage)}}}"
    assert state["Parameters"]["JobQueue"] == f"${{{queue_placeholder(place.runner)}}}"
    assert state["Parameters"]["ContainerOverrides"]["Environment"] == [
        {"Name": "HEATERS_JOB", "Value.$": f"States.JsonToString({job})"}
    ]
    assert state["TimeoutSeconds"] > BATCH_ATTEMPTS * place.timeout_s


def test_the_machine_calls_the_newest_revision_of_each_job_definition(pipeline: Template) -> None:
    """A deployment deregisters the one before it, while executions wait at their gates for weeks."""
    names = {entry["JobDefinitionName"] for entry in pipeline.of_type("AWS::Batch::JobDefinition").values()}
    machine = pipeline.only("AWS::StepFunctions::StateMachine", "Video")
    called = {
        value for key, value in machine["DefinitionSubstitutions"].items() if key.endswith("JobDefinition")
    }
    assert called == names
    (submit,) = [s for _, s in pipeline.statements() if s["Action"] == "batch:SubmitJob"]
    allowed = json.dumps(submit["Resource"])
    assert all(f"job-definition/{name}:*" in allowed for name in names)


@pytest.mark.parametrize(("stage", "place"), ON_FARGATE, ids=_name)
def test_fargate_has_that_size(stage: Stage, place: Place) -> None:
    """Only some pairs of vCPU and memory exist, and scratch space from 21 to 200 GiB."""
    assert place.memory_mib in FARGATE_MEMORY_MIB[place.vcpu], stage.name
    assert 21 <= place.disk_gib <= 200


def test_every_batch_environment_shrinks_to_nothing(pipeline: Template) -> None:
    """Fargate does by nature; instances are told to."""
    environments = pipeline.of_type("AWS::Batch::ComputeEnvironment").values()
    kinds = {environment["ComputeResources"]["Type"] for environment in environments}
    assert kinds == {"FARGATE", "FARGATE_SPOT", "EC2"}
    for environment in environments:
        assert environment["ComputeResources"].get("MinvCpus", 0) == 0
        assert environment["ComputeResources"].get("DesiredvCpus", 0) == 0
