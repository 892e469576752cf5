"""The archive copy of a video: its own small state beside the video's, so that reviewing never waits for it."""

from typing import Any

from psycopg.types.json import Jsonb

from heaters.catalog.connection import Connection
from heaters.catalog.videos import get_video
from heaters.domain.errors import HeatersError, TransitionRefused
from heaters.domain.states import MasterState


def begin_master(connection: Connection, video_id: str) -> bool:
    """Start, or start again, on the master; False when there is one already."""
    cursor = connection.execute(
        """
        UPDATE source_videos
        SET master_state = 'archiving', master_attempts = master_attempts + 1, master_progress = NULL,
            master_error_name = NULL, master_error_message = NULL
        WHERE video_id = %(video_id)s AND master_state IN ('pending', 'failed', 'archiving')
        """,
        {"video_id": video_id},
    )
    if cursor.rowcount == 0:
        get_video(connection, video_id)
    return cursor.rowcount == 1


def complete_master(connection: Connection, video_id: str) -> None:
    """The master is kept."""
    cursor = connection.execute(
        """
        UPDATE source_videos SET master_state = 'archived', master_progress = NULL
        WHERE video_id = %(video_id)s AND master_state = 'archiving'
        """,
        {"video_id": video_id},
    )
    if (
        cursor.rowcount == 0
        and (state := get_video(connection, video_id).master_state) != MasterState.ARCHIVED
    ):
        raise TransitionRefused(f"The master of video {video_id} is {state}; it cannot become archived.")


def fail_master(connection: Connection, *, video_id: str, error: HeatersError) -> bool:
    """Note why there is no master yet; the sweeper tries again. False when there is one.

    A try that failed before it began counts all the same, or the sweeper would try for ever.
    """
    _count_try_that_never_began(connection, video_id)
    cursor = connection.execute(
        """
        UPDATE source_videos
        SET master_state = 'failed', master_error_name = %(name)s, master_error_message = %(message)s,
            master_progress = NULL
        WHERE video_id = %(video_id)s AND master_state = 'archiving'
        """,
        {"video_id": video_id, "name": error.name, "message": error.message},
    )
    return cursor.rowcount == 1


def _count_try_that_never_began(connection: Connection, video_id: str) -> None:
    connection.execute(
        """
        UPDATE source_videos SET master_state = 'archiving', master_attempts = master_attempts + 1
        WHERE video_id = %(video_id)s AND master_state IN ('pending', 'failed')
        """,
        {"video_id": video_id},
    )


def record_master_progress(connection: Connection, *, video_id: str, progress: dict[str, Any]) -> bool:
    """Note how far the master has come; an event that comes late or out of order is dropped."""
    cursor = connection.execute(
        """
        UPDATE source_videos SET master_progress = %(progress)s
        WHERE video_id = %(video_id)s AND master_state = 'archiving'
          AND coalesce((master_progress->>'fraction')::float, 0) <= %(fraction)s
        """,
        {"video_id": video_id, "progress": Jsonb(progress), "fraction": progress["fraction"]},
    )
    return cursor.rowcount == 1
