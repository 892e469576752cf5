"""The large catalog, filled once and copied for each test."""

from collections.abc import Iterator
from typing import Any

import pytest

from heaters.catalog import connection as catalog_connection
from heaters.catalog.connection import CatalogSettings
from tests.catalog.plans.large_catalog import Explaining, add_clips_and_events
from tests.fixtures.postgres import make_database

LARGE = "heaters_large"


@pytest.fixture(scope="package")
def large_catalog(postgres_url: str) -> Iterator[list[str]]:
    """Pending clips of the newest videos in the database LARGE, of 100,000 clips and as many events."""
    with make_database(postgres_url, name=LARGE) as url:
        yield add_clips_and_events(CatalogSettings(conninfo=url))


@pytest.fixture
def database_url(postgres_url: str, large_catalog: list[str]) -> Iterator[str]:
    """A copy of that catalog; gone after the test."""
    with make_database(postgres_url, name="heaters_test", template=LARGE) as url:
        yield url


@pytest.fixture
def clip_ids(large_catalog: list[str]) -> list[str]:
    return large_catalog


@pytest.fixture
def sequential(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Statements that would read a large table from end to end."""
    found: list[str] = []
    factory = type("Cursor", (Explaining,), {"sequential": found})
    opened = catalog_connection.open_connection

    def open_connection(settings: CatalogSettings) -> Any:
        connection = opened(settings)
        connection.cursor_factory = factory
        return connection

    monkeypatch.setattr(catalog_connection, "open_connection", open_connection)
    return found
