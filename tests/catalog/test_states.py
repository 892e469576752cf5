"""The schema learns stages and states from the domain's table, without a migration of their own."""

import threading
from dataclasses import replace
from enum import StrEnum

import psycopg
import pytest

from heaters.catalog.connection import CatalogSettings, Connection, open_connection
from heaters.catalog.schema.migrate import migrate
from heaters.catalog.schema.states import add_states
from heaters.domain.pipeline import STAGE, STAGES
from heaters.domain.stage import chain_stages
from tests.catalog.stages import pipeline as at


class Speech(StrEnum):
    HEARING = "hearing"
    HEARD = "heard"
    FAILED = "hear_failed"


HEAR = replace(
    STAGE["detect_scenes"], name="hear", running=Speech.HEARING, done=Speech.HEARD, failed=Speech.FAILED
)
WITH_HEAR = chain_stages(*STAGES[:2], HEAR, *STAGES[2:])


@pytest.mark.usefixtures("surroundings")
def test_a_new_stages_states_and_runs_are_accepted_once_they_are_added(connection: Connection) -> None:
    """And twice adds nothing more."""
    at.bring_to_review()
    run = """
        INSERT INTO stage_runs (video_id, stage, seconds, compute_s, read_bytes, written_bytes, requests)
        SELECT video_id, 'hear', 1, 1, 1, 1, 1 FROM source_videos
    """
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        connection.execute(run)
    for _ in range(2):
        add_states(connection, WITH_HEAR)
    connection.execute(run)
    rows = connection.execute("SELECT before, after FROM transitions WHERE before LIKE 'hear%'")
    assert {(row["before"], row["after"]) for row in rows} == {
        ("hearing", "heard"),
        ("hearing", "hear_failed"),
        ("heard", "detecting_scenes"),
        ("hear_failed", "hearing"),
    }
    labels = connection.execute("SELECT unnest(enum_range(NULL::video_state))::text AS label")
    assert {"hearing", "heard", "hear_failed"} <= {row["label"] for row in labels}


def test_states_that_are_there_are_left_as_they_are(connection: Connection) -> None:
    """A schema that is up to date gets no row and no label."""
    counted = "SELECT (SELECT count(*) FROM transitions) + (SELECT count(*) FROM pg_enum) AS all"
    before = connection.execute(counted).fetchone()
    add_states(connection)
    assert connection.execute(counted).fetchone() == before


def test_two_that_migrate_at_once_wait_for_each_other(database_url: str, connection: Connection) -> None:
    """Whatever is missing, and in whatever order each would write it: neither sees a deadlock."""
    connection.execute("DELETE FROM transitions")
    failed: list[Exception] = []

    def bring_up_to_date() -> None:
        try:
            with open_connection(CatalogSettings(conninfo=database_url)) as own:
                migrate(own)
        except Exception as exc:  # noqa: BLE001 - told by the test
            failed.append(exc)

    threads = [threading.Thread(target=bring_up_to_date) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    row = connection.execute("SELECT count(*) AS n FROM transitions").fetchone()
    assert row
    assert row["n"] > 0


def test_an_up_to_date_schema_needs_no_owner(database_url: str, connection: Connection) -> None:
    """Only a role that owns the types may alter them; where nothing is missing, nothing is altered."""
    connection.execute("DROP ROLE IF EXISTS heaters_guest")
    connection.execute("CREATE ROLE heaters_guest")
    connection.execute("GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO heaters_guest")
    try:
        connection.execute("SET ROLE heaters_guest")
        add_states(connection)
    finally:
        connection.execute("RESET ROLE")
        connection.execute("DROP OWNED BY heaters_guest")
        connection.execute("DROP ROLE heaters_guest")
