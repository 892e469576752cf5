"""What Postgres does for routes and functions: at 100,000 clips nothing reads a whole table of clips or of events."""

import json
import time
import uuid
from collections.abc import Iterator
from itertools import cycle, pairwise
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from functions import begin_embedding, complete_stage, fail_stage, record_failure, sweep
from functions.support import comparisons, runtime
from heaters.catalog import connection as catalog_connection
from heaters.catalog.clips import fail_clip
from heaters.catalog.connection import Catalog, CatalogSettings
from heaters.catalog.playback import evict_copies, forget_copy, get_playable_clip, record_copy, use_copy
from heaters.catalog.review.redetection import apply_detection, find_standing_settings, preview_detection
from heaters.catalog.review.reminders import begin_reminder
from heaters.catalog.review.undo import undo
from heaters.catalog.waves import finish_waves
from heaters.domain.errors import WorkerLost
from heaters.domain.jobs import DetectSettings, ObjectRef
from heaters.domain.states import ClipState
from tests.api.api_client import Api, open_api
from tests.catalog.review_videos import add_video_in_review, claim_clip, live_clips, query
from tests.catalog.stages import pipeline as at
from tests.catalog.stages.pipeline import call
from tests.catalog.step_functions import FakeStepFunctions

VIDEOS, CLIPS_EACH, EVENTS, PEOPLE = 1_000, 100, 100_000, 50
LARGE_TABLES = ("clips", "review_events", "cuts", "changes")
SMALL_INDEXES = ("clips_pending", "clips_to_delete")
"""The queue begins at the end of its own index; the other holds only what waits to be deleted."""

PRUNED = {"DELETE FROM changes WHERE at < now() - make_interval(secs => %(older_than_s)s)"}
"""The sweeper reads this table whole: it holds two hours."""

REPEATS = 12
"""More than it takes until psycopg prepares a statement and Postgres plans it for any parameters."""


_COPIES = (
    """
    INSERT INTO source_videos (
        video_id, title, state, source_bucket, source_key, undo_window_s, release_size, proxy_key, frame_index_key,
        scores_key, frame_count, fps_num, fps_den, width, height, storyboard
    )
    SELECT gen_random_uuid()::text, title, state, source_bucket, source_key, undo_window_s, release_size, proxy_key,
           frame_index_key, scores_key, frame_count, fps_num, fps_den, width, height, storyboard
    FROM source_videos, generate_series(1, %(copies)s)
    """,
    """
    INSERT INTO cuts (video_id, frame) SELECT video_id, frame
    FROM source_videos, generate_series(10, %(frames)s - 10, 10) AS frame ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO clips (clip_id, video_id, video_no, start_frame, end_frame)
    SELECT gen_random_uuid()::text, video_id, video_no, frame, frame + 10
    FROM source_videos video, generate_series(0, %(frames)s - 10, 10) AS frame
    WHERE NOT EXISTS (SELECT FROM clips WHERE clips.video_id = video.video_id)
    """,
)
"""One video under review becomes many."""


class Explaining(psycopg.Cursor[dict[str, Any]]):
    """Explains each statement with its parameters before it is executed."""

    sequential: list[str]

    def execute(self, query: Any, params: Any = None, **more: Any) -> "Explaining":
        if str(query).split(maxsplit=1)[0].upper() in {"SELECT", "WITH", "INSERT", "UPDATE", "DELETE"}:
            with psycopg.Cursor(self.connection, row_factory=dict_row) as explain:
                explain.execute(f"EXPLAIN (FORMAT JSON) {query}", params)
                plan = explain.fetchall()[0]["QUERY PLAN"]
            for node in _nodes(plan[0]["Plan"]):
                if _reads_all(node):
                    self.sequential.append(f"{query}\n{json.dumps(params, default=str)}")
        super().execute(query, params, **more)
        return self


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _reads_all(node: dict[str, Any]) -> bool:
    """A table from end to end, or an index: that is sequential too."""
    if node.get("Relation Name") not in LARGE_TABLES:
        return False
    if node["Node Type"] == "Seq Scan":
        return True
    return "Index Cond" not in node and node.get("Index Name") not in {None, *SMALL_INDEXES}


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


