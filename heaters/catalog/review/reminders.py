"""Videos that reviewers have forgotten: found by the sweeper, brought to mind by the execution that waits for them."""

from heaters.catalog.connection import Connection
from heaters.catalog.review.gates import Gate, release_to_remind
from heaters.catalog.videos import lock_video


def list_forgotten_videos(connection: Connection, *, idle_s: int) -> list[str]:
    """Videos whose gate has been open, whose clips have been as they are, and whose last reminder is, for `idle_s`."""
    rows = connection.execute(
        """
        SELECT video.video_id FROM review_gates gate JOIN source_videos video USING (video_id)
        WHERE gate.state = 'open' AND gate.opened_at <= now() - make_interval(secs => %(idle_s)s)
          AND (video.reminded_at IS NULL OR video.reminded_at <= now() - make_interval(secs => %(idle_s)s))
          AND NOT EXISTS (
              SELECT FROM clips WHERE clips.video_id = video.video_id AND clips.state <> 'superseded'
                AND clips.updated_at > now() - make_interval(secs => %(idle_s)s)
          )
        ORDER BY gate.gate_id LIMIT 1000
        """,
        {"idle_s": idle_s},
    )
    return [row["video_id"] for row in rows]


def begin_reminder(connection: Connection, *, video_id: str, idle_s: int) -> Gate | None:
    """Note on the video that it is brought to mind now and release its gate for that; None where somebody else has.

    The caller hands the gate to `heaters.intake.executions.resume_gate` after the commit.
    """
    video = lock_video(connection, video_id)
    row = connection.execute(
        """
        SELECT count(*) FILTER (WHERE state = 'pending_review') AS clip_count, max(updated_at) AS since
        FROM clips WHERE video_id = %(video_id)s AND state <> 'superseded'
        """,
        {"video_id": video_id},
    ).fetchone()
    if row is None or not row["clip_count"] or not _mark_reminded(connection, video_id, idle_s):
        return None
    reminder = {
        "video_id": video_id,
        "title": video.title,
        "clip_count": row["clip_count"],
        "waiting_since": row["since"].isoformat(timespec="seconds"),
    }
    return release_to_remind(connection, video_id=video_id, reminder=reminder)


def _mark_reminded(connection: Connection, video_id: str, idle_s: int) -> bool:
    cursor = connection.execute(
        """
        UPDATE source_videos SET reminded_at = now()
        WHERE video_id = %(video_id)s
          AND (reminded_at IS NULL OR reminded_at <= now() - make_interval(secs => %(idle_s)s))
          AND EXISTS (SELECT FROM review_gates gate WHERE gate.video_id = %(video_id)s AND gate.state = 'open')
        """,
        {"video_id": video_id, "idle_s": idle_s},
    )
    return cursor.rowcount == 1
