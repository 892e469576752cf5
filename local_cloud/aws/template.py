"""The synthesized stacks with their references resolved to local names and ARNs.

Resolves what it is asked for and nothing else: a template may use any resource, as long as the properties that
matter here refer to kinds listed in `_ATTRIBUTES`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_cloud.machine.settings import ACCOUNT_ID, REGION, LocalCloudError

_PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT_ID,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}
_NO_VALUE = object()

_NAME_PROPERTY = {
    "AWS::S3::Bucket": "BucketName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
    "AWS::Batch::JobDefinition": "JobDefinitionName",
    "AWS::Batch::JobQueue": "JobQueueName",
    "AWS::Batch::ComputeEnvironment": "ComputeEnvironmentName",
    "AWS::Events::EventBus": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::SNS::Topic": "TopicName",
}

_ARN = {
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{{name}}",
    "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{{name}}",
    "AWS::StepFunctions::StateMachine": f"arn:aws:states:{REGION}:{ACCOUNT_ID}:stateMachine:{{name}}",
    "AWS::Batch::JobDefinition": f"arn:aws:batch:{REGION}:{ACCOUNT_ID}:job-definition/{{name}}:1",
    "AWS::Batch::JobQueue": f"arn:aws:batch:{REGION}:{ACCOUNT_ID}:job-queue/{{name}}",
    "AWS::Batch::ComputeEnvironment": f"arn:aws:batch:{REGION}:{ACCOUNT_ID}:compute-environment/{{name}}",
    "AWS::Events::EventBus": f"arn:aws:events:{REGION}:{ACCOUNT_ID}:event-bus/{{name}}",
    "AWS::Events::Rule": f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/{{name}}",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT_ID}:role/{{name}}",
    "AWS::SNS::Topic": f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:{{name}}",
    "AWS::Cognito::UserPool": f"arn:aws:cognito-idp:{REGION}:{ACCOUNT_ID}:userpool/{{name}}",
}

_REF_IS_ARN = frozenset(
    {
        "AWS::StepFunctions::StateMachine",
        "AWS::Batch::JobDefinition",
        "AWS::Batch::JobQueue",
        "AWS::SNS::Topic",
    }
)

_ATTRIBUTES: Mapping[tuple[str, str], str] = {
    ("AWS::S3::Bucket", "DomainName"): "{name}.s3.amazonaws.com",
    ("AWS::S3::Bucket", "RegionalDomainName"): f"{{name}}.s3.{REGION}.amazonaws.com",
    ("AWS::SQS::Queue", "QueueName"): "{name}",
    ("AWS::StepFunctions::StateMachine", "Name"): "{name}",
    ("AWS::Batch::JobDefinition", "JobDefinitionArn"): _ARN["AWS::Batch::JobDefinition"],
    ("AWS::Batch::JobQueue", "JobQueueArn"): _ARN["AWS::Batch::JobQueue"],
    ("AWS::Batch::ComputeEnvironment", "ComputeEnvironmentArn"): _ARN["AWS::Batch::ComputeEnvironment"],
    ("AWS::Events::EventBus", "Name"): "{name}",
    # HEATERS_DATABASE_URL wins over these wherever a function runs here.
    ("AWS::RDS::DBCluster", "Endpoint.Address"): "localhost",
    ("AWS::RDS::DBCluster", "Endpoint.Port"): "5432",
    ("AWS::RDS::DBCluster", "DBClusterResourceId"): "{name}",
} | {(kind, "Arn"): arn for kind, arn in _ARN.items()}


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource of one stack; `name` is its local physical name."""

    stack: str
    logical_id: str
    kind: str
    name: str
    properties: Mapping[str, Any]


