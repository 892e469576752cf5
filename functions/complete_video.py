"""Last state of an execution: nothing is left to review."""

from typing import Any

from functions.support import runtime
from heaters.catalog.stages.video_states import change_video_state
from heaters.catalog.videos import lock_video
from heaters.domain.states import VideoState


@runtime.function
def handler(event: runtime.Event) -> Any:
    """`{"video_id", "attempt"}` → step; a clip that went back to review just now is found by the sweeper.

    An execution whose place a later attempt has taken ends and changes nothing.
    """
    with runtime.catalog().transaction() as connection:
        video = lock_video(connection, event["video_id"])
        if video.attempt == event.get("attempt", video.attempt):
            change_video_state(
                connection,
                video_id=video.video_id,
                before={VideoState.IN_REVIEW},
                after=VideoState.COMPLETE,
            )
    return {"next": "done", "job": {}}
