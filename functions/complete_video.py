"""Last state of an execution: nothing is left to review."""

from typing import Any

from functions import runtime
from heaters.catalog.video_states import change_video_state
from heaters.domain.states import VideoState


@runtime.function
def handler(event: runtime.Event) -> Any:
    """`{"video_id"}` → step; a clip that went back to review just now is found by the sweeper."""
    with runtime.catalog().transaction() as connection:
        change_video_state(
            connection,
            video_id=event["video_id"],
            before={VideoState.IN_REVIEW},
            after=VideoState.COMPLETE,
        )
    return {"next": "done", "job": {}}
