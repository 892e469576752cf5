"""Routes of clips and of what reviewers do to them."""

import uuid
from functools import partial

from chalicelib.actions import act, act_or_show
from chalicelib.clip_answers import show_clip
from chalicelib.endpoints import Call, Endpoints
from chalicelib.models.actions import ActionAnswer, ActionRequest, BatchRequest
from chalicelib.models.clips import Clip

from heaters.catalog import listing
from heaters.catalog.connection import Connection
from heaters.catalog.review.actions import (
    Outcome,
    decide_clip,
    decide_clips,
    group_clips,
    retry_clip,
)
from heaters.catalog.review.undo import redo, undo
from heaters.domain.errors import ClipClaimed, NotFound, NothingToUndo, StaleVersion, TransitionRefused
from heaters.domain.review.plans import Action, Decision

clips = Endpoints(__name__)


@clips.endpoint("GET", "/clips/{clip_id}", answers=Clip, refuses=(NotFound,))
def show_one_clip(call: Call, clip_id: str) -> Clip:
    """Show a clip, also one that was superseded."""
    with call.services.catalog.transaction() as connection:
        row = listing.get_clip(connection, clip_id)
    return show_clip(row, call.services.store)


@clips.endpoint(
    "POST", "/clips/{clip_id}/actions", body=ActionRequest, answers=ActionAnswer,
    refuses=(NotFound, StaleVersion, ClipClaimed, TransitionRefused),
)  # fmt: skip
def act_on_clip(call: Call, clip_id: str) -> ActionAnswer:
    """Decide on a clip, group it with another, or retry it. A refusal (409) carries the clip in `details.clip`."""
    return act_or_show(
        call,
        lambda connection: _apply(connection, clip_id, call.body, call.person.name),
        find_clip=lambda connection: listing.get_clip(connection, clip_id),
    )


@clips.endpoint(
    "POST", "/actions", body=BatchRequest, answers=ActionAnswer,
    refuses=(NotFound, StaleVersion, ClipClaimed, TransitionRefused),
)  # fmt: skip
def act_on_clips(call: Call) -> ActionAnswer:
    """Decide on many clips, all or nothing, undone as one. A refusal (409) carries the clip in `details.clip`."""
    decisions = [
        Decision(clip_id=item.clip_id, version=item.version, action=Action(item.action))
        for item in call.body.items
    ]
    return act_or_show(
        call,
        lambda connection: decide_clips(connection, decisions, reviewer=call.person.name),
        find_clip=lambda _: None,
    )


@clips.endpoint("POST", "/undo", answers=ActionAnswer, refuses=(NothingToUndo,))
def undo_last(call: Call) -> ActionAnswer:
    """Take back your newest action that can still be taken back, whatever clip it was on."""
    return act(call, partial(undo, reviewer=call.person.name))


@clips.endpoint("POST", "/redo", answers=ActionAnswer, refuses=(NothingToUndo,))
def redo_last(call: Call) -> ActionAnswer:
    """Bring back what your last undo took back."""
    return act(call, partial(redo, reviewer=call.person.name))


def _apply(connection: Connection, clip_id: str, request: ActionRequest, reviewer: str) -> Outcome:
    action, version = Action(request.action), request.version
    if request.with_clip_id and request.with_version:
        return group_clips(
            connection,
            clip_ids=(clip_id, request.with_clip_id),
            versions=(version, request.with_version),
            group_id=str(uuid.uuid4()),
            reviewer=reviewer,
        )
    if action is Action.RETRY:
        return retry_clip(connection, clip_id=clip_id, version=version, reviewer=reviewer)
    return decide_clip(connection, clip_id=clip_id, action=action, version=version, reviewer=reviewer)
