"""Routes of cuts: where one clip of a video ends and the next begins."""

import uuid
from typing import Any

from chalicelib.actions import act_or_show
from chalicelib.endpoints import Call, Endpoints
from chalicelib.models.actions import ActionAnswer, CutRequest

from heaters.catalog import listing
from heaters.catalog.connection import Connection
from heaters.catalog.review import Outcome, add_cut, move_cut, remove_cut
from heaters.domain.errors import ClipClaimed, CutRefused, NotFound, StaleVersion

cuts = Endpoints(__name__)


@cuts.endpoint(
    "POST", "/videos/{video_id}/cuts", body=CutRequest, answers=ActionAnswer,
    refuses=(NotFound, StaleVersion, ClipClaimed, CutRefused),
)  # fmt: skip
def change_cut(call: Call, video_id: str) -> ActionAnswer:
    """Add, remove or move a cut. A refusal (409) carries the clip that stands against it in `details.clip`."""
    frame = call.body.frame
    return act_or_show(
        call,
        lambda connection: _apply(connection, video_id, call.body, call.person.name),
        find_clip=lambda connection: listing.find_clip_at(connection, video_id=video_id, frame=frame),
    )


def _apply(connection: Connection, video_id: str, request: CutRequest, reviewer: str) -> Outcome:
    new_ids = (str(uuid.uuid4()), str(uuid.uuid4()))
    where: dict[str, Any] = {
        "video_id": video_id, "frame": request.frame, "version": request.version, "reviewer": reviewer,
    }  # fmt: skip
    if request.op == "add":
        return add_cut(connection, **where, new_ids=new_ids)
    if request.to_frame is None:
        return remove_cut(connection, **where, new_id=new_ids[0])
    return move_cut(connection, **where, to_frame=request.to_frame, new_ids=new_ids)
