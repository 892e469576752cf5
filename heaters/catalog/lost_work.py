"""What the sweeper looks at: videos on which something may have been lost."""

from heaters.catalog.connection import Connection
from heaters.domain.states import MasterState, VideoState
from heaters.domain.sweeping import VideoCase


def list_video_cases(connection: Connection, *, quiet_s: int) -> list[VideoCase]:
    """Videos with something left to do, longest untouched first; `quiet` after `quiet_s` without a change.

    How their executions are is not known here: `execution_status` is None.
    """
    rows = connection.execute(
        """
        WITH undone AS (
            SELECT DISTINCT video_id FROM clips WHERE state IN ('pending_review', 'review_approved', 'review_archived')
            UNION
            SELECT DISTINCT video_id FROM clips WHERE state = 'archived' AND objects_deleted_at IS NULL
        )
        SELECT video_id, state, error_name, attempt, execution_arn IS NOT NULL AS begun, master_state,
               master_error_name, master_attempts, undone.video_id IS NOT NULL AS clips_left,
               updated_at <= now() - make_interval(secs => %(quiet_s)s) AS quiet
        FROM source_videos LEFT JOIN undone USING (video_id)
        WHERE state <> 'complete' OR master_state <> 'archived' OR undone.video_id IS NOT NULL
        ORDER BY updated_at
        """,
        {"quiet_s": quiet_s},
    )
    return [
        VideoCase(
            **{name: row[name] for name in _SAME},
            state=VideoState(row["state"]),
            master_state=MasterState(row["master_state"]),
            execution_status=None,
        )
        for row in rows
    ]


_SAME = (
    "video_id", "error_name", "attempt", "begun", "quiet", "master_error_name", "master_attempts", "clips_left",
)  # fmt: skip


def delete_expired_leases(connection: Connection) -> int:
    """Give back the clips of reviewers who went away; returns how many."""
    return connection.execute("DELETE FROM leases WHERE expires_at <= now()").rowcount