@pytest.fixture
def clip_ids(settings: CatalogSettings) -> list[str]:
    """Pending clips of the newest videos, in a catalog of 100,000 clips and as many events."""
    catalog = Catalog(settings)
    add_video_in_review(catalog, cuts=range(10, 10 * CLIPS_EACH, 10), frame_count=10 * CLIPS_EACH)
    with catalog.transaction() as connection:
        for statement in _COPIES:
            connection.execute(statement, {"copies": VIDEOS - 1, "frames": 10 * CLIPS_EACH})
    newest = query(catalog, "SELECT video_id FROM source_videos ORDER BY video_no DESC LIMIT 3")
    video_ids = [row["video_id"] for row in reversed(newest)]
    with catalog.transaction() as connection:
        connection.execute(
            """
            INSERT INTO review_events (reviewer, action, video_ids, clip_ids, changes, undoable)
            SELECT 'person ' || n %% %(people)s, 'skip', ARRAY[video_id], ARRAY[clip_id], '[]', true
            FROM (SELECT clip_id, video_id, row_number() OVER () AS n FROM clips LIMIT %(events)s) AS clip
            """,
            {"people": PEOPLE, "events": EVENTS},
        )
        connection.execute(
            """
            INSERT INTO changes (xact, video_id, kinds)
            SELECT (1 + n %% 200)::text::xid8, 'video ' || n / 200, '{clips}' FROM generate_series(1, %(events)s) AS n
            """,
            {"events": EVENTS},
        )
    clips = [clip["clip_id"] for video_id in video_ids for clip in live_clips(catalog, video_id)]
    catalog.close()
    with catalog_connection.open_connection(settings) as admin:
        admin.execute("ANALYZE")
    return clips


@pytest.fixture
def api(catalog: Catalog, step_functions: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch) -> Api:
    return open_api(catalog, step_functions, monkeypatch).as_person("person 7", "operators")


def _count_sequential_scans(settings: CatalogSettings) -> dict[str, int]:
    """By table, also by triggers and foreign keys; sessions report when they end, so they are awaited first."""
    deadline = time.monotonic() + 20
    with catalog_connection.open_connection(settings) as admin:
        others = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        while admin.execute(others).fetchall():
            assert time.monotonic() < deadline, "a session did not end"
        rows = admin.execute(
            "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname = ANY(%s)", (list(LARGE_TABLES),)
        ).fetchall()
    return {row["relname"]: row["seq_scan"] for row in rows}


def _read_everything(api: Api, clip_id: str, video_id: str) -> None:
    for _ in range(REPEATS):
        for path in (
            "/videos",
            "/videos?state=in_review",
            f"/videos/{video_id}/clips",
            f"/videos/{video_id}/events",
        ):
            glue = "&" if "?" in path else "?"
            page = api.get(f"{path}{glue}limit=1")
            assert page.status == 200, page.body
            cursor = page.body["next_cursor"]
            assert cursor is None or api.get(f"{path}{glue}limit=50&cursor={cursor}").status == 200
        assert api.get(f"/videos/{video_id}").status == 200
        assert api.get(f"/videos/{video_id}/timeline?format=json").status == 200
        assert api.get(f"/clips/{clip_id}").status == 200


def _decide_everything(api: Api, clip_ids: list[str], video_id: str) -> None:
    left = iter(clip_ids)
    actions = cycle(["approve", "skip", "archive"])
    for _ in range(REPEATS):
        _do(api, f"/clips/{next(left)}/actions", action=next(actions), version=1)
        group = {"with_clip_id": next(left), "with_version": 1}
        _do(api, f"/clips/{next(left)}/actions", action="group", version=1, **group)
        items = [{"clip_id": next(left), "version": 1, "action": "skip"} for _ in range(5)]
        _do(api, "/actions", items=items)
        lease = _do(api, "/queue/next", count=5)
        _do(api, f"/leases/{lease['lease_id']}/renew")
        assert api.call("DELETE", f"/leases/{lease['lease_id']}").status == 200
        assert _do(api, "/queue/next", count=5, video_id=video_id)["items"]
        for path in ("/undo", "/redo", f"/videos/{video_id}/release"):
            _do(api, path)


def _cut_everything(api: Api, video_id: str) -> None:
    for turn in range(REPEATS):
        frame = 10 * turn + 5
        _do(api, f"/videos/{video_id}/cuts", op="add", frame=frame, version=1)
        _do(api, f"/videos/{video_id}/cuts", op="move", frame=frame, to_frame=frame + 1, version=1)
        _do(api, f"/videos/{video_id}/cuts", op="remove", frame=frame + 1, version=1)
        stale = api.post(f"/videos/{video_id}/cuts", op="add", frame=frame, version=9)
        assert stale.code == "StaleVersion"


