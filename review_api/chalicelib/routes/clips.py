"""Routes of clips and of what reviewers do to them."""

from collections.abc import Callable

from chalicelib.endpoints import Call, Endpoints
from chalicelib.gates import resume_gates
from chalicelib.models.clips import ActionAnswer, ActionRequest, Clip
from chalicelib.present import show_clip

from heaters.catalog import listing
from heaters.catalog.connection import Connection
from heaters.catalog.review import Outcome, decide_clip, redo, undo
from heaters.domain.errors import (
    ClipClaimed,
    NotFound,
    NothingToUndo,
    RefusedError,
    StaleVersion,
    TransitionRefused,
)
from heaters.domain.plans import Action

clips = Endpoints(__name__)


@clips.endpoint("GET", "/clips/{clip_id}", answers=Clip, refuses=(NotFound,))
def show_one_clip(call: Call, clip_id: str) -> Clip:
    """Show a clip, also one that was superseded."""
    return _read_clip(call, clip_id)


@clips.endpoint(
    "POST", "/clips/{clip_id}/actions", body=ActionRequest, answers=ActionAnswer,
    refuses=(NotFound, StaleVersion, ClipClaimed, TransitionRefused),
)  # fmt: skip
def act_on_clip(call: Call, clip_id: str) -> ActionAnswer:
    """Decide on a clip. A refusal (409) carries the clip as it is now in `details.clip`."""
    request = call.body
    try:
        return _act(
            call,
            lambda connection: decide_clip(
                connection,
                clip_id=clip_id,
                action=Action(request.action),
                version=request.version,
                reviewer=call.person.name,
            ),
        )
    except NotFound:
        raise
    except RefusedError as exc:
        exc.details["clip"] = _read_clip(call, clip_id).model_dump(mode="json")
        raise


@clips.endpoint("POST", "/undo", answers=ActionAnswer, refuses=(NothingToUndo,))
def undo_last(call: Call) -> ActionAnswer:
    """Take back your newest action that can still be taken back, whatever clip it was on."""
    return _act(call, lambda connection: undo(connection, reviewer=call.person.name))


@clips.endpoint("POST", "/redo", answers=ActionAnswer, refuses=(NothingToUndo,))
def redo_last(call: Call) -> ActionAnswer:
    """Bring back what your last undo took back."""
    return _act(call, lambda connection: redo(connection, reviewer=call.person.name))


def _act(call: Call, action: Callable[[Connection], Outcome]) -> ActionAnswer:
    with call.services.catalog.transaction() as connection:
        outcome = action(connection)
        rows = listing.get_clips(connection, outcome.clip_ids)
    resume_gates(call.services, outcome.gates)
    shown = [show_clip(row, call.services.store) for row in rows]
    return ActionAnswer(clips=shown, event_id=outcome.event_id)


def _read_clip(call: Call, clip_id: str) -> Clip:
    with call.services.catalog.transaction() as connection:
        row = listing.get_clip(connection, clip_id)
    return show_clip(row, call.services.store)
