"""First state of an execution: claim the video for it and begin where the video left off."""

from typing import Any

from functions.support import runtime
from heaters.catalog.stages.steps import begin_video


@runtime.function
def handler(event: runtime.Event) -> Any:
    """`{"video_id", "attempt", "execution_arn"}` → step; next is download, proxy, detect_scenes or review."""
    with runtime.catalog().transaction() as connection:
        step = begin_video(
            connection,
            video_id=event["video_id"],
            attempt=event["attempt"],
            execution_arn=event["execution_arn"],
        )
    return step.to_json()
