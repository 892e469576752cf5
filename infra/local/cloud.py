"""One local cloud: everything started in order, everything stopped whatever happens.

`start_local_cloud` is what `run`, `demo` and the tests share. One at a time in a process: moto's state is global.
"""

import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import boto3
from botocore.config import Config

from heaters.catalog.connection import CatalogSettings, open_connection
from heaters.catalog.migrate import migrate
from infra.local import events, queues, step_functions
from infra.local.api_server import ApiServer
from infra.local.batch import Batch
from infra.local.cognito import SignIn
from infra.local.gateway import Gateway
from infra.local.home import hold_home, keep_library_logs, keep_secret
from infra.local.http_server import HttpServer
from infra.local.lambdas import Lambdas
from infra.local.object_store import ObjectStore
from infra.local.postgres import DATABASE, Postgres, start_postgres
from infra.local.processes import Children
from infra.local.resources import CloudResources, EventRule, read_resources
from infra.local.s3 import S3
from infra.local.settings import REPOSITORY, LocalSettings, base_environment
from infra.local.synth import synthesize
from infra.local.template import Assembly
from infra.local.web import PublicPort

_IDLE_CHECK_S = 30.0
_START_VIDEO = "functions.start_video.handler"


@dataclass(frozen=True, kw_only=True)
class LocalCloud:
    """A running cloud. `environment` is what a process needs to use it as AWS."""

    settings: LocalSettings
    url: str
    resources: CloudResources
    bucket: str
    environment: dict[str, str]
    database_url: str
    sign_in: SignIn
    lambdas: Lambdas
    batch: Batch
    children: Children

    def client(self, service: str) -> Any:
        """A boto3 client of this cloud."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=self.environment["AWS_REGION"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"mode": "standard"}),
        )


@contextmanager
def start_local_cloud(
    settings: LocalSettings, *, fresh: bool = False, say: Callable[[str], None] = lambda _: None
) -> Iterator[LocalCloud]:
    """Start everything under `settings.home`; `fresh` begins with an empty catalog and an empty bucket.

    Raises LocalCloudError if another one runs on the same home, or if a part does not start.
    """
    with ExitStack() as stack:
        stack.enter_context(hold_home(settings.home))
        server = HttpServer(settings.port)
        keep_library_logs(settings.logs)
        children = Children()
        stack.callback(children.close)
        say("starting Postgres and reading the stacks")
        postgres, resources = _prepare(settings, children, fresh=fresh, say=say)
        stack.callback(postgres.stop)
        if fresh:
            shutil.rmtree(settings.home / "objects", ignore_errors=True)
        yield _connect(
            settings, server, children=children, database_url=postgres.url(), resources=resources, stack=stack
        )


def _prepare(
    settings: LocalSettings, children: Children, *, fresh: bool, say: Callable[[str], None]
) -> tuple[Postgres, CloudResources]:
    """Start Postgres and synthesize the stacks at the same time; an interruption ends both at once."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        try:
            started = pool.submit(_start_catalog, settings, children, fresh)
            assembly = pool.submit(lambda: settings.assembly or synthesize(settings.cdk, children, say))
            resources = read_resources(Assembly(assembly.result()))
            return started.result(), _with_overrides(resources, settings)
        except BaseException:
            children.close()
            raise


def _connect(
    settings: LocalSettings,
    server: HttpServer,
    *,
    children: Children,
    database_url: str,
    resources: CloudResources,
    stack: ExitStack,
) -> LocalCloud:
    environment = base_environment() | {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_SECRET_ACCESS_KEY": keep_secret(settings.home / "secret"),
        "HEATERS_DATABASE_URL": database_url,
        "HEATERS_WORK_DIR": str(settings.home / "work"),
    }
    functions = settings.logs / "functions"
    lambdas = Lambdas(specs=resources.functions, environment=environment, children=children, logs=functions)
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
        created=lambda bucket, version, reason: bus.put(events.object_created(bucket, version, reason)),
    )
    step_functions.prepare(port=server.port, invoke=lambdas.invoke, announce=bus.put)
    queues.create_queues(resources.queues)
    step_functions.create_machines(resources.machines)
    sign_in = SignIn(home=settings.home)
    api = _start_api(settings, environment, resources, children)
    stack.callback(api.close)
    gateway = Gateway(lambdas=lambdas, batch=batch, events=bus, s3=s3)
    server.serve(
        PublicPort(
            port=server.port,
            gateway=gateway,
            s3=s3,
            api=api,
            sign_in=sign_in,
            site=REPOSITORY / "review_site" / "dist",
            secret_key=environment["AWS_SECRET_ACCESS_KEY"],
        )
    )
    server.start()
    stack.callback(server.close)
    _start_background(resources, lambdas, stack)
    return LocalCloud(
        settings=settings,
        url=server.url,
        resources=resources,
        bucket=_media_bucket(resources),
        environment=environment,
        database_url=database_url,
        sign_in=sign_in,
        lambdas=lambdas,
        batch=batch,
        children=children,
    )


def _start_background(resources: CloudResources, lambdas: Lambdas, stack: ExitStack) -> None:
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


def _start_api(
    settings: LocalSettings, environment: dict[str, str], resources: CloudResources, children: Children
) -> ApiServer:
    starter = resources.function_by_handler(_START_VIDEO)
    own = dict(starter.environment) if starter else {}
    api = ApiServer(
        environment=environment | own, children=children, log=settings.logs / "api.log", home=settings.home
    )
    api.start()
    return api


def _start_catalog(settings: LocalSettings, children: Children, fresh: bool) -> Postgres:
    postgres = start_postgres(
        data=settings.home / "pg", log=settings.logs / "postgres.log", children=children
    )
    try:
        postgres.create_database(DATABASE, fresh=fresh)
        with open_connection(CatalogSettings(conninfo=postgres.url())) as connection:
            migrate(connection)
    except BaseException:
        postgres.stop()
        raise
    return postgres


def _with_overrides(resources: CloudResources, settings: LocalSettings) -> CloudResources:
    """Functions and jobs with the settings' variables laid over the template's."""
    overrides = dict(settings.overrides)
    functions = {
        name: replace(spec, environment={**spec.environment, **overrides})
        for name, spec in resources.functions.items()
    }
    return replace(resources, functions=functions)


def _media_bucket(resources: CloudResources) -> str:
    starter = resources.function_by_handler(_START_VIDEO)
    return starter.environment["HEATERS_BUCKET"] if starter else resources.buckets[0]