def _watch_everything(api: Api, clip_ids: list[str], video_id: str) -> None:
    for clip_id in clip_ids[:REPEATS]:
        cursor = api.get("/changes").body["next_cursor"]
        _do(api, f"/clips/{clip_id}/actions", action="skip", version=1)
        for asked in ("", "&show=clips", f"&show=clips&video_id={video_id}", f"&video_id={video_id}"):
            answer = api.get(f"/changes?wait_s=0&cursor={cursor}{asked}")
            assert [item["video_id"] for item in answer.body["items"]] == [video_id]


def _detect_everything(catalog: Catalog, video_id: str) -> None:
    asked: dict[str, Any] = {"video_id": video_id, "min_frames": 1, "reviewer": "person 7"}
    for turn in range(REPEATS):
        proposed = tuple(range(300, 700, 7 + turn % 2))
        with catalog.transaction() as connection:
            find_standing_settings(connection, video_id)
            assert preview_detection(connection, proposed=proposed, **asked).added
        with catalog.transaction() as connection:
            apply_detection(
                connection,
                proposed=proposed,
                settings=DetectSettings(),
                new_id=lambda: str(uuid.uuid4()),
                **asked,
            )
        with catalog.transaction() as connection:
            undo(connection, reviewer="person 7")


def _play_everything(catalog: Catalog, clip_ids: list[str]) -> None:
    for clip_id in clip_ids[:REPEATS]:
        with catalog.transaction() as connection:
            copy = ObjectRef(key=get_playable_clip(connection, clip_id).clip_id, version_id="v")
            record_copy(connection, clip_id=clip_id, copy=copy, size_bytes=10)
            assert use_copy(connection, clip_id) == copy
            evict_copies(connection, cap_bytes=55)
            forget_copy(connection, clip_id=clip_id, copy=copy)


def _add_import_and_retry(api: Api, catalog: Catalog) -> None:
    """On the oldest video, which nobody else here touches."""
    video_id = query(catalog, "SELECT video_id FROM source_videos ORDER BY video_no LIMIT 1")[0]["video_id"]
    for turn in range(REPEATS):
        assert api.post("/videos", url=f"https://example.org/{turn}.mp4").status == 201
        cuts = (0, *range(10 + (turn + 1) % 2, 10 * CLIPS_EACH, 10), 10 * CLIPS_EACH)
        rows = "".join(f"{start},{end}\n" for start, end in pairwise(cuts))
        _do(api, f"/videos/{video_id}/timeline", format="csv", text=f"start_frame,end_frame\n{rows}")
        clip = live_clips(catalog, video_id)[-1]
        _do(api, f"/clips/{clip['clip_id']}/actions", action="approve", version=clip["version"])
        claim_clip(catalog, clip["clip_id"])
        with catalog.transaction() as connection:
            fail_clip(
                connection, clip_id=clip["clip_id"], running=ClipState.EXPORTING, failed=ClipState.EXPORT_FAILED,
                error=WorkerLost("gone"),
            )  # fmt: skip
            finish_waves(connection, video_id)
        _do(api, f"/clips/{clip['clip_id']}/actions", action="retry", version=clip["version"] + 3)
        _do(api, f"/clips/{clip['clip_id']}/actions", action="skip", version=clip["version"] + 4)


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


def _do(api: Api, path: str, **body: Any) -> Any:
    answer = api.post(path, **body)
    assert answer.status == 200, answer.body
    return answer.body


def test_no_route_reads_all_clips_or_all_events(
    settings: CatalogSettings, clip_ids: list[str], sequential: list[str], api: Api, catalog: Catalog
) -> None:
    """EXPLAIN tells for each statement; the server's own counters tell for triggers and foreign keys too."""
    before = _count_sequential_scans(settings)
    video_id = query(catalog, "SELECT video_id FROM clips WHERE clip_id = %s", clip_ids[0])[0]["video_id"]
    _read_everything(api, clip_ids[0], video_id)
    _decide_everything(api, clip_ids[CLIPS_EACH:], video_id)
    _cut_everything(api, video_id)
    with catalog.transaction() as at_work:
        at_work.execute("SELECT pg_current_xact_id()")  # a position then names a transaction
        _watch_everything(api, clip_ids[CLIPS_EACH - REPEATS :], video_id)
    _detect_everything(catalog, video_id)
    _play_everything(catalog, clip_ids)
    _add_import_and_retry(api, catalog)
    assert sequential == []
    catalog.close()
    assert _count_sequential_scans(settings) == before


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
    before = _count_sequential_scans(settings)
    _process_everything(clip_ids[-CLIPS_EACH:], videos[-1])
    assert {text.split("\n{")[0] for text in sequential} - PRUNED == set()
    runtime.catalog().close()
    after = _count_sequential_scans(settings)
    assert after | {"changes": before["changes"]} == before
