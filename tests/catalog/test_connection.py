"""Connections: kept, checked when they rested, and translated when they fail."""

import psycopg
import pytest

from heaters.catalog.connection import STALE_AFTER_S, Catalog, CatalogSettings, Connection
from heaters.catalog.schema.migrate import migrate
from heaters.catalog.schema.roles import ensure_application_role
from heaters.domain.errors import CatalogUnavailable


def _backend(catalog: Catalog) -> int:
    with catalog.transaction() as connection:
        return connection.info.backend_pid


def test_transactions_in_a_row_share_one_connection(catalog: Catalog) -> None:
    assert _backend(catalog) == _backend(catalog)


def test_transactions_at_once_have_a_connection_each(catalog: Catalog) -> None:
    with catalog.transaction() as one, catalog.transaction() as two:
        assert one.info.backend_pid != two.info.backend_pid


def test_an_error_rolls_the_transaction_back(catalog: Catalog, connection: Connection) -> None:
    def work() -> None:
        with catalog.transaction() as own:
            own.execute("CREATE TABLE half (a int)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert connection.execute("SELECT to_regclass('half') AS found").fetchone() == {"found": None}


def test_a_connection_that_died_while_it_rested_is_replaced(
    settings: CatalogSettings, connection: Connection
) -> None:
    now_s = 0.0
    catalog = Catalog(settings, clock_s=lambda: now_s)
    dead = _backend(catalog)
    connection.execute("SELECT pg_terminate_backend(%s, 5000)", (dead,))
    now_s += STALE_AFTER_S + 1
    assert _backend(catalog) != dead
    catalog.close()


def test_a_connection_that_dies_at_work_is_catalog_unavailable_and_the_next_is_new(
    catalog: Catalog, connection: Connection
) -> None:
    def work() -> None:
        with catalog.transaction() as own:
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", (own.info.backend_pid,))
            own.execute("SELECT 1")

    with pytest.raises(CatalogUnavailable):
        work()
    assert _backend(catalog) > 0


def test_a_server_that_is_not_there_is_catalog_unavailable() -> None:
    catalog = Catalog(CatalogSettings(conninfo="host=/nonexistent dbname=x"))
    with pytest.raises(CatalogUnavailable, match="try again"), catalog.transaction():
        pass


def test_a_connection_that_nobody_uses_is_ended_by_the_server(catalog: Catalog) -> None:
    """Aurora sleeps only when nobody is connected; a frozen Lambda cannot hang up."""
    with catalog.transaction() as connection:
        row = connection.execute("SHOW idle_session_timeout").fetchone()
    assert row == {"idle_session_timeout": "1min"}


def test_each_new_connection_asks_for_the_password(database_url: str) -> None:
    asked = []

    def sign() -> str:
        asked.append(1)
        return "token"

    settings = CatalogSettings(conninfo=database_url, password=sign)
    catalog = Catalog(settings)
    _backend(catalog)
    _backend(catalog)
    catalog.close()
    _backend(catalog)
    catalog.close()
    assert len(asked) == 2


def test_the_application_role_reads_and_writes_rows_and_owns_nothing(
    empty_database_url: str,
) -> None:
    with psycopg.connect(empty_database_url, autocommit=True, row_factory=psycopg.rows.dict_row) as owner:
        migrate(owner)
        ensure_application_role(owner, "heaters_test_role")
        ensure_application_role(owner, "heaters_test_role")
        owner.execute("SET ROLE heaters_test_role")
        assert owner.execute("SELECT count(*) AS n FROM clips").fetchone() == {"n": 0}
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute("DROP TABLE clips")
        owner.execute("RESET ROLE")
