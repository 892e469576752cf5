"""Copies of clips that were made for playing: who has one, when it was last wanted, and which ones must go.

A row is written after its object is stored and deleted before its object is, so an object without a row can only be
left over: the bucket's lifecycle rule removes it. Whether an object is still there is for the caller to ask.
"""

from dataclasses import dataclass
from typing import Any

from heaters.catalog.connection import Connection
from heaters.domain.errors import NotFound
from heaters.domain.jobs import ObjectRef
from heaters.domain.states import ClipState
from heaters.domain.timebase import FrameRange


@dataclass(frozen=True, kw_only=True)
class PlayableClip:
    """What a clip is copied from, and the file of its own that it may have already."""

    clip_id: str
    video_id: str
    frames: FrameRange
    state: ClipState
    proxy: ObjectRef
    frame_index_key: str
    export_key: str | None


def get_playable_clip(connection: Connection, clip_id: str) -> PlayableClip:
    """The clip, also one that was superseded: its frames never change. Raises NotFound."""
    row = connection.execute(
        """
        SELECT clip.clip_id, clip.video_id, clip.start_frame, clip.end_frame, clip.state, video.proxy_key,
               video.proxy_version, video.frame_index_key, export.key AS export_key
        FROM clips clip
        JOIN source_videos video ON video.video_id = clip.video_id
        LEFT JOIN LATERAL (
            SELECT key FROM artifacts WHERE artifacts.clip_id = clip.clip_id AND kind = 'export' LIMIT 1
        ) export ON clip.objects_deleted_at IS NULL
        WHERE clip.clip_id = %(clip_id)s
        """,
        {"clip_id": clip_id},
    ).fetchone()
    if row is None:
        raise NotFound(
            f"There is no clip {clip_id}; list the clips of its video to find it.", clip_id=clip_id
        )
    return PlayableClip(
        clip_id=row["clip_id"],
        video_id=row["video_id"],
        frames=FrameRange(start_frame=row["start_frame"], end_frame=row["end_frame"]),
        state=ClipState(row["state"]),
        proxy=ObjectRef(key=row["proxy_key"], version_id=row["proxy_version"]),
        frame_index_key=row["frame_index_key"],
        export_key=row["export_key"],
    )


def use_copy(connection: Connection, clip_id: str) -> ObjectRef | None:
    """The clip's copy, which is the most recently used one from now on; None where it has none."""
    row = connection.execute(
        """
        UPDATE playback_clips SET last_used_at = clock_timestamp() WHERE clip_id = %(clip_id)s
        RETURNING key, version_id
        """,
        {"clip_id": clip_id},
    ).fetchone()
    return _read(row) if row else None


def record_copy(connection: Connection, *, clip_id: str, copy: ObjectRef, size_bytes: int) -> ObjectRef:
    """Make `copy`, which is stored, the clip's copy, unless another request was first; returns the one that stands."""
    row = connection.execute(
        """
        INSERT INTO playback_clips (clip_id, key, version_id, size_bytes)
        VALUES (%(clip_id)s, %(key)s, %(version_id)s, %(size_bytes)s)
        ON CONFLICT (clip_id) DO UPDATE SET last_used_at = clock_timestamp()
        RETURNING key, version_id
        """,
        {"clip_id": clip_id, "key": copy.key, "version_id": copy.version_id, "size_bytes": size_bytes},
    ).fetchone()
    return _read(row) if row else copy


def forget_copy(connection: Connection, *, clip_id: str, copy: ObjectRef) -> None:
    """The bucket has lost this very copy; one that took its place meanwhile stays."""
    connection.execute(
        """
        DELETE FROM playback_clips
        WHERE clip_id = %(clip_id)s AND key = %(key)s AND version_id IS NOT DISTINCT FROM %(version_id)s
        """,
        {"clip_id": clip_id, "key": copy.key, "version_id": copy.version_id},
    )


def evict_copies(connection: Connection, *, cap_bytes: int) -> list[ObjectRef]:
    """Forget the least recently used copies until the rest fit into `cap_bytes`; returns whose keys are to be deleted.

    Several may do so at once: a copy that somebody is just using, or forgetting, is left to them. Its own transaction
    should begin after the commit of `record_copy`, so that of two who add at once the last sees both.
    """
    rows = connection.execute(
        """
        WITH by_use AS (
            SELECT clip_id, last_used_at, sum(size_bytes) OVER (ORDER BY last_used_at DESC, clip_id) AS total_bytes
            FROM playback_clips
        ), doomed AS (
            SELECT copy.clip_id FROM playback_clips copy
            JOIN by_use ON by_use.clip_id = copy.clip_id AND by_use.last_used_at = copy.last_used_at
            WHERE by_use.total_bytes > %(cap_bytes)s
            FOR UPDATE OF copy SKIP LOCKED
        )
        DELETE FROM playback_clips copy USING doomed WHERE copy.clip_id = doomed.clip_id
        RETURNING copy.key, copy.version_id
        """,
        {"cap_bytes": cap_bytes},
    ).fetchall()
    return [_read(row) for row in rows]


def _read(row: dict[str, Any]) -> ObjectRef:
    return ObjectRef(key=row["key"], version_id=row["version_id"])
