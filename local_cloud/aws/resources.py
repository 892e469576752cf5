"""What the local cloud takes from the template: functions, jobs, queues, rules and the state machine, as values."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_cloud.aws.batch_job import JobDefinition
from local_cloud.aws.front import Front, read_front
from local_cloud.aws.runtime_api import FunctionSpec
from local_cloud.aws.template import Assembly, Resource
from local_cloud.machine.settings import LocalCloudError
from local_cloud.s3.cors import CorsRule, read_rule


@dataclass(frozen=True, kw_only=True)
class QueueSpec:
    """`redrive` is (dead-letter queue name, receives before a message goes there)."""

    name: str
    arn: str
    visibility_timeout_s: int
    redrive: tuple[str, int] | None


@dataclass(frozen=True, kw_only=True)
class EventSource:
    """A queue whose messages a function gets in batches."""

    queue: str
    queue_arn: str
    function: str
    batch_size: int
    partial: bool
    """Whether the function reports which messages failed."""
    max_concurrency: int


@dataclass(frozen=True, kw_only=True)
class EventRule:
    """`targets` are ARNs with the target's own settings (Input, InputPath, …)."""

    name: str
    bus: str
    pattern: Mapping[str, Any] | None
    schedule: str | None
    targets: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class MachineSpec:
    name: str
    arn: str
    role_arn: str
    definition: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class CloudResources:
    """Everything that runs, by local name."""

    buckets: tuple[str, ...]
    cors_rules: Mapping[str, tuple[CorsRule, ...]]
    """By bucket."""
    functions: Mapping[str, FunctionSpec]
    job_definitions: Mapping[str, JobDefinition]
    spot_queues: frozenset[str]
    """Names of the job queues whose work gives way to the others'."""
    queues: tuple[QueueSpec, ...]
    event_sources: tuple[EventSource, ...]
    rules: tuple[EventRule, ...]
    machines: tuple[MachineSpec, ...]
    api_environment: Mapping[str, str]
    """What the review API's function is told; empty where there is none."""
    front: Front

    def function_by_handler(self, handler: str) -> FunctionSpec | None:
        """The function that runs `module.attribute`."""
        return next((spec for spec in self.functions.values() if spec.handler == handler), None)


def read_resources(assembly: Assembly) -> CloudResources:
    """Raises LocalCloudError naming stack, resource and property where a reference cannot be resolved."""
    functions = [f for r in assembly.resources("AWS::Lambda::Function") if (f := _function(assembly, r))]
    definitions = [_job_definition(assembly, r) for r in assembly.resources("AWS::Batch::JobDefinition")]
    return CloudResources(
        buckets=tuple(r.name for r in assembly.resources("AWS::S3::Bucket")),
        cors_rules={r.name: _cors_rules(assembly, r) for r in assembly.resources("AWS::S3::Bucket")},
        functions={spec.name: spec for spec in functions},
        job_definitions={spec.name: spec for spec in definitions},
        spot_queues=frozenset(
            r.name for r in assembly.resources("AWS::Batch::JobQueue") if _is_spot(assembly, r)
        ),
        queues=tuple(_queue(assembly, r) for r in assembly.resources("AWS::SQS::Queue")),
        event_sources=tuple(
            _event_source(assembly, r) for r in assembly.resources("AWS::Lambda::EventSourceMapping")
        ),
        rules=tuple(_rule(assembly, r) for r in assembly.resources("AWS::Events::Rule")),
        machines=tuple(_machine(assembly, r) for r in assembly.resources("AWS::StepFunctions::StateMachine")),
        api_environment=_api_environment(assembly),
        front=read_front(assembly),
    )


def _cors_rules(assembly: Assembly, bucket: Resource) -> tuple[CorsRule, ...]:
    return tuple(map(read_rule, assembly.resolve(bucket, "CorsConfiguration.CorsRules", [])))


def _api_environment(assembly: Assembly) -> Mapping[str, str]:
    """The one function that Chalice deploys, which SAM makes a function of."""
    variables = [
        assembly.resolve(r, "Environment.Variables", {})
        for r in assembly.resources("AWS::Serverless::Function")
    ]
    return {name: str(value) for found in variables for name, value in found.items()}


