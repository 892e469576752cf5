"""What the sweeper looks at: videos on which something may have been lost."""

from heaters.catalog.connection import Connection
from heaters.domain.states import MasterState, VideoState
from heaters.domain.sweeping import VideoCase


def list_video_cases(connection: Connection, *, quiet_s: int, stuck_s: int) -> list[VideoCase]:
    """Videos with something left to do, longest untouched first; `quiet` after `quiet_s` without a change, `stuck`
    when its execution left its last gate and its last wave more than `stuck_s` ago and came to no other.

    How their executions are is not known here: `execution_status` is None. Each video's clips are asked for with a
    LIMIT of their own: otherwise Postgres would rather read the clips of all videos at once.
    """
    rows = connection.execute(
        """
        SELECT video.video_id, video.state, video.error_name, video.attempt,
               video.execution_arn IS NOT NULL AS begun, video.master_state, video.master_error_name,
               video.master_attempts, undone.found IS NOT NULL OR undeleted.found IS NOT NULL AS clips_left,
               video.updated_at <= now() - make_interval(secs => %(quiet_s)s) AS quiet,
               coalesce(
                   undone.found IS NOT NULL AND gate.attempt = video.attempt
                   AND gate.closed_at <= now() - make_interval(secs => %(stuck_s)s + video.undo_window_s)
                   AND (wave.claimed_at IS NULL OR wave.finished_at <= now() - make_interval(secs => %(stuck_s)s)),
                   false
               ) AS stuck
        FROM source_videos video
        LEFT JOIN LATERAL (
            SELECT true AS found FROM clips
            WHERE clips.video_id = video.video_id
              AND clips.state IN ('pending_review', 'review_approved', 'review_archived') LIMIT 1
        ) undone ON true
        LEFT JOIN LATERAL (
            SELECT true AS found FROM clips
            WHERE clips.video_id = video.video_id
              AND clips.state = 'archived' AND clips.objects_deleted_at IS NULL LIMIT 1
        ) undeleted ON true
        LEFT JOIN LATERAL (
            SELECT attempt, closed_at FROM review_gates
            WHERE review_gates.video_id = video.video_id ORDER BY gate_id DESC LIMIT 1
        ) gate ON true
        LEFT JOIN LATERAL (
            SELECT claimed_at, finished_at FROM waves
            WHERE waves.video_id = video.video_id ORDER BY claimed_at DESC LIMIT 1
        ) wave ON true
        WHERE video.state <> 'complete' OR video.master_state <> 'archived'
           OR undone.found IS NOT NULL OR undeleted.found IS NOT NULL
        ORDER BY video.updated_at
        """,
        {"quiet_s": quiet_s, "stuck_s": stuck_s},
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
    "stuck",
)  # fmt: skip


def delete_expired_leases(connection: Connection) -> int:
    """Give back the clips of reviewers who went away; returns how many. One that is just being taken over is not."""
    return connection.execute(
        """
        DELETE FROM leases WHERE clip_id IN (
            SELECT clip_id FROM leases WHERE expires_at <= now() FOR UPDATE SKIP LOCKED
        )
        """
    ).rowcount
