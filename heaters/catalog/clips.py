"""Clips: rows that scene detection proposes, and their way through a wave, one conditional UPDATE per transition.

What reviewers do to clips is in `review`. A change that finds no row reads it again and decides: a clip that is
there already, or further on, is a success; anything else is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from heaters.catalog.connection import Connection
from heaters.domain.errors import HeatersError, NotFound, TransitionRefused
from heaters.domain.pipeline import stages_of
from heaters.domain.stage import Entity
from heaters.domain.states import ClipState
from heaters.domain.timebase import FrameRange


@dataclass(frozen=True, kw_only=True)
class PipelineClip:
    """A clip as the pipeline sees it."""

    clip_id: str
    video_id: str
    frames: FrameRange
    state: ClipState
    wave_id: str | None


_PROGRESS: tuple[str, ...] = (
    ClipState.REVIEW_APPROVED,
    *(state for stage in stages_of(Entity.CLIP) for state in (stage.running, stage.done)),
)
"""A clip's way through a wave."""


def is_at_or_past(state: StrEnum, goal: StrEnum) -> bool:
    """Whether a clip in `state` has reached `goal` on its way through a wave; a failed one has not."""
    return state in _PROGRESS and _PROGRESS.index(state) >= _PROGRESS.index(goal)


def insert_clips(
    connection: Connection, *, video_id: str, segments: Sequence[tuple[str, FrameRange]]
) -> None:
    """Add pending clips `(clip_id, frames)`; one that is there already stays as it is."""
    connection.execute(
        """
        INSERT INTO clips (clip_id, video_id, video_no, start_frame, end_frame)
        SELECT new.clip_id, video.video_id, video.video_no, new.start_frame, new.end_frame
        FROM unnest(%(clip_ids)s::text[], %(starts)s::integer[], %(ends)s::integer[])
            AS new (clip_id, start_frame, end_frame)
        JOIN source_videos video ON video.video_id = %(video_id)s
        ON CONFLICT (clip_id) DO NOTHING
        """,
        {
            "video_id": video_id,
            "clip_ids": [clip_id for clip_id, _ in segments],
            "starts": [frames.start_frame for _, frames in segments],
            "ends": [frames.end_frame for _, frames in segments],
        },
    )


def get_pipeline_clip(connection: Connection, clip_id: str) -> PipelineClip:
    """The clip. Raises NotFound."""
    row = connection.execute(
        """
        SELECT clip_id, video_id, start_frame, end_frame, state, wave_id FROM clips WHERE clip_id = %(clip_id)s
        """,
        {"clip_id": clip_id},
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no clip {clip_id}.", clip_id=clip_id)
    return PipelineClip(
        clip_id=row["clip_id"],
        video_id=row["video_id"],
        frames=FrameRange(start_frame=row["start_frame"], end_frame=row["end_frame"]),
        state=ClipState(row["state"]),
        wave_id=row["wave_id"],
    )


def advance_clip(connection: Connection, *, clip_id: str, before: StrEnum, after: StrEnum) -> bool:
    """Move a clip one step on; False when it is there or further on already. Raises TransitionRefused otherwise."""
    cursor = connection.execute(
        """
        UPDATE clips SET state = %(after)s, error_name = NULL, error_message = NULL
        WHERE clip_id = %(clip_id)s AND state = %(before)s
        """,
        {"clip_id": clip_id, "before": before, "after": after},
    )
    if cursor.rowcount == 1:
        return True
    clip = get_pipeline_clip(connection, clip_id)
    if not is_at_or_past(clip.state, after):
        raise TransitionRefused(f"Clip {clip_id} is {clip.state}; it cannot become {after}.")
    return False


def fail_clip(
    connection: Connection, *, clip_id: str, running: StrEnum, failed: StrEnum, error: HeatersError
) -> bool:
    """Mark the running stage of a clip as failed, with the reason; False when it is not running."""
    cursor = connection.execute(
        """
        UPDATE clips SET state = %(failed)s, error_name = %(name)s, error_message = %(message)s
        WHERE clip_id = %(clip_id)s AND state = %(running)s
        """,
        {
            "clip_id": clip_id,
            "running": running,
            "failed": failed,
            "name": error.name,
            "message": error.message,
        },
    )
    return cursor.rowcount == 1


def archive_decided_clips(connection: Connection, *, video_id: str, undo_window_s: int) -> int:
    """Archive the clips that reviewers archived and can no longer take back; returns how many."""
    cursor = connection.execute(
        """
        UPDATE clips SET state = 'archived'
        WHERE video_id = %(video_id)s AND state = 'review_archived'
          AND decided_at <= now() - make_interval(secs => %(undo_window_s)s)
        """,
        {"video_id": video_id, "undo_window_s": undo_window_s},
    )
    return cursor.rowcount


def list_clips_to_delete(connection: Connection, video_id: str) -> list[tuple[str, bool]]:
    """Archived clips whose objects may still be in S3: `(clip_id, whether a wave ever claimed it)`."""
    rows = connection.execute(
        """
        SELECT clip_id, claim_count > 0 AS claimed FROM clips
        WHERE video_id = %(video_id)s AND state = 'archived' AND objects_deleted_at IS NULL
        ORDER BY clip_id
        """,
        {"video_id": video_id},
    )
    return [(row["clip_id"], row["claimed"]) for row in rows]


def record_objects_deleted(connection: Connection, clip_ids: Sequence[str]) -> None:
    """The objects of these archived clips are gone from S3."""
    connection.execute(
        """
        WITH locked AS MATERIALIZED (
            SELECT clip_id FROM clips WHERE clip_id = ANY(%(clip_ids)s) ORDER BY clip_id FOR NO KEY UPDATE
        )
        UPDATE clips SET objects_deleted_at = now() FROM locked
        WHERE clips.clip_id = locked.clip_id AND state = 'archived' AND objects_deleted_at IS NULL
        """,
        {"clip_ids": list(clip_ids)},
    )


def is_more_to_review(connection: Connection, video_id: str) -> bool:
    """Whether a clip of the video still waits for a reviewer or for a wave."""
    row = connection.execute(
        """
        SELECT EXISTS (
            SELECT FROM clips
            WHERE video_id = %(video_id)s AND state IN ('pending_review', 'review_approved', 'review_archived')
        ) AS more
        """,
        {"video_id": video_id},
    ).fetchone()
    return bool(row and row["more"])
