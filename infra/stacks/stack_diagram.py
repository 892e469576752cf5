"""Draws what is deployed as a Mermaid flowchart: every stack, the constructs in it, the services that they are made of
and the stages that run there. Reads what the CDK app wrote, so it shows what is there; builds nothing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from heaters.domain.pipeline import STAGES
from heaters.domain.stage import Runner, Stage

_SERVICES: Mapping[str, str] = {
    "AWS::Batch::JobQueue": "Batch",
    "AWS::CloudFront::Distribution": "CloudFront",
    "AWS::CloudWatch::Alarm": "CloudWatch",
    "AWS::Cognito::UserPool": "Cognito",
    "AWS::EC2::VPC": "VPC",
    "AWS::Events::Rule": "EventBridge",
    "AWS::Lambda::Function": "Lambda",
    "AWS::RDS::DBCluster": "Aurora PostgreSQL",
    "AWS::S3::Bucket": "S3",
    "AWS::SNS::Topic": "SNS",
    "AWS::SQS::Queue": "SQS",
    "AWS::Serverless::Api": "API Gateway",
    "AWS::Serverless::Function": "Lambda",
    "AWS::StepFunctions::StateMachine": "Step Functions",
}
"""What tells that a construct uses a service. A construct without any of these only serves the others."""

_RUNNERS, _BATCH = "Runners", "Batch"
"""The constructs in which stages run."""

_IN_A_ROW = 4

_STACK, _CONSTRUCT = "aws-cdk-lib.Stack", "constructs.Construct"


def render_stacks(assembly: Path, stages: Iterable[Stage] = STAGES) -> str:
    """The chart in a fence. `assembly` is the folder that holds the templates, `cdk.out`."""
    tree = json.loads((assembly / "tree.json").read_text())["tree"]
    stacks = [node for node in _children(tree) if _kind(node) == _STACK]
    runs = _stages_by_construct(list(stages))
    lines = ["flowchart TB"]
    for stack in stacks:
        lines += [f"subgraph {stack['id']}", *_constructs(stack, runs), "end"]
    lines += _arrows(json.loads((assembly / "manifest.json").read_text()), [s["id"] for s in stacks])
    return "\n".join(["```mermaid", *lines, "```", ""])


def _stages_by_construct(stages: list[Stage]) -> Mapping[str, list[str]]:
    on_lambda = [s.title for s in stages if any(p.runner is Runner.LAMBDA for p in s.places)]
    on_batch = [s.title for s in stages if any(p.runner is not Runner.LAMBDA for p in s.places)]
    return {_RUNNERS: on_lambda, _BATCH: on_batch}


def _constructs(stack: Mapping[str, Any], runs: Mapping[str, list[str]]) -> Iterator[str]:
    names = []
    yield "direction TB"
    for node in _children(stack):
        services = sorted({_SERVICES[kind] for kind in _resources(node) if kind in _SERVICES})
        if _kind(node) == _CONSTRUCT and services:
            label = "<br>".join((f"<b>{node['id']}</b>", ", ".join(services), *runs.get(node["id"], ())))
            names.append(f"{stack['id']}_{node['id']}")
            yield f'{names[-1]}["{label}"]'
    for above, below in zip(names, names[_IN_A_ROW:], strict=False):
        yield f"{above} ~~~ {below}"


def _arrows(manifest: Mapping[str, Any], stacks: list[str]) -> Iterator[str]:
    """From each stack to those that it is built upon."""
    for stack in stacks:
        for below in manifest["artifacts"][stack].get("dependencies", []):
            if below in stacks:
                yield f"{stack} --> {below}"


def _resources(node: Mapping[str, Any]) -> Iterator[str]:
    """The CloudFormation types in this construct."""
    kind = node.get("attributes", {}).get("aws:cdk:cloudformation:type")
    if kind:
        yield kind
    for child in _children(node):
        yield from _resources(child)


def _children(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from node.get("children", {}).values()


def _kind(node: Mapping[str, Any]) -> str:
    return str(node.get("constructInfo", {}).get("fqn"))
