"""Leases: who is looking at which clip, so that two reviewers are not given the same one.

A lease is a courtesy, not a lock: an action is guarded by the clip's version, never by a lease. A lease that
has expired is as good as none, whether or not the sweeper has removed it yet. Whoever takes the rows of several leases
takes them in the order of their clips' ids.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from heaters.catalog.connection import Connection
from heaters.domain.errors import NotFound

LEASE_S = 300
"""How long a lease lasts unless it is renewed."""

_ATTEMPTS = 5
"""How often to ask again where others took what was found; more than enough for any crowd."""


@dataclass(frozen=True, kw_only=True)
class Lease:
    """Clips that one reviewer has to himself until `expires_at`, in order of their videos' age and frames."""

    lease_id: str
    clip_ids: tuple[str, ...]
    expires_at: datetime


def lease_next(
    connection: Connection,
    *,
    reviewer: str,
    lease_id: str,
    count: int,
    video_id: str | None = None,
    holding: Sequence[str] = (),
    lease_s: int = LEASE_S,
) -> Lease | None:
    """Lease the first `count` pending clips that nobody else has, oldest video first; None when there is none.

    Of the reviewer's own leases those in `holding` are respected; others are taken to be left over from a page
    that was closed. Two reviewers who ask at once skip what the other is just taking.
    """
    taken = 0
    for _ in range(_ATTEMPTS):
        taken += _take(
            connection,
            {
                "reviewer": reviewer,
                "lease_id": lease_id,
                "count": count - taken,
                "video_id": video_id,
                "holding": [*holding, lease_id],
                "lease_s": lease_s,
            },
        )
        if taken == count:
            break
    return _get_lease(connection, lease_id) if taken else None


def renew_lease(connection: Connection, *, lease_id: str, reviewer: str, lease_s: int = LEASE_S) -> Lease:
    """Let a lease last `lease_s` from now, unless somebody has taken its clips. Raises NotFound."""
    cursor = connection.execute(
        """
        WITH mine AS MATERIALIZED (
            SELECT clip_id FROM leases WHERE lease_id = %(lease_id)s AND reviewer = %(reviewer)s
            ORDER BY clip_id FOR NO KEY UPDATE
        )
        UPDATE leases SET expires_at = now() + make_interval(secs => %(lease_s)s) FROM mine
        WHERE leases.clip_id = mine.clip_id
        """,
        {"lease_id": lease_id, "reviewer": reviewer, "lease_s": lease_s},
    )
    if cursor.rowcount == 0:
        raise NotFound(f"Lease {lease_id} has ended; ask for the next clips.", lease_id=lease_id)
    return _get_lease(connection, lease_id)


def end_lease(connection: Connection, *, lease_id: str, reviewer: str) -> int:
    """Give the clips of a lease back; returns how many it still had."""
    return connection.execute(
        """
        WITH mine AS MATERIALIZED (
            SELECT clip_id FROM leases WHERE lease_id = %(lease_id)s AND reviewer = %(reviewer)s
            ORDER BY clip_id FOR UPDATE
        )
        DELETE FROM leases USING mine WHERE leases.clip_id = mine.clip_id
        """,
        {"lease_id": lease_id, "reviewer": reviewer},
    ).rowcount


def _get_lease(connection: Connection, lease_id: str) -> Lease:
    rows = connection.execute(
        """
        SELECT leases.clip_id, leases.expires_at FROM leases JOIN clips USING (clip_id)
        WHERE leases.lease_id = %(lease_id)s ORDER BY clips.video_no, clips.start_frame
        """,
        {"lease_id": lease_id},
    ).fetchall()
    return Lease(
        lease_id=lease_id,
        clip_ids=tuple(row["clip_id"] for row in rows),
        expires_at=rows[0]["expires_at"],
    )


def _take(connection: Connection, wanted: dict[str, Any]) -> int:
    """Lease free clips; returns how many. A clip that was leased while this statement ran is not taken, so
    there may be more for whoever asks again.
    """
    return connection.execute(
        """
        WITH free AS (
            SELECT clip.clip_id FROM clips clip
            WHERE clip.state = 'pending_review'
              AND (%(video_id)s::text IS NULL OR clip.video_id = %(video_id)s)
              AND NOT EXISTS (
                  SELECT FROM leases
                  WHERE leases.clip_id = clip.clip_id AND leases.expires_at > now()
                    AND (leases.reviewer <> %(reviewer)s OR leases.lease_id = ANY(%(holding)s))
              )
            ORDER BY clip.video_no, clip.start_frame
            LIMIT %(count)s
            FOR NO KEY UPDATE OF clip SKIP LOCKED
        )
        INSERT INTO leases (clip_id, lease_id, reviewer, expires_at)
        SELECT clip_id, %(lease_id)s, %(reviewer)s, now() + make_interval(secs => %(lease_s)s) FROM free
        ORDER BY clip_id
        ON CONFLICT (clip_id) DO UPDATE
        SET lease_id = excluded.lease_id, reviewer = excluded.reviewer, leased_at = now(),
            expires_at = excluded.expires_at
        WHERE leases.expires_at <= now()
           OR leases.reviewer = %(reviewer)s AND NOT leases.lease_id = ANY(%(holding)s)
        """,
        wanted,
    ).rowcount
