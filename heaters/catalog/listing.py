"""Reads for people: videos, clips and the audit trail, a page at a time, in one statement each.

Pages are cut by key (keyset), never by offset. Rows come back as dictionaries with exactly the columns that a
statement names; those of clips have as well, under `measured`, the Measurements of their video. Nothing here locks or
changes anything.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, LiteralString

from heaters.catalog.connection import Connection
from heaters.catalog.measurements import find_measurements
from heaters.domain.errors import NotFound
from heaters.domain.states import VideoState

Row = dict[str, Any]

CLIPS_OF_EVENT = 200
"""So many clips of an event are listed: a whole batch, but not a whole video that was cut anew."""

_VIDEO: LiteralString = """
    SELECT video.video_id, video.title, video.state, video.master_state, video.created_at, video.frame_count,
           video.fps_num, video.fps_den, video.width, video.height, video.warnings, video.progress,
           video.master_progress, video.attempt, video.error_name, video.error_message, video.master_error_name,
           video.master_error_message, video.source_url, video.origin, video.proxy_key, video.proxy_version,
           video.storyboard, video.reminded_at,
           coalesce(counts.by_state, '{}') AS counts
    FROM source_videos video
    LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(state, n) AS by_state
        FROM (
            SELECT state, count(*) AS n FROM clips
            WHERE clips.video_id = video.video_id AND state <> 'superseded' GROUP BY state
        ) AS by_state
    ) counts ON true
"""

_CLIP: LiteralString = """
    SELECT clip.clip_id, clip.video_id, clip.start_frame, clip.end_frame, clip.state, clip.version, clip.group_id,
           clip.decided_by, clip.decided_at, clip.error_name, clip.error_message,
           export.facts AS export, coalesce(keyframes.items, '[]') AS keyframes, embedding.facts AS embedding
    FROM clips clip
    LEFT JOIN LATERAL (
        SELECT jsonb_build_object('key', key, 'facts', facts) AS facts FROM artifacts
        WHERE artifacts.clip_id = clip.clip_id AND kind = 'export' LIMIT 1
    ) export ON clip.objects_deleted_at IS NULL
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_object('key', key, 'frame', facts->'frame') ORDER BY position) AS items
        FROM artifacts WHERE artifacts.clip_id = clip.clip_id AND kind = 'keyframe'
    ) keyframes ON clip.objects_deleted_at IS NULL
    LEFT JOIN LATERAL (
        SELECT jsonb_build_object('model', model, 'dimensions', dimensions) AS facts FROM embeddings
        WHERE embeddings.clip_id = clip.clip_id AND position = -1 LIMIT 1
    ) embedding ON true
