"""Begin a stage that nothing before it begins: the master, beside the review."""

from typing import Any

from functions.support import runtime
from heaters.catalog.stages.steps import begin_master_stage, refuse_late_attempt
from heaters.catalog.videos import lock_video
from heaters.domain.errors import InvalidJob
from heaters.domain.pipeline import STAGE
from heaters.domain.stage import Part


@runtime.function
def handler(event: runtime.Event) -> Any:
    """`{"stage", "video_id", "attempt"}` → step; next is that stage, or skip when its work is there already."""
    stage = STAGE[event["stage"]]
    if stage.part is not Part.BESIDE:
        raise InvalidJob(f"Stage {stage.name!r} is begun by the stage before it; call begin_video instead.")
    with runtime.catalog().transaction() as connection:
        video = lock_video(connection, event["video_id"])
        refuse_late_attempt(video, event.get("attempt", video.attempt))
        step = begin_master_stage(connection, video, stage, policy=runtime.settings().master_policy)
    return step.to_json()
