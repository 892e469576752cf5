"""Begin a stage that nothing before it begins: the master, beside the review."""

from typing import Any

from functions.support import runtime
from heaters.catalog.stages.steps import begin_master_stage, refuse_late_attempt
from heaters.catalog.videos import lock_video
from heaters.domain.errors import InvalidJob


@runtime.function
def handler(event: runtime.Event) -> Any:
    """`{"stage": "master", "video_id", "attempt"}` → step; next is master, or skip when there is one already."""
    if event["stage"] != "master":
        raise InvalidJob(
            f"Stage {event['stage']!r} is begun by the stage before it; call begin_video instead."
        )
    with runtime.catalog().transaction() as connection:
        video = lock_video(connection, event["video_id"])
        refuse_late_attempt(video, event.get("attempt", video.attempt))
        step = begin_master_stage(connection, video, policy=runtime.master_policy())
    return step.to_json()
