"""SQS for functions: queues are moto's; this hands their messages to functions in batches, as Lambda's own pollers do.

A message whose batch failed, or that the function reports as failed, comes back after the queue's visibility
timeout, and moves to the dead-letter queue when it has come too often.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto.sqs.models import Message, Queue, SQSBackend, sqs_backends

from local_cloud.aws.resources import EventSource, QueueSpec
from local_cloud.aws.runtime_api import Invocation
from local_cloud.machine.settings import ACCOUNT_ID, REGION

POLL_INTERVAL_S = 0.2

_lock = threading.Lock()
"""moto's queues lose a message that is sent while another one is deleted."""

logger = logging.getLogger(__name__)


def backend() -> SQSBackend:
    """moto's queues of the local account."""
    return sqs_backends[ACCOUNT_ID][REGION]


def create_queues(queues: Iterable[QueueSpec]) -> None:
    """Make every queue, dead-letter queues first; those of an earlier cloud in this process are gone."""
    backend().queues.clear()
    for spec in sorted(queues, key=lambda queue: queue.redrive is not None):
        attributes: dict[str, Any] = {"VisibilityTimeout": str(spec.visibility_timeout_s)}
        if spec.redrive:
            target = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{spec.redrive[0]}"
            policy = {"deadLetterTargetArn": target, "maxReceiveCount": spec.redrive[1]}
            attributes["RedrivePolicy"] = json.dumps(policy)
        backend().create_queue(spec.name, tags=None, **attributes)


def send_message(queue: str, body: str) -> None:
    with _lock:
        backend().send_message(queue, body)


class Poller:
    """One event source: up to `max_concurrency` batches at once."""

    def __init__(self, source: EventSource, invoke: Callable[[str, bytes], Invocation]) -> None:
        self._source = source
        self._invoke = invoke
        self._stop = threading.Event()

    def start(self) -> None:
        for number in range(self._source.max_concurrency):
            name = f"poll-{self._source.queue}-{number}"
            threading.Thread(target=self._run, name=name, daemon=True).start()

    def close(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if not self._poll_once():
                    self._stop.wait(POLL_INTERVAL_S)
            except Exception:
                logger.exception("polling %s", self._source.queue)
                self._stop.wait(1)

    def _poll_once(self) -> bool:
        """Whether there was anything to do."""
        queue = backend().get_queue(self._source.queue)
        visibility_timeout_s = queue.visibility_timeout  # type: ignore[attr-defined] # moto sets it by its name
        with _lock:
            if not queue.messages:
                return False
            messages = backend().receive_message(
                self._source.queue, self._source.batch_size, 0, visibility_timeout_s, []
            )
        if not messages:
            return False
        event = {"Records": [_record(message, self._source.queue_arn) for message in messages]}
        outcome = self._invoke(self._source.function, json.dumps(event).encode())
        failed = failed_messages(outcome, [message.id for message in messages], partial=self._source.partial)
        self._delete(queue, [message for message in messages if message.id not in failed])
        return True

    def _delete(self, queue: Queue, messages: list[Message]) -> None:
        with _lock:
            for message in messages:
                backend().delete_message(queue.name, message.receipt_handle or "")


def failed_messages(outcome: Invocation, ids: list[str], *, partial: bool) -> frozenset[str]:
    """The messages of a batch that must come again: all of them if the function failed or reports nonsense."""
    if outcome.function_error:
        return frozenset(ids)
    if not partial:
        return frozenset()
    try:
        answer = json.loads(outcome.payload or b"null") or {}
        failed = {item["itemIdentifier"] for item in answer.get("batchItemFailures") or ()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return frozenset(ids)
    return frozenset(failed) if failed <= set(ids) else frozenset(ids)


def _record(message: Message, queue_arn: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.approximate_receive_count),
            "SentTimestamp": str(message.sent_timestamp),
            "SenderId": ACCOUNT_ID,
            "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
        },
        "messageAttributes": {},
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": REGION,
    }
