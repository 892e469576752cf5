"""The way into Postgres: kept connections, one transaction at a time, driver errors in the field's words.

Settings are passed in. Nothing here knows a table, reads the environment or retries: a caller that gets
CatalogUnavailable tries the whole transaction again, or lets Step Functions do it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from heaters.domain.errors import CatalogUnavailable, CutRefused, HeatersError, TransitionRefused

Connection = psycopg.Connection[dict[str, Any]]
"""A connection whose rows are dictionaries."""

STALE_AFTER_S = 10.0
"""A connection that rested longer is asked whether it is alive; a frozen Lambda's may long be dead."""

_REFUSALS: dict[str | None, type[HeatersError]] = {
    "HT001": TransitionRefused,  # check_transition
    "HT002": CutRefused,  # check_partition
    "23P01": CutRefused,  # clips_do_not_overlap
}

_SESSION: dict[str, Any] = {
    "application_name": "heaters",
    "connect_timeout": 20,  # an Aurora that scaled to zero takes up to 15 s to wake
    "keepalives_idle": 30,
    "options": (
        "-c lock_timeout=15s -c idle_in_transaction_session_timeout=60s -c timezone=UTC"
        " -c idle_session_timeout=60s"  # Aurora sleeps once nobody is connected; a frozen Lambda never hangs up
    ),
}


@dataclass(frozen=True, kw_only=True)
class CatalogSettings:
    """Where the catalog is. `password` is asked for each new connection: an IAM token lives 15 minutes."""

    conninfo: str
    password: Callable[[], str] | None = None


class Catalog:
    """Transactions on one database. Threads may share it: each transaction has a connection to itself."""

    def __init__(self, settings: CatalogSettings, *, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock_s = clock_s
        self._idle: list[tuple[Connection, float]] = []

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection inside a transaction: committed at the end, rolled back when an error leaves the block.

        Raises CatalogUnavailable when Postgres cannot be reached, gives up or asks to try again;
        TransitionRefused and CutRefused when a rule of the schema forbids the change.
        """
        with _translated():
            connection = self._take()
            try:
                with connection.transaction():
                    yield connection
            finally:
                self._give_back(connection)

    def close(self) -> None:
        """Close the kept connections; the next transaction opens a new one."""
        while self._idle:
            self._idle.pop()[0].close()

    def _take(self) -> Connection:
        while self._idle:
            connection, since_s = self._idle.pop()
            if self._clock_s() - since_s < STALE_AFTER_S or _is_alive(connection):
                return connection
            connection.close()
        return open_connection(self._settings)

    def _give_back(self, connection: Connection) -> None:
        if not (connection.closed or connection.broken):
            self._idle.append((connection, self._clock_s()))


def open_connection(settings: CatalogSettings) -> Connection:
    """A new connection in autocommit mode. Raises psycopg's errors; `Catalog.transaction` translates them."""
    password: dict[str, Any] = {"password": settings.password()} if settings.password else {}
    return psycopg.connect(settings.conninfo, autocommit=True, row_factory=dict_row, **_SESSION, **password)


def _is_alive(connection: Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as exc:
        if exc.sqlstate in _REFUSALS:
            message = exc.diag.message_primary or str(exc)
            raise _REFUSALS[exc.sqlstate](f"{message} Read it again, then decide.") from exc
        if isinstance(exc, psycopg.OperationalError | psycopg.InterfaceError):
            raise CatalogUnavailable(f"The catalog did not answer: {exc}; try again.") from exc
        raise
