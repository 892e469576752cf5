"""Where a source video is in the pipeline: one conditional UPDATE per transition.

A change that finds no row reads it again and decides: done already is a success, anything else is refused.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Any

from psycopg.types.json import Jsonb

from heaters.catalog.connection import Connection
from heaters.catalog.videos import Video, get_video, read_video
from heaters.domain import wire
from heaters.domain.errors import HeatersError, TransitionRefused


def claim_for_execution(connection: Connection, *, video_id: str, attempt: int, execution_arn: str) -> Video:
    """Give the video to this execution and forget the failure of an earlier one.

    The same execution may claim again. A later attempt takes the video from an earlier one; an earlier one that
    comes late, or a second execution of the same attempt, gets TransitionRefused.
    """
    row = connection.execute(
        """
        UPDATE source_videos
        SET attempt = %(attempt)s, execution_arn = %(execution_arn)s, progress = NULL,
            error_name = CASE WHEN state::text LIKE '%%_failed' THEN error_name END
        WHERE video_id = %(video_id)s
          AND (attempt < %(attempt)s
               OR attempt = %(attempt)s AND (execution_arn IS NULL OR execution_arn = %(execution_arn)s))
        RETURNING *
        """,
        {"video_id": video_id, "attempt": attempt, "execution_arn": execution_arn},
    ).fetchone()
    if row is None:
        video = get_video(connection, video_id)
        raise TransitionRefused(
            f"Video {video_id} belongs to attempt {video.attempt} ({video.execution_arn}); attempt {attempt} came "
            "late and must not go on."
        )
    return read_video(row, video_id)


def change_video_state(
    connection: Connection, *, video_id: str, before: Collection[StrEnum], after: StrEnum
) -> None:
    """Move the video on and forget error and progress. Raises TransitionRefused from any other state."""
    cursor = connection.execute(
        """
        UPDATE source_videos
        SET state = %(after)s, error_name = NULL, error_message = NULL, error_details = '{}', progress = NULL
        WHERE video_id = %(video_id)s AND state = ANY(%(before)s::video_state[])
        """,
        {"video_id": video_id, "before": list(before), "after": after},
    )
    if cursor.rowcount == 0 and (video := get_video(connection, video_id)).state != after:
        raise TransitionRefused(f"Video {video_id} is {video.state}; it cannot become {after}.")


def fail_video_state(
    connection: Connection, *, video_id: str, running: StrEnum, failed: StrEnum, error: HeatersError
) -> bool:
    """Mark the running stage of the video as failed, with the reason; False when it is not running."""
    cursor = connection.execute(
        """
        UPDATE source_videos
        SET state = %(failed)s, error_name = %(name)s, error_message = %(message)s, error_details = %(details)s,
            progress = NULL
        WHERE video_id = %(video_id)s AND state = %(running)s
        """,
        {"video_id": video_id, "running": running, "failed": failed} | _error(error),
    )
    return cursor.rowcount == 1


def record_video_error(connection: Connection, *, video_id: str, attempt: int, error: HeatersError) -> bool:
    """Note why this attempt ended, unless a reason is known already or a later attempt has begun."""
    cursor = connection.execute(
        """
        UPDATE source_videos
        SET error_name = %(name)s, error_message = %(message)s, error_details = %(details)s, progress = NULL
        WHERE video_id = %(video_id)s AND attempt = %(attempt)s AND error_name IS NULL AND state <> 'complete'
        """,
        {"video_id": video_id, "attempt": attempt} | _error(error),
    )
    return cursor.rowcount == 1


def begin_new_attempt(connection: Connection, *, video_id: str, attempt: int) -> bool:
    """Count `attempt` up by one and leave the video unclaimed; False when somebody else has done so.

    The caller then starts the execution of the new attempt; the sweeper does when that call is lost.
    """
    cursor = connection.execute(
        """
        UPDATE source_videos SET attempt = attempt + 1, execution_arn = NULL
        WHERE video_id = %(video_id)s AND attempt = %(attempt)s
        """,
        {"video_id": video_id, "attempt": attempt},
    )
    return cursor.rowcount == 1


def forget_video_error(connection: Connection, video_id: str) -> None:
    """The execution is alive again: what stopped it in review does not count any more."""
    connection.execute(
        """
        UPDATE source_videos SET error_name = NULL, error_message = NULL, error_details = '{}'
        WHERE video_id = %(video_id)s AND state = 'in_review' AND error_name IS NOT NULL
        """,
        {"video_id": video_id},
    )


def record_progress(
    connection: Connection, *, video_id: str, progress: dict[str, Any], state: StrEnum
) -> bool:
    """Note how far the stage that runs in `state` has come; an event that comes late or out of order is dropped."""
    cursor = connection.execute(
        """
        UPDATE source_videos SET progress = %(progress)s
        WHERE video_id = %(video_id)s AND state = %(state)s
          AND coalesce((progress->>'fraction')::float, 0) <= %(fraction)s
        """,
        {
            "video_id": video_id,
            "state": state,
            "progress": Jsonb(progress),
            "fraction": progress["fraction"],
        },
    )
    return cursor.rowcount == 1


def _error(error: HeatersError) -> dict[str, Any]:
    return {"name": error.name, "message": error.message, "details": Jsonb(wire.to_json(error.details))}
