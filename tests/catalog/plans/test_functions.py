"""What Postgres does for functions: at 100,000 clips nothing reads a whole table of clips or of events."""

import uuid

import pytest

from functions import begin_embedding, complete_stage, fail_stage, record_failure, sweep
from functions.support import comparisons, runtime
from heaters.catalog import connection as catalog_connection
from heaters.catalog.connection import CatalogSettings
from heaters.catalog.review.reminders import begin_reminder
from tests.catalog.plans.large_catalog import CLIPS_EACH, REPEATS, count_sequential_scans
from tests.catalog.stages import pipeline as at
from tests.catalog.stages.pipeline import call
from tests.catalog.step_functions import FakeStepFunctions

PRUNED = {"DELETE FROM changes WHERE at < now() - make_interval(secs => %(older_than_s)s)"}
"""The sweeper reads this table whole: it holds two hours."""


def _process_everything(clip_ids: list[str], video_id: str) -> None:
    """Waves from the gate to the archive, one clip of each failing, with the sweeper's rounds in between."""
    at.begin(video_id)
    for turn in range(REPEATS):
        one, two, three = clip_ids[3 * turn : 3 * turn + 3]
        at.wait_at_gate()
        with runtime.catalog().transaction() as connection:
            begin_reminder(connection, video_id=video_id, idle_s=0)
        at.wait_at_gate()
        at.decide("review_approved", one, two)
        at.decide("review_archived", three)
        call(sweep)
        wave = at.collect()
        at.process(one)
        call(fail_stage, video_id=video_id, clip_id=two, error={"Error": "States.Timeout", "Cause": ""})
        call(begin_embedding, video_id=video_id, wave_id=wave["wave_id"])
        at.leave_vectors(wave["wave_id"], [one], dimensions=512)
        call(complete_stage, stage="embed", video_id=video_id, wave_id=wave["wave_id"])
        assert at.archive() == {"archived": 1, "more_to_review": True}
        call(record_failure, detail={"name": f"{video_id}-1", "status": "FAILED", "error": "WorkerLost"})
        at.bring_to_review(video_id=str(uuid.uuid4()))


def test_no_function_reads_all_clips_or_all_events(
    settings: CatalogSettings,
    clip_ids: list[str],
    sequential: list[str],
    surroundings: FakeStepFunctions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From a video's first begin through waves, reminders and failures to the sweeper's rounds over all videos. Finding
    near-duplicates is left out: it reads as many clips as it says, on purpose.
    """
    monkeypatch.setattr(comparisons, "compare_next_clips", lambda *_, **__: 0)
    with catalog_connection.open_connection(settings) as admin:
        videos = [
            row["video_id"] for row in admin.execute("SELECT video_id FROM source_videos ORDER BY video_no")
        ]
    surroundings.statuses = {f"{video_id}-1": {"status": "RUNNING"} for video_id in videos}
    monkeypatch.setattr(at, "VIDEO", videos[-1])
    before = count_sequential_scans(settings)
    _process_everything(clip_ids[-CLIPS_EACH:], videos[-1])
    assert {text.split("\n{")[0] for text in sequential} - PRUNED == set()
    runtime.catalog().close()
    after = count_sequential_scans(settings)
    assert after | {"changes": before["changes"]} == before
