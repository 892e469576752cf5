"""A stage says how far it has come: note it on the video, for the people who wait. Fed by EventBridge."""

from typing import Any

from functions.support import runtime
from heaters.catalog.stages.masters import record_master_progress
from heaters.catalog.stages.video_states import record_progress
from heaters.domain.pipeline import STAGE
from heaters.domain.stage import Entity


@runtime.function
def handler(event: runtime.Event) -> Any:
    """A "Stage progress": detail `{"video_id", "stage", "fraction", "eta_s", "speed"}`. A late one is dropped,
    and so is one of a wave, whose clips tell by their states.
    """
    detail = event["detail"]
    stage = STAGE[detail["stage"]]
    if stage.entity is Entity.CLIP:
        return {"recorded": False}
    progress = {key: detail.get(key) for key in ("stage", "fraction", "eta_s", "speed")}
    with runtime.catalog().transaction() as connection:
        if stage.entity is Entity.MASTER:
            noted = record_master_progress(connection, video_id=detail["video_id"], progress=progress)
        else:
            noted = record_progress(
                connection, video_id=detail["video_id"], progress=progress, state=stage.running
            )
    return {"recorded": noted}
