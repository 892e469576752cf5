"""Waves: the decided clips of a video that are processed together. A video has at most one unfinished wave, so a
claim that is repeated, after a crash or by a new attempt, goes on with the wave that it finds.
"""

from dataclasses import dataclass

from heaters.catalog.connection import Connection
from heaters.domain import object_keys
from heaters.domain.errors import HeatersError
from heaters.domain.pipeline import stages_in
from heaters.domain.stage import Part
from heaters.domain.timebase import FrameRange
from heaters.domain.transitions import IN_WAVE_CLIP_STATES

_ON_THEIR_WAY = sorted(IN_WAVE_CLIP_STATES)


@dataclass(frozen=True, kw_only=True)
class WaveClip:
    """A clip of a wave that is not through yet."""

    clip_id: str
    frames: FrameRange


def find_unfinished_wave(connection: Connection, video_id: str) -> str | None:
    """The wave of this video that is still being processed."""
    row = connection.execute(
        "SELECT wave_id FROM waves WHERE video_id = %(video_id)s AND finished_at IS NULL",
        {"video_id": video_id},
    ).fetchone()
    return str(row["wave_id"]) if row else None


def insert_wave(connection: Connection, *, video_id: str, wave_id: str) -> None:
    """Add a wave; its manifest is written after the claim has been committed."""
    connection.execute(
        """
        INSERT INTO waves (wave_id, video_id, manifest_key) VALUES (%(wave_id)s, %(video_id)s, %(manifest_key)s)
        """,
        {
            "wave_id": wave_id,
            "video_id": video_id,
            "manifest_key": object_keys.wave_manifest(video_id, wave_id),
        },
    )


def claim_wave(connection: Connection, *, video_id: str, new_wave_id: str, undo_window_s: int) -> str | None:
    """Put every approved clip that can no longer be taken back into the video's wave.

    Returns the wave: the unfinished one if there is one, else `new_wave_id`; None when there is nothing to do.
    The caller holds the video's lock.
    """
    wave_id = find_unfinished_wave(connection, video_id)
    if wave_id is None:
        insert_wave(connection, video_id=video_id, wave_id=new_wave_id)
    claimed = _claim_clips(
        connection, video_id=video_id, wave_id=wave_id or new_wave_id, undo_window_s=undo_window_s
    )
    if wave_id is None and claimed == 0:
        _delete_empty_wave(connection, new_wave_id)
        return None
    return wave_id or new_wave_id


def list_wave_clips(connection: Connection, wave_id: str) -> list[WaveClip]:
    """The clips of the wave that are still on their way, in order of their frames."""
    rows = connection.execute(
        """
        SELECT clip_id, start_frame, end_frame FROM clips
        WHERE wave_id = %(wave_id)s
          AND state = ANY(%(on_their_way)s::clip_state[])
        ORDER BY start_frame
        """,
        {"wave_id": wave_id, "on_their_way": _ON_THEIR_WAY},
    )
    return [
        WaveClip(
            clip_id=row["clip_id"],
            frames=FrameRange(start_frame=row["start_frame"], end_frame=row["end_frame"]),
        )
        for row in rows
    ]


def fail_left_over_clips(connection: Connection, *, wave_id: str, error: HeatersError) -> int:
    """Mark as failed the clips whose child execution ended without recording anything; returns how many."""
    _lock_clips(connection, wave_id)
    cursor = connection.execute(
        """
        UPDATE clips SET state = ending.failed, error_name = %(name)s, error_message = %(message)s
        FROM unnest(%(running)s::clip_state[], %(failed)s::clip_state[]) AS ending (running, failed)
        WHERE clips.wave_id = %(wave_id)s AND clips.state = ending.running
        """,
        {
            "wave_id": wave_id,
            "name": error.name,
            "message": error.message,
            "running": [stage.running for stage in stages_in(Part.CLIP)],
            "failed": [stage.failed for stage in stages_in(Part.CLIP)],
        },
    )
    return cursor.rowcount


