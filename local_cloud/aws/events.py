"""EventBridge: events in, rules matched, targets called; and the schedules. Targets are queues and functions;
what would be mailed to operators is written to the log.

The events of S3 and Step Functions are made here in AWS's own shape. Delivery never holds up the sender.
"""

import json
import logging
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from moto.events.models import EventPattern

from local_cloud.aws.resources import EventRule
from local_cloud.machine.settings import ACCOUNT_ID, LOOPBACK, REGION
from local_cloud.s3.objects import Version

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}

logger = logging.getLogger(__name__)

SendMessage = Callable[[str, str], None]
"""`(queue name, body)`."""

InvokeLater = Callable[[str, bytes], None]
"""`(function name or ARN, event)`."""


class EventBus:
    """All buses of the template with their rules."""

    def __init__(
        self, *, rules: Iterable[EventRule], send_message: SendMessage, invoke_later: InvokeLater
    ) -> None:
        self._rules = [
            (rule, EventPattern(json.dumps(rule.pattern), dict(rule.pattern)))
            for rule in rules
            if rule.pattern is not None
        ]
        self._send_message = send_message
        self._invoke_later = invoke_later
        self._delivery = ThreadPoolExecutor(max_workers=1, thread_name_prefix="events")

    def put(self, event: Mapping[str, Any], bus: str = "default") -> None:
        """Deliver an event, in the order in which events were put, soon. After `close` nothing is delivered:
        an execution that ends because the cloud stops has not failed; the sweeper takes its video up again.
        """
        with suppress(RuntimeError):
            self._delivery.submit(self._deliver, dict(event), bus)

    def put_entries(self, entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """PutEvents: an entry that is not an event fails alone."""
        results = [self._put_entry(entry) for entry in entries]
        failed = sum("ErrorCode" in result for result in results)
        return {"FailedEntryCount": failed, "Entries": results}

    def close(self) -> None:
        self._delivery.shutdown(wait=False, cancel_futures=True)

    def _put_entry(self, entry: Mapping[str, Any]) -> dict[str, str]:
        try:
            detail = json.loads(entry["Detail"])
            event = make_event(entry["Source"], entry["DetailType"], detail, entry.get("Resources", []))
        except (KeyError, ValueError) as exc:
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": f"Not an event: {exc!r}"}
        self.put(event, entry.get("EventBusName", "default").rsplit("/", 1)[-1])
        return {"EventId": event["id"]}

    def _deliver(self, event: dict[str, Any], bus: str) -> None:
        for rule, pattern in self._rules:
            if rule.bus == bus and pattern.matches_event(event):  # type: ignore[arg-type] # a plain dict
                for target in rule.targets:
                    call_target(rule, target, event, self._send_message, self._invoke_later)


def call_target(
    rule: EventRule,
    target: Mapping[str, Any],
    event: Mapping[str, Any],
    send_message: SendMessage,
    invoke_later: InvokeLater,
) -> None:
    """Hand an event (or the target's own Input) to one target; what fails is logged."""
    payload = target.get("Input") or json.dumps(event)
    arn = target["Arn"]
    try:
        if ":sqs:" in arn:
            send_message(arn.rsplit(":", 1)[1], payload)
        elif ":lambda:" in arn:
            invoke_later(arn, payload.encode())
        elif ":sns:" in arn:
            logger.warning("operators would be told: %s", payload)
        else:
            logger.error("rule %s: target %s is not part of the local cloud", rule.name, arn)
    except Exception:
        logger.exception("rule %s could not reach %s", rule.name, arn)


def make_event(source: str, detail_type: str, detail: Any, resources: Iterable[str] = ()) -> dict[str, Any]:
    """An event's envelope, with a fresh id and the present time."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": ACCOUNT_ID,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": list(resources),
        "detail": detail,
    }


def object_created(bucket: str, version: Version, reason: str) -> dict[str, Any]:
    """S3's `Object Created`, as
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html shows it for a versioned bucket.
    """
    detail = {
        "version": "0",
        "bucket": {"name": bucket},
        "object": {
            "key": version.key,
            "size": version.size,
            "etag": version.etag,
            "version-id": version.version_id,
            "sequencer": f"{time.time_ns():016X}",
        },
        "request-id": uuid.uuid4().hex[:16].upper(),
        "requester": ACCOUNT_ID,
        "source-ip-address": LOOPBACK,
        "reason": reason,
    }
    return make_event("aws.s3", "Object Created", detail, [f"arn:aws:s3:::{bucket}"])


class Schedules:
    """The `rate(…)` schedules of the template; each fires once at the start and then at its rate.

    The first event has no `time`: it is not one of the schedule's own, and whoever looks more closely only now and
    then looks now.
    """

    def __init__(
        self, *, rules: Iterable[EventRule], fire: Callable[[EventRule, Mapping[str, Any]], None]
    ) -> None:
        self._rules = [(rule, rate_seconds(rule.schedule)) for rule in rules if rule.schedule]
        self._fire = fire
        self._stop = threading.Event()

    def start(self) -> None:
        for rule, interval_s in self._rules:
            threading.Thread(target=self._run, args=(rule, interval_s), daemon=True).start()

    def close(self) -> None:
        self._stop.set()

    def _run(self, rule: EventRule, interval_s: float | None) -> None:
        started = make_event("heaters.local", "Local cloud started", {})
        del started["time"]
        self._fire(rule, started)
        while interval_s is not None and not self._stop.wait(interval_s):
            self._fire(rule, make_event("aws.events", "Scheduled Event", {}))


def rate_seconds(expression: str | None) -> float | None:
    """Seconds of `rate(15 minutes)`; None for a cron expression, which only fires at the start here."""
    found = re.fullmatch(r"rate\((\d+) (second|minute|hour|day)s?\)", expression or "")
    return float(found[1]) * _SECONDS[found[2]] if found else None
