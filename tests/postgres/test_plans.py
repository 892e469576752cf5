"""What Postgres does for the routes: at 20,000 clips nothing reads a whole table of clips or of events."""

import json
import time
import uuid
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from heaters.catalog import connection as catalog_connection
from heaters.catalog.connection import Catalog, CatalogSettings
from heaters.catalog.playback import evict_copies, forget_copy, get_playable_clip, record_copy, use_copy
from heaters.catalog.redetection import apply_detection, find_standing_settings, preview_detection
from heaters.catalog.review import undo
from heaters.domain.jobs import DetectSettings, ObjectRef
from tests.postgres.api_client import Api, open_api
from tests.postgres.review_videos import add_video_in_review, live_clips, query
from tests.postgres.step_functions import FakeStepFunctions

VIDEOS, CLIPS_EACH, EVENTS, PEOPLE = 200, 100, 20_000, 50
LARGE_TABLES = ("clips", "review_events", "cuts", "changes")
REPEATS = 12
"""More than it takes until psycopg prepares a statement and Postgres plans it for any parameters."""


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
    """A table from end to end, or an index: that is sequential too. The queue begins at the end of its own index."""
    if node.get("Relation Name") not in LARGE_TABLES:
        return False
    if node["Node Type"] == "Seq Scan":
        return True
    return "Index Cond" not in node and node.get("Index Name") not in {None, "clips_pending"}


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
    """Pending clips of the newest videos, in a catalog of 20,000 clips and as many events."""
    catalog = Catalog(settings)
    video_ids = [
        add_video_in_review(catalog, cuts=range(10, 10 * CLIPS_EACH, 10), frame_count=10 * CLIPS_EACH)
        for _ in range(VIDEOS)
    ]
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
    clips = [clip["clip_id"] for video_id in video_ids[-3:] for clip in live_clips(catalog, video_id)]
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
    for at in range(REPEATS):
        frame = 10 * at + 5
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
    asked = {"video_id": video_id, "min_frames": 1, "reviewer": "person 7"}
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
    assert sequential == []
    catalog.close()
    assert _count_sequential_scans(settings) == before