def begin_embedding(connection: Connection, wave_id: str) -> int:
    """Move the clips that are through all stages of their own to `embedding`; returns how many moved now."""
    _lock_clips(connection, wave_id)
    cursor = connection.execute(
        "UPDATE clips SET state = 'embedding' WHERE wave_id = %(wave_id)s AND state = %(before)s",
        {"wave_id": wave_id, "before": stages_in(Part.CLIP)[-1].done},
    )
    return cursor.rowcount


def list_keyframes_to_embed(connection: Connection, wave_id: str) -> list[tuple[str, tuple[str, ...]]]:
    """The clips of the wave in `embedding` with the keys of their keyframes in order."""
    rows = connection.execute(
        """
        SELECT clip.clip_id, array_agg(artifact.key ORDER BY artifact.position) AS keys
        FROM clips clip JOIN artifacts artifact ON artifact.clip_id = clip.clip_id AND artifact.kind = 'keyframe'
        WHERE clip.wave_id = %(wave_id)s AND clip.state = 'embedding'
        GROUP BY clip.clip_id, clip.start_frame
        ORDER BY clip.start_frame
        """,
        {"wave_id": wave_id},
    )
    return [(row["clip_id"], tuple(row["keys"])) for row in rows]


def complete_embedding(connection: Connection, *, wave_id: str, model: str) -> int:
    """Move the wave's clips that have vectors of `model` to `embedded`; returns how many moved now."""
    _lock_clips(connection, wave_id)
    cursor = connection.execute(
        """
        UPDATE clips SET state = 'embedded'
        WHERE wave_id = %(wave_id)s AND state = 'embedding'
          AND EXISTS (SELECT FROM embeddings e WHERE e.clip_id = clips.clip_id AND e.model = %(model)s)
        """,
        {"wave_id": wave_id, "model": model},
    )
    return cursor.rowcount


def fail_embedding(connection: Connection, *, wave_id: str, error: HeatersError) -> int:
    """Mark the wave's clips that wait for vectors as failed; returns how many."""
    _lock_clips(connection, wave_id)
    cursor = connection.execute(
        """
        UPDATE clips SET state = 'embedding_failed', error_name = %(name)s, error_message = %(message)s
        WHERE wave_id = %(wave_id)s AND state = 'embedding'
        """,
        {"wave_id": wave_id, "name": error.name, "message": error.message},
    )
    return cursor.rowcount


def finish_waves(connection: Connection, video_id: str) -> None:
    """Close the video's wave when none of its clips is on its way any more.

    Asked for with a LIMIT: as an anti-join, Postgres may read all clips of all waves for it.
    """
    connection.execute(
        """
        UPDATE waves SET finished_at = now()
        WHERE video_id = %(video_id)s AND finished_at IS NULL
          AND (SELECT count(*) FROM (
              SELECT FROM clips
              WHERE clips.wave_id = waves.wave_id
                AND state = ANY(%(on_their_way)s::clip_state[])
              LIMIT 1
          ) AS on_their_way) = 0
        """,
        {"video_id": video_id, "on_their_way": _ON_THEIR_WAY},
    )


def _lock_clips(connection: Connection, wave_id: str) -> None:
    """Lock the wave's clips in the order in which reviewers lock clips: an UPDATE alone would take them in any."""
    connection.execute(
        "SELECT FROM clips WHERE wave_id = %(wave_id)s ORDER BY clip_id FOR NO KEY UPDATE",
        {"wave_id": wave_id},
    )


def _claim_clips(connection: Connection, *, video_id: str, wave_id: str, undo_window_s: int) -> int:
    cursor = connection.execute(
        """
        UPDATE clips
        SET state = %(first)s, wave_id = %(wave_id)s, claim_count = claim_count + 1,
            error_name = NULL, error_message = NULL
        WHERE video_id = %(video_id)s AND state = 'review_approved'
          AND decided_at <= now() - make_interval(secs => %(undo_window_s)s)
        """,
        {
            "video_id": video_id,
            "wave_id": wave_id,
            "undo_window_s": undo_window_s,
            "first": stages_in(Part.CLIP)[0].running,
        },
    )
    return cursor.rowcount


def _delete_empty_wave(connection: Connection, wave_id: str) -> None:
    connection.execute("DELETE FROM waves WHERE wave_id = %(wave_id)s", {"wave_id": wave_id})
