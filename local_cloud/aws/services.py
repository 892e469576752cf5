"""The AWS services of one local cloud, made from what the template has in it and connected to each other."""

import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from local_cloud.aws import events, queues, step_functions
from local_cloud.aws.batch import Batch
from local_cloud.aws.gateway import Gateway
from local_cloud.aws.lambdas import Lambdas
from local_cloud.aws.resources import CloudResources, EventRule
from local_cloud.machine.processes import Children
from local_cloud.machine.settings import LocalSettings
from local_cloud.s3.object_store import ObjectStore
from local_cloud.s3.server import S3

_IDLE_CHECK_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Services:
    gateway: Gateway
    s3: S3
    lambdas: Lambdas
    batch: Batch


def start_services(
    settings: LocalSettings,
    resources: CloudResources,
    *,
    environment: Mapping[str, str],
    children: Children,
    port: int,
    stack: ExitStack,
) -> Services:
    """Functions and jobs get `environment`, and over it what the template gives them. `stack` closes everything."""
    lambdas = Lambdas(
        specs=resources.functions,
        environment=environment,
        children=children,
        logs=settings.logs / "functions",
    )
    stack.callback(lambdas.close)
    batch = Batch(
        definitions=resources.job_definitions,
        environment=environment,
        children=children,
        logs=settings.logs / "jobs",
        spot_queues=resources.spot_queues,
    )
    stack.callback(batch.close)
    bus = events.EventBus(
        rules=resources.rules, send_message=queues.send_message, invoke_later=lambdas.invoke_later
    )
    stack.callback(bus.close)
    store = ObjectStore(settings.home / "objects")
    stack.callback(store.close)
    s3 = S3(
        store=store,
        buckets=frozenset(resources.buckets),
        cors_rules=resources.cors_rules,
        created=lambda bucket, version, reason: bus.put(events.object_created(bucket, version, reason)),
    )
    step_functions.prepare(port=port, invoke=lambdas.invoke, announce=bus.put)
    queues.create_queues(resources.queues)
    step_functions.create_machines(resources.machines)
    gateway = Gateway(lambdas=lambdas, batch=batch, events=bus, s3=s3)
    return Services(gateway=gateway, s3=s3, lambdas=lambdas, batch=batch)


def start_background(resources: CloudResources, lambdas: Lambdas, stack: ExitStack) -> None:
    """Pollers, schedules (which sweep once at the start) and the closing of idle functions."""
    for source in resources.event_sources:
        poller = queues.Poller(source, lambdas.invoke)
        poller.start()
        stack.callback(poller.close)

    def fire(rule: EventRule, event: Mapping[str, Any]) -> None:
        for target in rule.targets:
            events.call_target(rule, target, event, queues.send_message, lambdas.invoke_later)

    schedules = events.Schedules(rules=resources.rules, fire=fire)
    schedules.start()
    stack.callback(schedules.close)
    stopping = threading.Event()
    stack.callback(stopping.set)

    def close_idle() -> None:
        while not stopping.wait(_IDLE_CHECK_S):
            lambdas.close_idle()

    threading.Thread(target=close_idle, name="idle", daemon=True).start()
