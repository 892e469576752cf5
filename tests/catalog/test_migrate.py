"""Migrations: each applied once, in order, never edited."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from functions import migrate as migrate_function
from heaters.catalog.connection import CatalogSettings, open_connection
from heaters.catalog.schema.migrate import Migration, migrate, read_migrations
from heaters.domain.errors import CatalogUnavailable, InvalidJob
from tests.catalog.stages.pipeline import call


def _run(url: str, migrations: tuple[Migration, ...] | None = None) -> list[str]:
    with open_connection(CatalogSettings(conninfo=url)) as connection:
        return migrate(connection, migrations)


def test_an_empty_database_gets_every_migration_in_order(empty_database_url: str) -> None:
    assert _run(empty_database_url) == [migration.name for migration in read_migrations()]


def test_migrating_twice_applies_nothing_the_second_time(database_url: str) -> None:
    assert _run(database_url) == []


def test_processes_that_migrate_at_once_apply_each_file_once(empty_database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = [name for names in pool.map(_run, [empty_database_url] * 4) for name in names]
    assert sorted(applied) == [migration.name for migration in read_migrations()]


def test_an_edited_migration_is_refused(database_url: str) -> None:
    first, *rest = read_migrations()
    edited = replace(first, text=first.text + "\n-- harmless\n")
    with pytest.raises(InvalidJob, match="0001_states was applied and has changed"):
        _run(database_url, (edited, *rest))


def test_a_migration_that_fails_leaves_nothing_behind(database_url: str) -> None:
    number = len(read_migrations()) + 1
    broken = Migration(number=number, name="broken", text="CREATE TABLE half (a int); SELECT nonsense;")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        _run(database_url, (*read_migrations(), broken))
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT to_regclass('half')").fetchone() == (None,)


@pytest.mark.usefixtures("surroundings")
def test_a_deployment_waits_for_a_database_that_wakes_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first connections run into their time limit."""
    connect, asleep = psycopg.connect, iter([True, True])

    def connect_late(*args: Any, **settings: Any) -> Any:
        if next(asleep, False):
            raise psycopg.errors.ConnectionTimeout("connection timeout expired")
        return connect(*args, **settings)

    monkeypatch.setattr(psycopg, "connect", connect_late)
    assert call(migrate_function)["applied"] == []


@pytest.mark.usefixtures("surroundings")
def test_a_deployment_gives_up_on_a_database_that_never_wakes(monkeypatch: pytest.MonkeyPatch) -> None:
    knocks = []

    def never_connect(*_: Any, **__: Any) -> Any:
        knocks.append(1)
        raise psycopg.errors.ConnectionTimeout("connection timeout expired")

    monkeypatch.setattr(psycopg, "connect", never_connect)
    with pytest.raises(CatalogUnavailable):
        call(migrate_function)
    assert len(knocks) == migrate_function.KNOCKS
