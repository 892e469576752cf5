"""The log of review: every action with who, when, what it changed and what takes it back. It only grows.

An action that was taken back stays in the log and names the undo that did it; a redo clears that name again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from psycopg.types.json import Jsonb

from heaters.catalog.connection import Connection
from heaters.domain import wire
from heaters.domain.review.plans import Plan, invert

REACH = 500
"""How many of a reviewer's actions undo looks back over; more than anybody decides within an undo window."""


@dataclass(frozen=True, kw_only=True)
class LoggedAction:
    """An action that may be taken back, or brought back: `inverse` undoes it, and is read once it is asked for."""

    event_id: int
    action: str
    video_ids: tuple[str, ...]
    clip_ids: tuple[str, ...]
    written: Sequence[Any]

    @cached_property
    def inverse(self) -> tuple[Plan, ...]:
        return tuple(wire.from_json(Plan, plan) for plan in self.written)


def append_action(
    connection: Connection, plans: Sequence[Plan], *, reviewer: str, action: str, settings: Any = None
) -> int:
    """Log plans that are about to be applied, as one action; returns the event's id. `settings` are any JSON."""
    inverse = [invert(plan) for plan in reversed(plans)]
    undoable = bool(plans) and all(plan.undoable for plan in plans)
    return _append(
        connection, plans, inverse, reviewer=reviewer, action=action, undoable=undoable, settings=settings
    )


def append_undo(connection: Connection, event: LoggedAction, *, reviewer: str) -> int:
    """Log that `event` is taken back, and note it on the event."""
    undo_id = _append(connection, event.inverse, (), reviewer=reviewer, action="undo", undoes=event.event_id)
    _mark(connection, event.event_id, undone_by=undo_id)
    return undo_id


def append_redo(connection: Connection, event: LoggedAction, plans: Sequence[Plan], *, reviewer: str) -> int:
    """Log that `event` is brought back, and note it on the event."""
    redo_id = _append(connection, plans, (), reviewer=reviewer, action="redo", redoes=event.event_id)
    _mark(connection, event.event_id, undone_by=None)
    return redo_id


def append_release(connection: Connection, *, video_id: str, reviewer: str) -> int:
    """Log that a reviewer asked for the video's gate to be released."""
    row = connection.execute(
        """
        INSERT INTO review_events (reviewer, action, video_ids, changes)
        VALUES (%(reviewer)s, 'release', %(video_ids)s, '[]') RETURNING event_id
        """,
        {"reviewer": reviewer, "video_ids": [video_id]},
    ).fetchone()
    return int(row["event_id"]) if row else 0


def find_action_to_undo(connection: Connection, reviewer: str) -> LoggedAction | None:
    """The reviewer's newest standing action of which every clip is still as the action left it.

    Ordered as the index is, so that older actions are not looked at once one is found.
    """
    row = connection.execute(
        """
        SELECT event.* FROM (
            SELECT event_id, action, video_ids, clip_ids, inverse, -event_id AS place FROM review_events
            WHERE reviewer = %(reviewer)s AND undoable AND undone_by IS NULL
            ORDER BY place LIMIT %(reach)s
        ) AS event
        WHERE NOT EXISTS (
            SELECT FROM unnest(event.clip_ids) AS touched (clip_id)
            JOIN clips ON clips.clip_id = touched.clip_id
            WHERE clips.event_id IS DISTINCT FROM event.event_id OR clips.state NOT IN (
                'pending_review', 'review_approved', 'review_skipped', 'review_archived', 'superseded'
            )
        )
        ORDER BY event.place LIMIT 1
        """,
        {"reviewer": reviewer, "reach": REACH},
    ).fetchone()
    return _read(row) if row else None


def find_newest_action(connection: Connection, reviewer: str) -> LoggedAction | None:
    """The reviewer's newest standing action, whether or not it can be undone."""
    row = connection.execute(
        """
        SELECT event_id, action, video_ids, clip_ids, inverse FROM review_events
        WHERE reviewer = %(reviewer)s AND undoable AND undone_by IS NULL
        ORDER BY -event_id LIMIT 1
        """,
        {"reviewer": reviewer},
    ).fetchone()
    return _read(row) if row else None


def find_action_to_redo(connection: Connection, reviewer: str) -> LoggedAction | None:
    """What the reviewer's newest undo took back; None once it is back, or the reviewer went on to something new."""
    row = connection.execute(
        """
        SELECT event.event_id, event.action, event.video_ids, event.clip_ids, event.inverse
        FROM review_events undo
        JOIN review_events event ON event.event_id = undo.undoes AND event.undone_by = undo.event_id
        WHERE undo.reviewer = %(reviewer)s AND undo.action = 'undo' AND -undo.event_id < coalesce((
            SELECT -event_id FROM review_events
            WHERE reviewer = %(reviewer)s AND action NOT IN ('undo', 'redo', 'release')
            ORDER BY -event_id LIMIT 1
        ), 0)
        ORDER BY -undo.event_id LIMIT 1
        """,
        {"reviewer": reviewer},
    ).fetchone()
    return _read(row) if row else None


def _append(
    connection: Connection,
    plans: Sequence[Plan],
    inverse: Sequence[Plan],
    *,
    reviewer: str,
    action: str,
    undoable: bool = False,
    undoes: int | None = None,
    redoes: int | None = None,
    settings: Any = None,
) -> int:
    row = connection.execute(
        """
        INSERT INTO review_events (
            reviewer, action, video_ids, clip_ids, changes, inverse, undoable, undoes, redoes, settings
        ) VALUES (
            %(reviewer)s, %(action)s, %(video_ids)s, %(clip_ids)s, %(changes)s, %(inverse)s, %(undoable)s,
            %(undoes)s, %(redoes)s, %(settings)s
        )
        RETURNING event_id
        """,
        {
            "reviewer": reviewer,
            "action": action,
            "video_ids": sorted({plan.video_id for plan in plans}),
            "clip_ids": sorted({clip_id for plan in plans for clip_id in plan.clip_ids}),
            "changes": Jsonb(wire.to_json(list(plans))),
            "inverse": Jsonb(wire.to_json(list(inverse))),
            "undoable": undoable,
            "undoes": undoes,
            "redoes": redoes,
            "settings": None if settings is None else Jsonb(settings),
        },
    ).fetchone()
    return int(row["event_id"]) if row else 0


def _mark(connection: Connection, event_id: int, *, undone_by: int | None) -> None:
    connection.execute(
        "UPDATE review_events SET undone_by = %(undone_by)s WHERE event_id = %(event_id)s",
        {"event_id": event_id, "undone_by": undone_by},
    )


def _read(row: dict[str, Any]) -> LoggedAction:
    return LoggedAction(
        event_id=row["event_id"],
        action=row["action"],
        video_ids=tuple(row["video_ids"]),
        clip_ids=tuple(row["clip_ids"]),
        written=row["inverse"],
    )
