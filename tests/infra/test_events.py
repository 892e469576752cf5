"""What starts the pipeline and what follows it: uploads, failed executions, progress, the sweeper's rounds."""

import json
from pathlib import Path
from typing import Any

from infra.workflow.light_functions import FUNCTION
from tests.infra.templates import Template, as_list


def test_uploads_go_to_the_queue(pipeline: Template) -> None:
    """New objects under uploads/ of the media bucket, and no others."""
    rule = pipeline.only("AWS::Events::Rule", "IngestUploads")
    detail = rule["EventPattern"]["detail"]
    assert rule["EventPattern"]["source"] == ["aws.s3"]
    assert rule["EventPattern"]["detail-type"] == ["Object Created"]
    assert detail["object"]["key"] == [{"prefix": "uploads/"}]
    assert len(detail["bucket"]["name"]) == 1
    assert _target(rule).startswith("IngestQueue")


def test_a_message_is_hidden_for_six_times_as_long_as_start_video_may_take(pipeline: Template) -> None:
    """AWS's advice; a message that comes back too early is worked on twice."""
    queue = pipeline.only("AWS::SQS::Queue", "IngestQueue")
    assert queue["VisibilityTimeout"] >= 6 * FUNCTION["start_video"].timeout_s


def test_a_message_that_cannot_be_taken_ends_in_the_dead_letter_queue(pipeline: Template) -> None:
    """After five tries, and stays there for two weeks."""
    redrive = pipeline.only("AWS::SQS::Queue", "IngestQueue")["RedrivePolicy"]
    assert redrive["maxReceiveCount"] == 5
    assert redrive["deadLetterTargetArn"]["Fn::GetAtt"][0].startswith("IngestDeadLetters")
    dead = pipeline.only("AWS::SQS::Queue", "IngestDeadLetters")
    assert dead["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_only_the_messages_that_failed_come_again(pipeline: Template) -> None:
    """start_video answers which ones; few of it run at once, however many uploads there are."""
    mapping = pipeline.only("AWS::Lambda::EventSourceMapping")
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["FunctionName"]["Ref"].startswith("FunctionsStartVideo")
    assert 2 <= mapping["ScalingConfig"]["MaximumConcurrency"] <= 50


def test_failed_executions_of_this_machine_are_recorded(pipeline: Template) -> None:
    """Failed, timed out and stopped alike; an event that cannot be delivered is kept."""
    rule = pipeline.only("AWS::Events::Rule", "EventsFailedExecutions")
    pattern = rule["EventPattern"]
    assert pattern["source"] == ["aws.states"]
    assert pattern["detail"]["status"] == ["FAILED", "TIMED_OUT", "ABORTED"]
    assert len(pattern["detail"]["stateMachineArn"]) == 1
    assert _target(rule).startswith("FunctionsRecordFailure")
    assert "DeadLetterConfig" in rule["Targets"][0]


def test_progress_has_a_bus_of_its_own(pipeline: Template) -> None:
    """Runners may put events on it and on no other."""
    rule = pipeline.only("AWS::Events::Rule", "Progress")
    assert rule["EventPattern"] == {"source": ["heaters.pipeline"], "detail-type": ["Stage progress"]}
    assert "EventBusName" in rule
    assert _target(rule).startswith("FunctionsRecordProgress")
    puts = [
        statement
        for name, statement in pipeline.statements()
        if "events:PutEvents" in as_list(statement["Action"]) and not name.startswith("VideoStateMachine")
    ]
    assert puts
    assert all(s["Resource"]["Fn::GetAtt"][0].startswith("ProgressBus") for s in puts)


def test_only_the_state_machine_sends_reminders_and_operators_get_them(
    pipeline: Template, assembly: Path
) -> None:
    """On the default bus, where no runner may put anything; the rule writes a sentence for people."""
    senders = [
        name
        for name, statement in pipeline.statements()
        if "events:PutEvents" in as_list(statement["Action"])
        and "event-bus/default" in str(statement["Resource"])
    ]
    assert [name.startswith("VideoStateMachine") for name in senders] == [True]
    rule = Template.read(assembly / "HeatersOperations.template.json").only("AWS::Events::Rule", "Reminders")
    assert rule["EventPattern"] == {"source": ["heaters.review"], "detail-type": ["Review reminder"]}
    (target,) = rule["Targets"]
    assert target["Arn"]["Ref"].startswith("AlarmsTopic")
    assert "wait for review" in target["InputTransformer"]["InputTemplate"]


def test_the_sweeper_comes_every_quarter_of_an_hour(pipeline: Template) -> None:
    """It finds whatever the events lost."""
    rule = pipeline.only("AWS::Events::Rule", "EventsSweep")
    assert rule["ScheduleExpression"] == "rate(15 minutes)"
    assert _target(rule).startswith("FunctionsSweep")


def test_migrations_run_before_anything_starts_a_video(pipeline: Template) -> None:
    """The queue's event source and the schedules wait for the trigger."""
    (trigger,) = pipeline.of_type("Custom::Trigger")
    for name, entry in pipeline.resources.items():
        if entry["Type"] in ("AWS::Lambda::EventSourceMapping", "AWS::SQS::Queue") or name.startswith(
            "EventsSweep"
        ):
            assert trigger in _waits_for(entry, pipeline), name


def test_no_function_of_a_new_version_meets_the_schema_of_the_old_one(pipeline: Template) -> None:
    """Also when a version is updated, every function beside the database waits for the trigger."""
    (trigger,) = pipeline.of_type("Custom::Trigger")
    for name, entry in pipeline.resources.items():
        properties = entry.get("Properties", {})
        if entry["Type"] == "AWS::Lambda::Function" and "VpcConfig" in properties:
            is_migrate = properties["ImageConfig"]["Command"] == ["functions.migrate.handler"]
            assert (trigger in entry["DependsOn"]) is not is_migrate, name


def _waits_for(entry: Any, pipeline: Template) -> set[str]:
    """What a resource depends on, by name or through what it refers to."""
    found, text = set(entry.get("DependsOn", [])), json.dumps(entry.get("Properties", {}))
    for name, other in pipeline.resources.items():
        if f'"{name}"' in text:
            found |= set(other.get("DependsOn", []))
    return found


def _target(rule: Any) -> str:
    (target,) = rule["Targets"]
    return target["Arn"]["Fn::GetAtt"][0]
