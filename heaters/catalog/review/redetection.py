"""Scenes detected anew in a video under review: shown first, then applied as one action of the reviewer's.

What may change is decided by `domain.redetection` from what is gathered here; applying it takes the same locks, in the
same order, as any other review action. A clip that another reviewer holds a lease on is not changed: whoever takes a
lease locks the clip, so a lease taken at the same moment is seen here, or finds the clip gone.
"""

from collections.abc import Callable, Sequence

from heaters.catalog.connection import Connection
from heaters.catalog.review.actions import Outcome, carry_out
from heaters.catalog.review.clip_records import lock_live_clips, read_live_clips
from heaters.catalog.videos import lock_video
from heaters.domain import wire
from heaters.domain.cuts import Cuts
from heaters.domain.jobs import DetectSettings
from heaters.domain.review import actions
from heaters.domain.review.plans import Action, ClipRecord
from heaters.domain.review.redetection import Redetection, redetect


def preview_detection(
    connection: Connection, *, video_id: str, proposed: Cuts, min_frames: int, reviewer: str
) -> Redetection:
    """What `apply_detection` would do now; nothing is locked or changed. Raises NotFound where there are no clips."""
    live = read_live_clips(connection, video_id)
    return _redetect(connection, live, proposed, min_frames=min_frames, reviewer=reviewer)


def apply_detection(
    connection: Connection,
    *,
    video_id: str,
    proposed: Cuts,
    settings: DetectSettings,
    min_frames: int,
    new_id: Callable[[], str],
    reviewer: str,
) -> tuple[Redetection, Outcome | None]:
    """Give the parts that nobody has reviewed these cuts, undone as one. No Outcome where they have them already."""
    lock_video(connection, video_id)
    live = lock_live_clips(connection, video_id)
    found = _redetect(connection, live, proposed, min_frames=min_frames, reviewer=reviewer)
    if found.changes_nothing:
        return found, None
    new_ids = [new_id() for _ in range(len(found.cuts) + 1)]
    plan = actions.recut(live, found.cuts, new_ids=new_ids, action=Action.DETECT)
    return found, carry_out(connection, plan, reviewer, settings=wire.to_json(settings))


def find_standing_settings(connection: Connection, video_id: str) -> DetectSettings | None:
    """The settings that were applied last and not undone; None where the video is as it was first proposed."""
    row = connection.execute(
        """
        SELECT settings FROM review_events
        WHERE video_ids[1] = %(video_id)s AND action = 'detect' AND undone_by IS NULL
        ORDER BY event_id DESC LIMIT 1
        """,
        {"video_id": video_id},
    ).fetchone()
    return wire.from_json(DetectSettings, row["settings"]) if row else None


def _redetect(
    connection: Connection, live: Sequence[ClipRecord], proposed: Cuts, *, min_frames: int, reviewer: str
) -> Redetection:
    video_id = live[0].video_id
    return redetect(
        live,
        proposed,
        cut_by_hand=_find_cut_by_hand(connection, video_id),
        with_somebody=_find_leased_by_others(connection, video_id, reviewer),
        min_frames=min_frames,
    )


def _find_cut_by_hand(connection: Connection, video_id: str) -> set[str]:
    """Pending clips that stand as some action other than a detection left them: a person made their cuts."""
    rows = connection.execute(
        """
        SELECT clip.clip_id FROM clips clip JOIN review_events event ON event.event_id = clip.event_id
        WHERE clip.video_id = %(video_id)s AND clip.state = 'pending_review' AND event.action <> 'detect'
        """,
        {"video_id": video_id},
    ).fetchall()
    return {row["clip_id"] for row in rows}


def _find_leased_by_others(connection: Connection, video_id: str, reviewer: str) -> set[str]:
    rows = connection.execute(
        """
        SELECT clip.clip_id FROM clips clip JOIN leases lease ON lease.clip_id = clip.clip_id
        WHERE clip.video_id = %(video_id)s AND clip.state = 'pending_review'
          AND lease.reviewer <> %(reviewer)s AND lease.expires_at > now()
        """,
        {"video_id": video_id, "reviewer": reviewer},
    ).fetchall()
    return {row["clip_id"] for row in rows}
