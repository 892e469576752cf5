"""Videos that wait for reviewers, made by SQL alone: no stage has to run for them."""

import uuid
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from heaters.catalog.clips import insert_clips
from heaters.catalog.connection import Catalog
from heaters.catalog.cuts import insert_cuts
from heaters.catalog.review.gates import Gate, open_gate
from heaters.domain.timebase import FrameRange


def add_video_in_review(
    catalog: Catalog, *, cuts: Sequence[int] = (40, 70), frame_count: int = 100, title: str = "raw.mp4"
) -> str:
    """A video in review with one pending clip between each two cuts; its id."""
    video_id = str(uuid.uuid4())
    with catalog.transaction() as connection:
        connection.execute(
            """
            INSERT INTO source_videos (
                video_id, title, state, source_bucket, source_key, undo_window_s, release_size, proxy_key,
                frame_index_key, scores_key, frame_count, fps_num, fps_den, width, height, storyboard
            ) VALUES (
                %(video_id)s, %(title)s, 'in_review', 'media', 'uploads/u/raw.mp4', 60, 25, 'proxies/p.mp4', 'i',
                's', %(frame_count)s, 24000, 1001, 640, 360,
                '{"sheets": [{"key": "storyboards/0.jpg", "size_bytes": 9}], "tile_width": 160,
                  "tile_height": 90, "columns": 10, "rows": 10, "interval_s": 1.0, "tile_count": 4}'
            )
            """,
            {"video_id": video_id, "title": title, "frame_count": frame_count},
        )
        insert_cuts(connection, video_id=video_id, frames=cuts)
        ranges = [FrameRange(start_frame=a, end_frame=b) for a, b in pairwise((0, *cuts, frame_count))]
        segments = [(str(uuid.uuid4()), frames) for frames in ranges]
        insert_clips(connection, video_id=video_id, segments=segments)
    return video_id


def wait_at_gate(catalog: Catalog, video_id: str, *, release_size: int = 25) -> Gate:
    """An execution begins to wait for the reviewers of a video."""
    with catalog.transaction() as connection:
        return open_gate(
            connection, video_id=video_id, attempt=1, token=f"token-{uuid.uuid4()}", release_size=release_size
        )


def live_clips(catalog: Catalog, video_id: str) -> list[dict[str, Any]]:
    """Whole rows of the video's live clips, in order of their frames."""
    return query(
        catalog,
        "SELECT * FROM clips WHERE video_id = %s AND state <> 'superseded' ORDER BY start_frame",
        video_id,
    )


def claim_clip(catalog: Catalog, clip_id: str) -> None:
    """A wave claims an approved clip."""
    with catalog.transaction() as connection:
        connection.execute(
            """
            WITH wave AS (
                INSERT INTO waves (wave_id, video_id, manifest_key)
                SELECT gen_random_uuid()::text, video_id, 'm' FROM clips WHERE clip_id = %(clip_id)s
                RETURNING wave_id
            )
            UPDATE clips SET state = 'exporting', wave_id = (SELECT wave_id FROM wave), claim_count = 1
            WHERE clip_id = %(clip_id)s
            """,
            {"clip_id": clip_id},
        )


def query(catalog: Catalog, statement: str, *parameters: Any) -> list[dict[str, Any]]:
    with catalog.transaction() as connection:
        return connection.execute(statement, parameters).fetchall()