class Assembly:
    """All stacks of a cloud assembly."""

    def __init__(self, folder: Path) -> None:
        self._templates = dict(_read_templates(folder))
        self._exports = {
            output["Export"]["Name"]: (stack, output["Value"])
            for stack, template in self._templates.items()
            for output in template.get("Outputs", {}).values()
            if isinstance(output.get("Export", {}).get("Name"), str)
        }

    def resources(self, kind: str) -> list[Resource]:
        """Every resource of a kind, in template order."""
        return [
            self._resource(stack, logical_id)
            for stack, template in self._templates.items()
            for logical_id, entry in template.get("Resources", {}).items()
            if entry["Type"] == kind
        ]

    def resolve(self, resource: Resource, path: str, default: Any = None) -> Any:
        """The property at a dotted path with every reference resolved; `default` where it is absent."""
        value: Any = resource.properties
        for part in path.split("."):
            value = value.get(part, _NO_VALUE) if isinstance(value, Mapping) else _NO_VALUE
            if value is _NO_VALUE:
                return default
        found = self._value(value, resource.stack, f"{resource.logical_id}.{path}")
        return default if found is _NO_VALUE else found

    def arn(self, resource: Resource) -> str:
        return _ARN[resource.kind].format(name=resource.name)

    def _resource(self, stack: str, logical_id: str) -> Resource:
        entry = self._templates[stack]["Resources"][logical_id]
        kind, properties = entry["Type"], entry.get("Properties", {})
        given = properties.get(_NAME_PROPERTY.get(kind, ""), None)
        if given is not None:
            name = str(self._value(given, stack, f"{logical_id}.{_NAME_PROPERTY[kind]}"))
        else:
            name = _program_name(properties) or f"{stack}-{logical_id}"
        if kind == "AWS::S3::Bucket":
            name = name.lower()
        return Resource(stack=stack, logical_id=logical_id, kind=kind, name=name, properties=properties)

    def _value(self, value: Any, stack: str, where: str) -> Any:
        if isinstance(value, list):
            found = [self._value(item, stack, where) for item in value]
            return [item for item in found if item is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._intrinsic(name, argument, stack, where)
        resolved = {key: self._value(item, stack, where) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not _NO_VALUE}

    def _intrinsic(self, name: str, argument: Any, stack: str, where: str) -> Any:
        if name == "Ref":
            return self._ref(argument, stack, where)
        if name == "Fn::GetAtt":
            logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
            return self._attribute(logical_id, attribute, stack, where)
        if name == "Fn::Sub":
            return self._substitute(argument, stack, where)
        given = self._value(argument, stack, where)
        if name == "Fn::Join":
            return str(given[0]).join(str(part) for part in given[1])
        if name == "Fn::Select":
            return given[1][int(given[0])]
        if name == "Fn::Split":
            return str(given[1]).split(given[0])
        if name == "Fn::ImportValue" and given in self._exports:
            exporting, exported = self._exports[given]
            return self._value(exported, exporting, f"export {given}")
        raise LocalCloudError(
            f"Stack {stack}, {where}: the local cloud cannot resolve {name} {json.dumps(argument)[:200]}; "
            "teach local_cloud/aws/template.py about it."
        )

    def _ref(self, target: str, stack: str, where: str) -> Any:
        if target in _PSEUDO:
            return _PSEUDO[target]
        if target == "AWS::NoValue":
            return _NO_VALUE
        if target in ("AWS::StackName", "AWS::StackId"):
            return stack
        template = self._templates[stack]
        if target in template.get("Resources", {}):
            resource = self._resource(stack, target)
            if resource.kind in _REF_IS_ARN:
                return self.arn(resource)
            if resource.kind == "AWS::SQS::Queue":
                return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT_ID}/{resource.name}"
            return resource.name
        parameter = template.get("Parameters", {}).get(target, {})
        if "Default" in parameter:
            return parameter["Default"]
        raise LocalCloudError(f"Stack {stack}, {where}: nothing in the template is called {target}.")

    def _attribute(self, logical_id: str, attribute: str, stack: str, where: str) -> str:
        if logical_id not in self._templates[stack].get("Resources", {}):
            raise LocalCloudError(f"Stack {stack}, {where}: nothing in the template is called {logical_id}.")
        resource = self._resource(stack, logical_id)
        pattern = _ATTRIBUTES.get((resource.kind, attribute))
        if pattern is None:
            raise LocalCloudError(
                f"Stack {stack}, {where}: the local cloud knows no {attribute} of {logical_id} ({resource.kind}); "
                "teach local_cloud/aws/template.py about it."
            )
        return pattern.format(name=resource.name)

    def _substitute(self, argument: Any, stack: str, where: str) -> str:
        text, given = (argument, {}) if isinstance(argument, str) else argument
        given = self._value(given, stack, where)

        def found(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in given:
                return str(given[name])
            if "." in name:
                logical_id, attribute = name.split(".", 1)
                return self._attribute(logical_id, attribute, stack, where)
            return str(self._ref(name, stack, where))

        return re.sub(r"\$\{([^}]+)\}", found, text)


def _program_name(properties: Mapping[str, Any]) -> str | None:
    """`begin_video` for an image whose handler is functions.begin_video.handler: what people look for in logs."""
    command = properties.get("ImageConfig", {}).get("Command") or [None]
    return command[0].split(".")[-2] if isinstance(command[0], str) and "." in command[0] else None


def _read_templates(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        raise LocalCloudError(f"There is no cloud assembly in {folder}; run the CDK app into it first.")
    for artifact_id, artifact in json.loads(manifest.read_text())["artifacts"].items():
        kind, properties = artifact["type"], artifact.get("properties", {})
        if kind == "aws:cloudformation:stack":
            name = properties.get("stackName", artifact_id)
            yield name, json.loads((folder / properties["templateFile"]).read_text())
        elif kind == "cdk:cloud-assembly":
            yield from _read_templates(folder / properties["directoryName"])