"""


def list_videos(
    connection: Connection, *, state: VideoState | None, after: tuple[datetime, str] | None, limit: int
) -> list[Row]:
    """Videos, newest first, from behind `after` (created_at, video_id)."""
    created_at, video_id = after or (None, None)
    by_state: LiteralString = "AND video.state = %(state)s" if state else ""
    behind: LiteralString = (
        "AND (video.created_at, video.video_id) < (%(created_at)s, %(video_id)s)" if after else ""
    )
    return connection.execute(
        f"{_VIDEO} WHERE true {by_state} {behind} ORDER BY video.created_at DESC, video.video_id DESC LIMIT %(limit)s",
        {"state": state, "created_at": created_at, "video_id": video_id, "limit": limit},
    ).fetchall()


def get_videos(connection: Connection, video_ids: Sequence[str]) -> list[Row]:
    """These videos as lists show them, in no order; those that do not exist are left out."""
    return connection.execute(
        f"{_VIDEO} WHERE video.video_id = ANY(%(video_ids)s)", {"video_ids": list(video_ids)}
    ).fetchall()


def get_video_detail(connection: Connection, video_id: str) -> Row:
    """One video with its cuts and what its stages took. Raises NotFound."""
    row = connection.execute(
        f"{_VIDEO} WHERE video.video_id = %(video_id)s", {"video_id": video_id}
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no video {video_id}; list the videos to find it.", video_id=video_id)
    cuts = connection.execute(
        "SELECT frame FROM cuts WHERE video_id = %(video_id)s ORDER BY frame", {"video_id": video_id}
    ).fetchall()
    return row | {"cuts": [cut["frame"] for cut in cuts], "stages": list_stage_runs(connection, video_id)}


def list_stage_runs(connection: Connection, video_id: str) -> list[Row]:
    """What each finished stage of a video took at each of its places, summed over its clips and waves."""
    return connection.execute(
        """
        SELECT stage, on_batch, count(*) AS runs, sum(seconds) AS seconds, sum(compute_s) AS compute_s,
               sum(read_bytes)::bigint AS read_bytes, sum(written_bytes)::bigint AS written_bytes,
               sum(requests)::bigint AS requests
        FROM stage_runs WHERE video_id = %(video_id)s GROUP BY stage, on_batch ORDER BY min(at), stage
        """,
        {"video_id": video_id},
    ).fetchall()


def list_clips(connection: Connection, *, video_id: str, after: int | None, limit: int) -> list[Row]:
    """The live clips of a video in order of their frames, from behind the start frame `after`."""
    rows = connection.execute(
        f"""{_CLIP}
        WHERE clip.video_id = %(video_id)s AND clip.state <> 'superseded' AND clip.start_frame > %(after)s
        ORDER BY clip.start_frame LIMIT %(limit)s
        """,
        {"video_id": video_id, "after": -1 if after is None else after, "limit": limit},
    ).fetchall()
    return _with_measurements(connection, rows)


def list_timeline(connection: Connection, video_id: str) -> list[Row]:
    """Frames and decisions of all live clips of a video in order."""
    return connection.execute(
        """
        SELECT clip_id, start_frame, end_frame, state, group_id FROM clips
        WHERE video_id = %(video_id)s AND state <> 'superseded' ORDER BY start_frame
        """,
        {"video_id": video_id},
    ).fetchall()


def get_clips(connection: Connection, clip_ids: Sequence[str]) -> list[Row]:
    """These clips, superseded ones too, in the order of video and frames."""
    rows = connection.execute(
        f"{_CLIP} WHERE clip.clip_id = ANY(%(clip_ids)s) ORDER BY clip.video_no, clip.start_frame, clip.end_frame",
        {"clip_ids": list(clip_ids)},
    ).fetchall()
    return _with_measurements(connection, rows)


def get_titles(connection: Connection, video_ids: Iterable[str]) -> dict[str, str]:
    """Titles of videos by id."""
    rows = connection.execute(
        "SELECT video_id, title FROM source_videos WHERE video_id = ANY(%(video_ids)s)",
        {"video_ids": list(video_ids)},
    )
    return {row["video_id"]: row["title"] for row in rows}


def get_clip(connection: Connection, clip_id: str) -> Row:
    """One clip. Raises NotFound."""
    rows = get_clips(connection, [clip_id])
    if not rows:
        raise NotFound(
            f"There is no clip {clip_id}; list the clips of its video to find it.", clip_id=clip_id
        )
    return rows[0]


def find_clip_at(connection: Connection, *, video_id: str, frame: int) -> Row | None:
    """The live clip of a video that holds `frame`; None outside the video."""
    rows = connection.execute(
        f"""{_CLIP}
        WHERE clip.video_id = %(video_id)s AND clip.state <> 'superseded' AND clip.start_frame <= %(frame)s
        ORDER BY clip.start_frame DESC LIMIT 1
        """,
        {"video_id": video_id, "frame": frame},
    ).fetchall()
    return next(iter(_with_measurements(connection, rows)), None)


def list_events(connection: Connection, *, video_id: str, before: int | None, limit: int) -> list[Row]:
    """What reviewers did to a video, newest first, from before the event `before`.

    Of an event of very many clips the first are named, and its changes are null.
    """
    return connection.execute(
        """
        SELECT event_id, reviewer, action, at, clip_ids[1:%(clips)s] AS clip_ids,
               CASE WHEN cardinality(clip_ids) <= %(clips)s THEN changes END AS changes,
               greatest(cardinality(clip_ids) - %(clips)s, 0) AS clips_left_out, undone_by IS NOT NULL AS undone
        FROM review_events WHERE video_ids @> ARRAY[%(video_id)s]
          AND event_id < coalesce(%(before)s::bigint, 9223372036854775807)
        ORDER BY event_id DESC LIMIT %(limit)s
        """,
        {"video_id": video_id, "before": before, "limit": limit, "clips": CLIPS_OF_EVENT},
    ).fetchall()


def _with_measurements(connection: Connection, clips: list[Row]) -> list[Row]:
    measured = find_measurements(connection, {clip["video_id"] for clip in clips})
    return [clip | {"measured": measured[clip["video_id"]]} for clip in clips]
