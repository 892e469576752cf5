"""Undo and redo in Postgres: a reviewer's newest action is found in the log, taken back or brought back, and logged.

Each is one transaction of its caller's. Which action may be taken back is decided by `domain.review.plans`.
"""

from collections.abc import Callable, Sequence

from psycopg import Rollback

from heaters.catalog.connection import Connection
from heaters.catalog.review.actions import Outcome, apply_plans, release_gates
from heaters.catalog.review.clip_records import lock_clips, read_clips
from heaters.catalog.review.log import (
    LoggedAction,
    append_redo,
    append_undo,
    find_action_to_redo,
    find_action_to_undo,
    find_newest_action,
)
from heaters.catalog.videos import lock_videos
from heaters.domain.errors import HeatersError, NothingToUndo
from heaters.domain.review.plans import ClipRecord, Plan, find_obstacle, invert


def undo(connection: Connection, *, reviewer: str) -> Outcome:
    """Take back the reviewer's newest action that can still be taken back, whatever clip it was on.

    Raises NothingToUndo, which says why the newest one cannot be.
    """
    event, clips = _lock_event(connection, find_action_to_undo, reviewer)
    if event is None:
        raise _explain_nothing_to_undo(connection, reviewer)
    for plan in event.inverse:
        if obstacle := find_obstacle(plan, clips, event_id=event.event_id):
            raise NothingToUndo(f"{obstacle.message} Your last action stays as it is.", **obstacle.details)
    undo_id = append_undo(connection, event, reviewer=reviewer)
    apply_plans(connection, event.inverse, events=_events_before(event.inverse), reviewer=reviewer)
    return _outcome(connection, undo_id, event, reviewer)


def redo(connection: Connection, *, reviewer: str) -> Outcome:
    """Bring back what the reviewer's last undo took back. Raises NothingToUndo where that is not possible."""
    event, clips = _lock_event(connection, find_action_to_redo, reviewer)
    if event is None:
        raise NothingToUndo(
            "There is no undo of yours to bring back; it is possible right after an undo only."
        )
    plans = tuple(invert(plan) for plan in reversed(event.inverse))
    for plan in plans:
        if obstacle := find_obstacle(plan, clips, event_id=None):
            raise NothingToUndo(f"{obstacle.message} It cannot be done again.", **obstacle.details)
    redo_id = append_redo(connection, event, plans, reviewer=reviewer)
    apply_plans(connection, plans, events=dict.fromkeys(event.clip_ids, event.event_id), reviewer=reviewer)
    return _outcome(connection, redo_id, event, reviewer)


def _outcome(connection: Connection, event_id: int, event: LoggedAction, reviewer: str) -> Outcome:
    gates = release_gates(connection, event.video_ids, reviewer)
    return Outcome(event_id=event_id, clip_ids=event.clip_ids, gates=gates)


def _lock_event(
    connection: Connection, find: Callable[[Connection, str], LoggedAction | None], reviewer: str
) -> tuple[LoggedAction | None, dict[str, ClipRecord]]:
    """Find an action, lock its videos and clips, and look again: what was found may have changed meanwhile."""
    while (event := find(connection, reviewer)) is not None:
        with connection.transaction():
            lock_videos(connection, event.video_ids)
            clips = lock_clips(connection, event.clip_ids)
            if find(connection, reviewer) == event:
                return event, clips
            raise Rollback  # locks taken for nothing must not be held while others are awaited
    return None, {}


def _events_before(plans: Sequence[Plan]) -> dict[str, int | None]:
    return {change.clip_id: change.before_event for plan in plans for change in plan.changes}


def _explain_nothing_to_undo(connection: Connection, reviewer: str) -> HeatersError:
    newest = find_newest_action(connection, reviewer)
    if newest is None:
        return NothingToUndo("You have no action left to undo.")
    clips = read_clips(connection, newest.clip_ids)
    obstacles = (find_obstacle(plan, clips, event_id=newest.event_id) for plan in newest.inverse)
    first = next((obstacle for obstacle in obstacles if obstacle), None)
    why = first.message if first else "It changed in the same moment; try again."
    details = first.details if first else {}
    message = f"Your last action can no longer be undone. {why}"
    return NothingToUndo(message, **details | {"event_id": newest.event_id})
