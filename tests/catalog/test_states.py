"""The schema learns stages and states from the domain's table, without a migration of their own."""

from dataclasses import replace
from enum import StrEnum

import psycopg
import pytest

from heaters.catalog.connection import Connection
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
