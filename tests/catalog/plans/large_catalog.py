"""A catalog of 100,000 clips and as many events, and what Postgres plans to do with its tables."""

import json
import time
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.rows import dict_row

from heaters.catalog import connection as catalog_connection
from heaters.catalog.connection import Catalog, CatalogSettings
from tests.catalog.review_videos import add_video_in_review, live_clips, query

VIDEOS, CLIPS_EACH, EVENTS, PEOPLE = 1_000, 100, 100_000, 50
LARGE_TABLES = ("clips", "review_events", "cuts", "changes")
SMALL_INDEXES = ("clips_pending", "clips_to_delete")
"""The queue begins at the end of its own index; the other holds only what waits to be deleted."""

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

_EVENTS = (
    """
    INSERT INTO review_events (reviewer, action, video_ids, clip_ids, changes, undoable)
    SELECT 'person ' || n %% %(people)s, 'skip', ARRAY[video_id], ARRAY[clip_id], '[]', true
    FROM (SELECT clip_id, video_id, row_number() OVER () AS n FROM clips LIMIT %(events)s) AS clip
    """,
    """
    INSERT INTO changes (xact, video_id, kinds)
    SELECT (1 + n %% 200)::text::xid8, 'video ' || n / 200, '{clips}' FROM generate_series(1, %(events)s) AS n
    """,
)


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


def count_sequential_scans(settings: CatalogSettings) -> dict[str, int]:
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


def add_clips_and_events(settings: CatalogSettings) -> list[str]:
    """Fill an empty catalog; the pending clips of its three newest videos."""
    catalog = Catalog(settings)
    add_video_in_review(catalog, cuts=range(10, 10 * CLIPS_EACH, 10), frame_count=10 * CLIPS_EACH)
    with catalog.transaction() as connection:
        for statement in _COPIES:
            connection.execute(statement, {"copies": VIDEOS - 1, "frames": 10 * CLIPS_EACH})
    newest = query(catalog, "SELECT video_id FROM source_videos ORDER BY video_no DESC LIMIT 3")
    video_ids = [row["video_id"] for row in reversed(newest)]
    with catalog.transaction() as connection:
        for statement in _EVENTS:
            connection.execute(statement, {"people": PEOPLE, "events": EVENTS})
    clips = [clip["clip_id"] for video_id in video_ids for clip in live_clips(catalog, video_id)]
    catalog.close()
    with catalog_connection.open_connection(settings) as admin:
        admin.execute("ANALYZE")
    return clips
