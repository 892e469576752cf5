"""Bring a database's schema up to date: the numbered SQL files beside this module, each applied exactly once.

Safe to run twice and by several processes at once. It never edits or undoes a migration: a file that was applied
and has changed since is refused.
"""

import hashlib
from dataclasses import dataclass
from importlib import resources

from psycopg import sql

from heaters.catalog.connection import Connection
from heaters.catalog.schema.states import add_states
from heaters.domain.errors import InvalidJob

_LOCK = 4_834_812_051
"""Any number, as long as all versions of this module share it."""


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One SQL file, `0001_states.sql`; `checksum` is the SHA-256 of its text."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_migrations() -> tuple[Migration, ...]:
    """All migrations in order. Raises InvalidJob when their numbers are not 1, 2, 3, ..."""
    folder = resources.files("heaters.catalog.schema") / "migrations"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    found = tuple(
        Migration(number=int(file.name[:4]), name=file.name[:-4], text=file.read_text(encoding="utf-8"))
        for file in files
    )
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise InvalidJob(f"Migrations must be numbered 1, 2, 3, ...; found {[m.name for m in found]}.")
    return found


def migrate(connection: Connection, migrations: tuple[Migration, ...] | None = None) -> list[str]:
    """Apply what is missing, each file in its own transaction, then add the states of STAGES that are new.

    Returns the names of the files applied now.

    `connection` must be in autocommit mode (`open_connection`), outside a transaction. Raises InvalidJob when an
    applied file has changed or is gone.
    """
    wanted = read_migrations() if migrations is None else migrations
    _ensure_record(connection)
    applied = [migration.name for migration in wanted if _apply(connection, migration, wanted)]
    if migrations is None:
        with connection.transaction():
            _lock(connection)
            add_states(connection)
    return applied


def _ensure_record(connection: Connection) -> None:
    with connection.transaction():
        _lock(connection)
        connection.execute(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                number integer PRIMARY KEY,
                name text NOT NULL,
                checksum text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            )
            """
        )


def _apply(connection: Connection, migration: Migration, wanted: tuple[Migration, ...]) -> bool:
    with connection.transaction():
        _lock(connection)
        applied = _applied(connection)
        _refuse_edited(applied, wanted)
        if migration.number in applied:
            return False
        connection.execute(sql.SQL(migration.text))
        connection.execute(
            """
            INSERT INTO schema_migrations (number, name, checksum)
            VALUES (%(number)s, %(name)s, %(checksum)s)
            """,
            {"number": migration.number, "name": migration.name, "checksum": migration.checksum},
        )
        return True


def _lock(connection: Connection) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _LOCK})


def _applied(connection: Connection) -> dict[int, tuple[str, str]]:
    rows = connection.execute("SELECT number, name, checksum FROM schema_migrations").fetchall()
    return {row["number"]: (row["name"], row["checksum"]) for row in rows}


def _refuse_edited(applied: dict[int, tuple[str, str]], wanted: tuple[Migration, ...]) -> None:
    known = {migration.number: migration.checksum for migration in wanted}
    for number, (name, checksum) in sorted(applied.items()):
        if known.get(number) != checksum:
            raise InvalidJob(
                f"Migration {name} was applied and has changed or gone since; restore it and add a new one."
            )
