"""Upload events: at least once, in any order, next to events that are no uploads."""

import json
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from functions import start_video
from heaters.catalog.connection import Connection
from heaters.domain.errors import WorkflowUnavailable
from heaters.intake.executions import describe_execution, last_change
from tests.catalog.stages.pipeline import ARN, call
from tests.catalog.step_functions import FakeStepFunctions
from tests.fixtures.buckets import BUCKET


def _event(key: str = "uploads/a b+c.mp4", version: str = "v1", **detail: Any) -> dict[str, Any]:
    stored = {"key": key, "size": 0, "version-id": version}
    return {
        "detail-type": "Object Created",
        "source": "aws.s3",
        "detail": {"bucket": {"name": BUCKET}, "object": stored} | detail,
    }


def _deliver(*events: dict[str, Any]) -> list[str]:
    """Deliver one batch; the ids of the messages that failed."""
    records = [
        {"messageId": f"m{n}", "eventSource": "aws:sqs", "body": json.dumps(event)}
        for n, event in enumerate(events)
    ]
    answer = call(start_video, Records=records)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def _videos(connection: Connection) -> list[dict[str, Any]]:
    return connection.execute("SELECT * FROM source_videos ORDER BY video_no").fetchall()


def test_an_event_delivered_three_times_gives_one_video_and_one_execution(
    surroundings: FakeStepFunctions, connection: Connection
) -> None:
    assert _deliver(_event(), _event()) == []
    assert _deliver(_event()) == []
    (video,) = _videos(connection)
    assert (video["title"], video["source_key"], video["source_version"], video["state"]) == (
        "a b+c.mp4", "uploads/a b+c.mp4", "v1", "new",
    )  # fmt: skip
    (started,) = surroundings.started
    assert started["name"] == f"{video['video_id']}-1"
    assert started["input"] == {
        "video_id": video["video_id"], "attempt": 1, "undo_window_s": 60, "release_size": 25,
    }  # fmt: skip


def test_a_new_version_of_a_key_is_another_video(
    surroundings: FakeStepFunctions, connection: Connection
) -> None:
    _deliver(_event(version="v1"), _event(version="v2"))
    assert len(_videos(connection)) == len(surroundings.started) == 2


def test_a_delivery_after_the_execution_has_begun_starts_nothing(
    surroundings: FakeStepFunctions, connection: Connection
) -> None:
    _deliver(_event())
    connection.execute("UPDATE source_videos SET execution_arn = %s", (ARN,))
    surroundings.is_down = True
    assert _deliver(_event()) == []


@pytest.mark.parametrize(
    "event",
    [
        _event(key="proxies/x/proxy.mp4"),
        _event(key="uploads/"),
        _event(key="uploads/folder/"),
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET},
        {
            "detail-type": "Object Deleted",
            "detail": {"bucket": {"name": BUCKET}, "object": {"key": "uploads/a"}},
        },
        {"detail-type": "Object Created", "detail": {}},
        {},
    ],
)
@pytest.mark.usefixtures("surroundings")
def test_what_is_no_upload_is_ignored(event: dict[str, Any], connection: Connection) -> None:
    assert _deliver(event) == []
    assert _videos(connection) == []


def test_a_message_that_fails_comes_again_alone_and_heals(
    surroundings: FakeStepFunctions, connection: Connection
) -> None:
    surroundings.is_down = True
    assert _deliver(_event(key="proxies/x"), _event()) == ["m1"]
    assert len(_videos(connection)) == 1, "the row was written before Step Functions refused"
    surroundings.is_down = False
    assert _deliver(_event()) == []
    assert len(surroundings.started) == 1


@pytest.mark.usefixtures("surroundings")
def test_step_functions_out_of_reach_is_an_error_that_is_tried_again(
    surroundings: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only what Step Functions answers: also that it does not answer."""

    def hang(**_: Any) -> None:
        raise ConnectTimeoutError(endpoint_url="https://states.us-east-1.amazonaws.com")

    for name in ("start_execution", "describe_execution", "list_executions"):
        monkeypatch.setattr(surroundings, name, hang)
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:Video"
    with pytest.raises(WorkflowUnavailable, match="try again"):
        describe_execution(surroundings, state_machine_arn=machine, name="x")
    with pytest.raises(WorkflowUnavailable, match="try again"):
        last_change(surroundings, state_machine_arn=machine)


@pytest.mark.usefixtures("surroundings")
def test_a_message_that_is_no_json_does_not_stop_the_others(connection: Connection) -> None:
    records = [
        {"messageId": "bad", "eventSource": "aws:sqs", "body": "{"},
        {"messageId": "good", "eventSource": "aws:sqs", "body": json.dumps(_event())},
    ]
    answer = call(start_video, Records=records)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert len(_videos(connection)) == 1
