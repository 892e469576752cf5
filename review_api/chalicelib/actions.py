"""How a route carries out a review action: one transaction, then what follows its commit, then the answer."""

from collections.abc import Callable
from typing import Any, overload

from chalicelib.clip_answers import show_clip, show_clips
from chalicelib.endpoints import Call
from chalicelib.models.actions import ActionAnswer
from chalicelib.resumption import reopen_videos, resume_gates

from heaters.catalog import listing
from heaters.catalog.connection import Connection
from heaters.catalog.review.actions import Outcome
from heaters.catalog.videos import find_complete_videos
from heaters.domain.errors import NotFound, NothingToUndo, RefusedError
from heaters.domain.states import ClipState

_TO_BE_DONE = frozenset({ClipState.PENDING_REVIEW, ClipState.REVIEW_APPROVED, ClipState.REVIEW_ARCHIVED})
"""Clips that need an execution; one of a video that was complete reopens it."""

MAX_SHOWN = 2000
"""How many clips an answer shows; API Gateway takes no more than 6 MB from a function."""

FindClip = Callable[[Connection], dict[str, Any] | None]


@overload
def act(call: Call, action: Callable[[Connection], Outcome]) -> ActionAnswer: ...


@overload
def act(call: Call, action: Callable[[Connection], Outcome | None]) -> ActionAnswer | None: ...


def act(call: Call, action: Callable[[Connection], Outcome | None]) -> ActionAnswer | None:
    """Do it, and answer with the clips that it changed; None where there was nothing to do."""
    with call.services.catalog.transaction() as connection:
        outcome = action(connection)
        if outcome is None:
            return None
        rows = listing.get_clips(connection, outcome.clip_ids)
        waiting = {row["video_id"] for row in rows if row["state"] in _TO_BE_DONE}
        complete = find_complete_videos(connection, waiting)
    resume_gates(call.services, outcome.gates)
    reopen_videos(call.services, complete)
    shown = show_clips(rows[:MAX_SHOWN], call.services.store)
    return ActionAnswer(clips=shown, clips_left_out=len(rows) - len(shown), event_id=outcome.event_id)


def act_or_show(call: Call, action: Callable[[Connection], Outcome], *, find_clip: FindClip) -> ActionAnswer:
    """Like `act`; a refusal carries the clip as it is now in `details.clip`.

    That is the clip that the refusal names, or else the one that `find_clip` finds.
    """
    try:
        return act(call, action)
    except (NotFound, NothingToUndo):
        raise
    except RefusedError as exc:
        with call.services.catalog.transaction() as connection:
            named = listing.get_clips(connection, [exc.details.get("clip_id", "")])
            row = named[0] if named else find_clip(connection)
        if row is not None:
            exc.details["clip"] = show_clip(row, call.services.store).model_dump(mode="json")
        raise