def _function(assembly: Assembly, resource: Resource) -> FunctionSpec | None:
    """A function of one of our images; None for the helpers that CDK adds for its own deployments."""
    command = assembly.resolve(resource, "ImageConfig.Command")
    if not command:
        return None
    return FunctionSpec(
        name=resource.name,
        arn=assembly.arn(resource),
        handler=command[0],
        environment={k: str(v) for k, v in assembly.resolve(resource, "Environment.Variables", {}).items()},
        timeout_s=int(assembly.resolve(resource, "Timeout", 3)),
        memory_mib=int(assembly.resolve(resource, "MemorySize", 128)),
    )


def _job_definition(assembly: Assembly, resource: Resource) -> JobDefinition:
    environment = assembly.resolve(resource, "ContainerProperties.Environment", [])
    timeout = assembly.resolve(resource, "Timeout.AttemptDurationSeconds")
    return JobDefinition(
        name=resource.name,
        arn=assembly.arn(resource),
        command=tuple(assembly.resolve(resource, "ContainerProperties.Command", [])),
        environment={item["Name"]: str(item["Value"]) for item in environment},
        attempts=int(assembly.resolve(resource, "RetryStrategy.Attempts", 1)),
        timeout_s=int(timeout) if timeout else None,
        exit_rules=tuple(assembly.resolve(resource, "RetryStrategy.EvaluateOnExit", [])),
    )


def _is_spot(assembly: Assembly, resource: Resource) -> bool:
    """Whether a job queue runs on spare capacity, which may be taken away."""
    order = assembly.resolve(resource, "ComputeEnvironmentOrder", [])
    names = {str(entry["ComputeEnvironment"]) for entry in order}
    environments = assembly.resources("AWS::Batch::ComputeEnvironment")
    used = [environment for environment in environments if assembly.arn(environment) in names]
    return any("SPOT" in str(assembly.resolve(e, "ComputeResources.Type", "")) for e in used)


def _queue(assembly: Assembly, resource: Resource) -> QueueSpec:
    target = assembly.resolve(resource, "RedrivePolicy.deadLetterTargetArn")
    receives = int(assembly.resolve(resource, "RedrivePolicy.maxReceiveCount", 0))
    return QueueSpec(
        name=resource.name,
        arn=assembly.arn(resource),
        visibility_timeout_s=int(assembly.resolve(resource, "VisibilityTimeout", 30)),
        redrive=(target.rsplit(":", 1)[1], receives) if target else None,
    )


def _event_source(assembly: Assembly, resource: Resource) -> EventSource:
    queue_arn = assembly.resolve(resource, "EventSourceArn")
    if not queue_arn or ":sqs:" not in queue_arn:
        raise LocalCloudError(
            f"Stack {resource.stack}, {resource.logical_id}: event sources other than SQS are not part of the "
            "local cloud."
        )
    return EventSource(
        queue=queue_arn.rsplit(":", 1)[1],
        queue_arn=queue_arn,
        function=assembly.resolve(resource, "FunctionName").split(":function:")[-1],
        batch_size=int(assembly.resolve(resource, "BatchSize", 10)),
        partial="ReportBatchItemFailures" in assembly.resolve(resource, "FunctionResponseTypes", []),
        max_concurrency=int(assembly.resolve(resource, "ScalingConfig.MaximumConcurrency", 2)),
    )


def _rule(assembly: Assembly, resource: Resource) -> EventRule:
    bus = str(assembly.resolve(resource, "EventBusName", "default"))
    enabled = assembly.resolve(resource, "State", "ENABLED") == "ENABLED"
    return EventRule(
        name=resource.name,
        bus=bus.rsplit("/", 1)[-1],
        pattern=assembly.resolve(resource, "EventPattern") if enabled else None,
        schedule=assembly.resolve(resource, "ScheduleExpression") if enabled else None,
        targets=tuple(assembly.resolve(resource, "Targets", [])),
    )


def _machine(assembly: Assembly, resource: Resource) -> MachineSpec:
    text = assembly.resolve(resource, "DefinitionString")
    if text is None:
        text = json.dumps(assembly.resolve(resource, "Definition"))
    values = assembly.resolve(resource, "DefinitionSubstitutions", {})
    text = re.sub(r"\$\{(\w+)\}", lambda match: str(values.get(match[1], match[0])), text)
    return MachineSpec(
        name=resource.name,
        arn=assembly.arn(resource),
        role_arn=str(assembly.resolve(resource, "RoleArn", "arn:aws:iam::123456789012:role/states")),
        definition=text,
        kind=assembly.resolve(resource, "StateMachineType", "STANDARD"),
    )
