"""A hand-made cloud assembly of the same shape as the synthesized one, with small functions in it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BUCKET = "small-media"
_PROGRAMS = "tests.local_cloud.programs.handlers"


def get_att(logical_id: str, attribute: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [logical_id, attribute]}


def function(handler: str, *, timeout_s: int = 20, **environment: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "ImageConfig": {"Command": [f"{_PROGRAMS}.{handler}"]},
            "FunctionName": handler,
            "PackageType": "Image",
            "Timeout": timeout_s,
            "MemorySize": 256,
            "Environment": {"Variables": environment},
        },
    }


def write_assembly(folder: Path, stacks: Mapping[str, Mapping[str, Any]]) -> Path:
    """Stacks by name, each a template, as `cdk synth` leaves them."""
    folder.mkdir(parents=True, exist_ok=True)
    artifacts = {}
    for name, template in stacks.items():
        (folder / f"{name}.template.json").write_text(json.dumps(template))
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": f"{name}.template.json"},
        }
    (folder / "manifest.json").write_text(json.dumps({"version": "36.0.0", "artifacts": artifacts}))
    return folder


def lambda_task(name: str, payload: Any, **more: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "${" + name + "}", "Payload": payload},
        **more,
    }


def _definition() -> dict[str, Any]:
    """A Batch job, then a gate loop and a second branch in parallel, then a Distributed Map: the real one in small."""
    return {
        "StartAt": "Run job",
        "States": {
            "Run job": {
                "Type": "Task",
                "Resource": "arn:aws:states:::batch:submitJob.sync",
                "Parameters": {
                    "JobName": "small",
                    "JobQueue": "${queue}",
                    "JobDefinition": "${job}",
                    "ContainerOverrides": {
                        "Environment": [{"Name": "EXIT_CODE", "Value.$": "$.exit_code"}],
                    },
                },
                "ResultPath": None,
                "Next": "Both",
            },
            "Both": {
                "Type": "Parallel",
                "Branches": [_gate_branch(), _note_branch()],
                "ResultPath": None,
                "End": True,
            },
        },
    }


def _note_branch() -> dict[str, Any]:
    return {"StartAt": "Note", "States": {"Note": lambda_task("append", {"branch": "b"}, End=True)}}


def _gate_branch() -> dict[str, Any]:
    gate = lambda_task("open_gate", {"token.$": "$$.Task.Token"}, ResultPath="$.gate", Next="Window")
    gate["Resource"] += ".waitForTaskToken"
    item = lambda_task("double", {"n.$": "$.n"}, End=True)
    item["Catch"] = [{"ErrorEquals": ["NotAVideo"], "Next": "Note item"}]
    collect = lambda_task("write_manifest", {"count.$": "$.count"}, ResultPath="$.wave", Next="Process")
    collect["ResultSelector"] = {"key.$": "$.Payload.key"}
    return {
        "StartAt": "Gate",
        "States": {
            "Gate": gate,
            "Window": {"Type": "Wait", "SecondsPath": "$.window_s", "Next": "Collect"},
            "Collect": collect,
            "Process": {
                "Type": "Map",
                "MaxConcurrency": 8,
                "ItemReader": {
                    "Resource": "arn:aws:states:::s3:getObject",
                    "ReaderConfig": {"InputType": "JSON"},
                    "Parameters": {"Bucket": BUCKET, "Key.$": "$.wave.key"},
                },
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": "Double",
                    "States": {
                        "Double": item,
                        "Note item": lambda_task("append", {"failed.$": "$.Error"}, End=True),
                    },
                },
                "ResultPath": None,
                "End": True,
            },
        },
    }


def small_stack(notes: Path) -> dict[str, Any]:
    """One bucket, a queue with dead letters, rules, functions, a job and the state machine."""
    command = [
        "python",
        "-c",
        "import os, sys; print('job ran'); sys.exit(int(os.environ['EXIT_CODE']))",
    ]
    names = ("append", "open_gate", "write_manifest", "double")
    values = {name: get_att(name, "Arn") for name in names}
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": BUCKET}},
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "progress"}},
        "Ingest": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 60}},
        "Source": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": get_att("Ingest", "Arn"),
                "FunctionName": {"Ref": "append"},
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            },
        },
        **_rules(),
        "Queue": {"Type": "AWS::Batch::JobQueue", "Properties": {}},
        "Job": {
            "Type": "AWS::Batch::JobDefinition",
            "Properties": {"ContainerProperties": {"Command": command}, "RetryStrategy": {"Attempts": 1}},
        },
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "DefinitionString": json.dumps(_definition()),
                "DefinitionSubstitutions": {**values, "queue": {"Ref": "Queue"}, "job": {"Ref": "Job"}},
                "RoleArn": "arn:aws:iam::123456789012:role/machine",
            },
        },
    }
    environment: dict[str, Any] = {
        "NOTES": str(notes),
        "BUCKET": {"Ref": "Bucket"},
        "SETTING": "from the template",
    }
    functions = {name: function(name, **environment) for name in (*names, "echo")}
    return {"Resources": resources | functions}


def _rules() -> dict[str, Any]:
    """Uploads to the queue; progress on a bus of its own and failed executions to a function."""
    machine_arn = {"Ref": "Machine"}
    failed = {"source": ["aws.states"], "detail": {"stateMachineArn": [machine_arn], "status": ["FAILED"]}}
    uploads = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [BUCKET]}, "object": {"key": [{"prefix": "uploads/"}]}},
    }
    append_arn = get_att("append", "Arn")
    progress = {
        "EventBusName": {"Ref": "Bus"},
        "EventPattern": {"source": ["heaters.pipeline"]},
        "Targets": [{"Arn": append_arn, "Id": "0"}],
    }
    return {
        "Uploads": _rule(
            {"EventPattern": uploads, "Targets": [{"Arn": get_att("Ingest", "Arn"), "Id": "0"}]}
        ),
        "Progress": _rule(progress),
        "Failures": _rule({"EventPattern": failed, "Targets": [{"Arn": append_arn, "Id": "0"}]}),
    }


def _rule(properties: dict[str, Any]) -> dict[str, Any]:
    return {"Type": "AWS::Events::Rule", "Properties": properties}
