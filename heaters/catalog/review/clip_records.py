"""Clips under review: locked, read as ClipRecords, and changed as a Plan says.

The caller holds the video's lock (see 0002_source_videos.sql) and has made the plan from what it locked here.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from heaters.catalog.connection import Connection
from heaters.catalog.cuts import delete_cuts, insert_cuts
from heaters.domain.errors import NotFound, StaleVersion
from heaters.domain.review.plans import Action, Change, ClipRecord, Condition, NewClip, Plan
from heaters.domain.states import ClipState
from heaters.domain.timebase import FrameRange

_ORIGINS = {Action.IMPORT_CUTS: "imported", Action.DETECT: "detected"}
"""Where the cuts that an action adds come from; from a reviewer's hand where it is not named."""


def lock_video_of_clip(connection: Connection, clip_id: str) -> str:
    """Lock the video that the clip is part of and return its id. Raises NotFound."""
    row = connection.execute(
        """
        SELECT video_id FROM source_videos
        WHERE video_id = (SELECT video_id FROM clips WHERE clip_id = %(clip_id)s)
        FOR NO KEY UPDATE
        """,
        {"clip_id": clip_id},
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no clip {clip_id}; read the clips of its video again.", clip_id=clip_id)
    return str(row["video_id"])


def lock_videos_of_clips(connection: Connection, clip_ids: Iterable[str]) -> None:
    """Lock the videos that these clips are parts of, in the order in which everybody locks them."""
    connection.execute(
        """
        SELECT FROM source_videos
        WHERE video_id IN (SELECT video_id FROM clips WHERE clip_id = ANY(%(clip_ids)s))
        ORDER BY video_id FOR NO KEY UPDATE
        """,
        {"clip_ids": sorted(set(clip_ids))},
    )


def lock_clips(connection: Connection, clip_ids: Iterable[str]) -> dict[str, ClipRecord]:
    """These clips by id, locked in the order of their ids. Raises NotFound if one is missing."""
    wanted = sorted(set(clip_ids))
    rows = connection.execute(
        """
        SELECT clip_id, video_id, start_frame, end_frame, state, group_id, decided_by, version, event_id,
               (SELECT claimed_at FROM waves WHERE waves.wave_id = clips.wave_id) AS claimed_at
        FROM clips WHERE clip_id = ANY(%(clip_ids)s) ORDER BY clip_id FOR NO KEY UPDATE
        """,
        {"clip_ids": wanted},
    ).fetchall()
    clips = {row["clip_id"]: read_clip(row) for row in rows}
    if missing := [clip_id for clip_id in wanted if clip_id not in clips]:
        raise NotFound(f"There is no clip {missing[0]}; read the clips again.", clip_id=missing[0])
    return clips


def read_clips(connection: Connection, clip_ids: Iterable[str]) -> dict[str, ClipRecord]:
    """These clips by id as they are now, not locked: to explain, not to decide."""
    rows = connection.execute(
        """
        SELECT clip_id, video_id, start_frame, end_frame, state, group_id, decided_by, version, event_id,
               (SELECT claimed_at FROM waves WHERE waves.wave_id = clips.wave_id) AS claimed_at
        FROM clips WHERE clip_id = ANY(%(clip_ids)s)
        """,
        {"clip_ids": sorted(set(clip_ids))},
    )
    return {row["clip_id"]: read_clip(row) for row in rows}


def lock_clips_at(connection: Connection, *, video_id: str, frames: Sequence[int]) -> list[ClipRecord]:
    """The live clips that hold these frames, in order of their frames, locked. Raises NotFound outside the video."""
    rows = connection.execute(
        """
        SELECT clip_id FROM clips, unnest(%(frames)s::integer[]) AS frame
        WHERE video_id = %(video_id)s AND state <> 'superseded' AND start_frame <= frame AND frame < end_frame
        """,
        {"video_id": video_id, "frames": list(frames)},
    ).fetchall()
    clips = sorted(
        lock_clips(connection, [row["clip_id"] for row in rows]).values(), key=lambda clip: clip.frames
    )
    if not all(any(clip.frames.contains(frame) for clip in clips) for frame in frames):
        raise NotFound(f"Video {video_id} has no clip at frame {frames[-1]}.", video_id=video_id)
    return clips


def lock_live_clips(connection: Connection, video_id: str) -> list[ClipRecord]:
    """All live clips of a video in order of their frames, locked. Raises NotFound where it has none yet."""
    rows = connection.execute(
        "SELECT clip_id FROM clips WHERE video_id = %(video_id)s AND state <> 'superseded'",
        {"video_id": video_id},
    ).fetchall()
    if not rows:
        raise NotFound(f"Video {video_id} has no clips yet; wait for its scenes.", video_id=video_id)
    clips = lock_clips(connection, [row["clip_id"] for row in rows])
    return sorted(clips.values(), key=lambda clip: clip.frames)


def read_live_clips(connection: Connection, video_id: str) -> list[ClipRecord]:
    """All live clips of a video in order of their frames, not locked. Raises NotFound where it has none yet."""
    rows = connection.execute(
        """
        SELECT clip_id, video_id, start_frame, end_frame, state, group_id, decided_by, version, event_id
        FROM clips WHERE video_id = %(video_id)s AND state <> 'superseded' ORDER BY start_frame
        """,
        {"video_id": video_id},
    ).fetchall()
    if not rows:
        raise NotFound(f"Video {video_id} has no clips yet; wait for its scenes.", video_id=video_id)
    return [read_clip(row) for row in rows]


def apply_plan(
    connection: Connection, plan: Plan, *, events: Mapping[str, int | None], reviewer: str
) -> None:
    """Do what the plan says; `events` names for each clip the event that stands for it from now on.

    Old clips go before new ones come, so that live clips overlap at no moment.
    """
    created = {new.clip_id for new in plan.creates}
    leaving = [change for change in plan.changes if change.after.state is ClipState.SUPERSEDED]
    staying = [
        c for c in plan.changes if c.after.state is not ClipState.SUPERSEDED and c.clip_id not in created
    ]
    _change_clips(connection, leaving, events)
    if plan.creates:
        _insert_clips(connection, plan.video_id, plan.creates, events)
    _change_clips(connection, staying, events)
    if plan.cuts_removed:
        delete_cuts(connection, video_id=plan.video_id, frames=plan.cuts_removed)
    if plan.cuts_added:
        origin = _ORIGINS.get(plan.action, "reviewer")
        insert_cuts(connection, video_id=plan.video_id, frames=plan.cuts_added, origin=origin, by=reviewer)


def _change_clips(
    connection: Connection, changes: Sequence[Change], events: Mapping[str, int | None]
) -> None:
    """One conditional UPDATE. A decision made again begins a new undo window."""
    if not changes:
        return
    cursor = connection.execute(
        """
        UPDATE clips
        SET state = new.after::clip_state, group_id = new.group_id, event_id = new.event_id,
            decided_by = new.decided_by,
            decided_at = CASE new.after
                WHEN 'pending_review' THEN NULL WHEN 'superseded' THEN clips.decided_at ELSE now()
            END
        FROM unnest(
            %(clip_ids)s::text[], %(before)s::text[], %(after)s::text[], %(group_ids)s::text[],
            %(decided_by)s::text[], %(event_ids)s::bigint[]
        ) AS new (clip_id, before, after, group_id, decided_by, event_id)
        WHERE clips.clip_id = new.clip_id AND clips.state = new.before::clip_state
        """,
        {
            "clip_ids": [change.clip_id for change in changes],
            "before": [change.before.state for change in changes],
            "after": [change.after.state for change in changes],
            "group_ids": [change.after.group_id for change in changes],
            "decided_by": [change.after.decided_by for change in changes],
            "event_ids": [events[change.clip_id] for change in changes],
        },
    )
    if cursor.rowcount != len(changes):
        raise StaleVersion("The clips changed in the same moment; read them again and decide again.")


def _insert_clips(
    connection: Connection, video_id: str, creates: Sequence[NewClip], events: Mapping[str, int | None]
) -> None:
    connection.execute(
        """
        INSERT INTO clips (clip_id, video_id, video_no, start_frame, end_frame, event_id)
        SELECT new.clip_id, video.video_id, video.video_no, new.start_frame, new.end_frame, new.event_id
        FROM unnest(%(clip_ids)s::text[], %(starts)s::integer[], %(ends)s::integer[], %(event_ids)s::bigint[])
            AS new (clip_id, start_frame, end_frame, event_id)
        JOIN source_videos video ON video.video_id = %(video_id)s
        """,
        {
            "video_id": video_id,
            "clip_ids": [new.clip_id for new in creates],
            "starts": [new.frames.start_frame for new in creates],
            "ends": [new.frames.end_frame for new in creates],
            "event_ids": [events[new.clip_id] for new in creates],
        },
    )


def read_clip(row: dict[str, Any]) -> ClipRecord:
    """A row with the columns that `lock_clips` names; `claimed_at` may be left out."""
    return ClipRecord(
        clip_id=row["clip_id"],
        video_id=row["video_id"],
        frames=FrameRange(start_frame=row["start_frame"], end_frame=row["end_frame"]),
        condition=Condition(
            state=ClipState(row["state"]), group_id=row["group_id"], decided_by=row["decided_by"]
        ),
        version=row["version"],
        event_id=row["event_id"],
        claimed_at=row.get("claimed_at"),
    )
