"""The check that the log of review leads to what the catalog has: read in one snapshot, judged by `domain.replay`.

It locks nothing and changes nothing, so it can be asked of a catalog at work.
"""

from typing import Any

from heaters.catalog.connection import Catalog, Connection
from heaters.catalog.cuts import list_cuts
from heaters.catalog.review.clip_records import read_clip
from heaters.catalog.videos import get_video
from heaters.domain import wire
from heaters.domain.review.plans import ClipRecord, Plan
from heaters.domain.review.replay import LoggedEvent, find_differences, replay


def check_log(catalog: Catalog, video_id: str) -> list[str]:
    """Where the clips and cuts of a video are not what its log leads to, one sentence each. Raises NotFound."""
    with catalog.transaction() as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        video = get_video(connection, video_id)
        events = list_logged_events(connection, video_id)
        kept = _list_clips(connection, video_id, events)
        cuts = list_cuts(connection, video_id)
    if not kept:
        return []
    created = {new.clip_id for event in events for plan in event.plans for new in plan.creates}
    proposed = {clip.clip_id: clip.frames for clip in kept if clip.clip_id not in created}
    world = replay(video_id, proposed, events)
    frame_count = video.frame_count or 0
    return find_differences(world, kept=kept, cuts=cuts, events=events, frame_count=frame_count)


def list_logged_events(connection: Connection, video_id: str) -> list[LoggedEvent]:
    """Every event that touched the video, oldest first."""
    rows = connection.execute(
        """
        SELECT event_id, changes, undoes, redoes, undone_by FROM review_events
        WHERE video_ids @> ARRAY[%(video_id)s] ORDER BY event_id
        """,
        {"video_id": video_id},
    )
    return [_read_event(row) for row in rows]


def _list_clips(connection: Connection, video_id: str, events: list[LoggedEvent]) -> list[ClipRecord]:
    """The live clips of the video, and those that its events name: there are no others."""
    changes = [change for event in events for plan in event.plans for change in plan.changes]
    rows = connection.execute(
        """
        SELECT clip_id, video_id, start_frame, end_frame, state, group_id, decided_by, version, event_id FROM clips
        WHERE video_id = %(video_id)s AND state <> 'superseded'
        UNION ALL
        SELECT clip_id, video_id, start_frame, end_frame, state, group_id, decided_by, version, event_id FROM clips
        WHERE clip_id = ANY(%(clip_ids)s) AND video_id = %(video_id)s AND state = 'superseded'
        """,
        {"video_id": video_id, "clip_ids": sorted({change.clip_id for change in changes})},
    )
    return [read_clip(row) for row in rows]


def _read_event(row: dict[str, Any]) -> LoggedEvent:
    return LoggedEvent(
        event_id=row["event_id"],
        plans=tuple(wire.from_json(Plan, plan) for plan in row["changes"]),
        undoes=row["undoes"],
        redoes=row["redoes"],
        undone_by=row["undone_by"],
    )
