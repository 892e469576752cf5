"""One local cloud: everything started in order, everything stopped whatever happens.

`start_local_cloud` is what `run`, `demo` and the tests share. One at a time in a process: moto's state is global.
"""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import boto3
from botocore.config import Config

from heaters.catalog.connection import CatalogSettings, open_connection
from heaters.catalog.schema.migrate import migrate
from local_cloud.aws.batch import Batch
from local_cloud.aws.cognito import SignIn
from local_cloud.aws.lambdas import Lambdas
from local_cloud.aws.resources import CloudResources, read_resources
from local_cloud.aws.services import start_background, start_services
from local_cloud.aws.template import Assembly
from local_cloud.machine.home import hold_home, keep_library_logs, keep_secret
from local_cloud.machine.http_server import HttpServer
from local_cloud.machine.postgres import DATABASE, Postgres, start_postgres
from local_cloud.machine.processes import Children
from local_cloud.machine.settings import REPOSITORY, LocalSettings, base_environment
from local_cloud.machine.synth import synthesize
from local_cloud.web.api_server import ApiServer
from local_cloud.web.public_port import PublicPort

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
        stack.callback(server.close)
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
    services = start_services(
        settings, resources, environment=environment, children=children, port=server.port, stack=stack
    )
    sign_in = SignIn(home=settings.home)
    api = _start_api(settings, environment, resources, children)
    stack.callback(api.close)
    server.serve(
        PublicPort(
            port=server.port,
            gateway=services.gateway,
            s3=services.s3,
            api=api,
            sign_in=sign_in,
            front=resources.front,
            site=REPOSITORY / "review_site" / "dist",
            secret_key=environment["AWS_SECRET_ACCESS_KEY"],
        )
    )
    stack.callback(server.close)
    start_background(resources, services.lambdas, stack)
    return LocalCloud(
        settings=settings,
        url=server.url,
        resources=resources,
        bucket=_media_bucket(resources),
        environment=environment,
        database_url=database_url,
        sign_in=sign_in,
        lambdas=services.lambdas,
        batch=services.batch,
        children=children,
    )


def _start_api(
    settings: LocalSettings, environment: dict[str, str], resources: CloudResources, children: Children
) -> ApiServer:
    api = ApiServer(
        environment=environment | dict(resources.api_environment),
        front=resources.front,
        children=children,
        log=settings.logs / "api.log",
        home=settings.home,
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
    """Functions, jobs and the API with the settings' variables laid over the template's."""
    overrides = dict(settings.overrides)
    functions = {
        name: replace(spec, environment={**spec.environment, **overrides})
        for name, spec in resources.functions.items()
    }
    jobs = {
        name: replace(definition, environment={**definition.environment, **overrides})
        for name, definition in resources.job_definitions.items()
    }
    api = {**resources.api_environment, **overrides}
    return replace(resources, functions=functions, job_definitions=jobs, api_environment=api)


def _media_bucket(resources: CloudResources) -> str:
    starter = resources.function_by_handler(_START_VIDEO)
    return starter.environment["HEATERS_BUCKET"] if starter else resources.buckets[0]
