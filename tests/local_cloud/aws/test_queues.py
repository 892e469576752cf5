"""Messages of a queue reach their function in batches, come again when they failed, and end as dead letters."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from local_cloud.aws import queues
from local_cloud.aws.resources import EventSource, QueueSpec
from local_cloud.aws.runtime_api import Invocation, failed

ARN = "arn:aws:sqs:us-east-1:123456789012:"


@pytest.fixture
def source() -> EventSource:
    """A queue that gives a message again at once and gives it up after three times."""
    queues.create_queues(
        [
            QueueSpec(name="work", arn=f"{ARN}work", visibility_timeout_s=0, redrive=("dead", 3)),
            QueueSpec(name="dead", arn=f"{ARN}dead", visibility_timeout_s=30, redrive=None),
        ]
    )
    return EventSource(
        queue="work", queue_arn=f"{ARN}work", function="f", batch_size=10, partial=True, max_concurrency=1
    )  # fmt: skip


class Recorder:
    """A function that fails for the bodies it is told to."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.bad: set[str] = set()
        self.crash = False

    def invoke(self, _name: str, payload: bytes) -> Invocation:
        records = json.loads(payload)["Records"]
        self.seen.update(record["body"] for record in records)
        if self.crash:
            return failed("Crash", "on purpose")
        failures = [{"itemIdentifier": r["messageId"]} for r in records if r["body"] in self.bad]
        return Invocation(payload=json.dumps({"batchItemFailures": failures}).encode())


@pytest.fixture
def recorder(source: EventSource) -> Iterator[Recorder]:
    kept = Recorder()
    poller = queues.Poller(source, kept.invoke)
    poller.start()
    yield kept
    poller.close()


def bodies(queue: str) -> list[str]:
    return [message.body for message in queues.backend().get_queue(queue)._messages]


def test_a_message_that_is_done_is_deleted(recorder: Recorder, wait_for: Any) -> None:
    for body in ("one", "two"):
        queues.send_message("work", body)
    wait_for(lambda: recorder.seen == {"one": 1, "two": 1} and not bodies("work"), "both to be done")


def test_only_the_message_that_failed_comes_again_and_then_goes_to_the_dead_letters(
    recorder: Recorder, wait_for: Any
) -> None:
    recorder.bad = {"bad"}
    for body in ("good", "bad"):
        queues.send_message("work", body)
    wait_for(lambda: bodies("dead") == ["bad"], "the dead letter")
    assert recorder.seen == {"good": 1, "bad": 3}
    assert not bodies("work")


def test_a_batch_whose_function_crashed_comes_again_whole(recorder: Recorder, wait_for: Any) -> None:
    recorder.crash = True
    for body in ("one", "two"):
        queues.send_message("work", body)
    wait_for(lambda: sorted(bodies("dead")) == ["one", "two"], "both dead letters")
    assert recorder.seen == {"one": 3, "two": 3}


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (b"null", set()),
        (b"{}", set()),
        (b'{"batchItemFailures": [{"itemIdentifier": "a"}]}', {"a"}),
        (b'{"batchItemFailures": [{"itemIdentifier": "unknown"}]}', {"a", "b"}),
        (b'{"batchItemFailures": [{}]}', {"a", "b"}),
        (b"nonsense", {"a", "b"}),
    ],
)
def test_a_report_that_cannot_be_trusted_fails_the_whole_batch(answer: bytes, wanted: set[str]) -> None:
    assert queues.failed_messages(Invocation(payload=answer), ["a", "b"], partial=True) == wanted
