"""A stage failed: say why, in a typed error that people understand.

A stage of the video itself fails its execution: the error is recorded and raised, and a redrive, which comes back
here, begins the stage again. Masters, clips and waves only record it, because others must go on.
"""

from typing import Any

from functions.support import runtime
from functions.support.stage_results import read_error, stage_ids
from heaters.catalog.clips import get_pipeline_clip
from heaters.catalog.stages.failures import fail_clip_stage, fail_video_stage
from heaters.catalog.stages.masters import fail_master
from heaters.catalog.stages.steps import DONE, SKIP, Step
from heaters.catalog.waves import fail_embedding
from heaters.domain.errors import HeatersError
from heaters.domain.failures import explain_failure
from heaters.domain.pipeline import STAGE, stage_running_in
from heaters.domain.stage import Entity, Part, Stage, StageIds


@runtime.function
def handler(event: runtime.Event) -> Any:
    """`{"stage"?, "video_id", "attempt" | "clip_id" | "wave_id", "error": {"Error", "Cause"}}` → step."""
    ids, error = stage_ids(event), event["error"]
    if ids.clip_id:
        return _fail_clip(ids, error).to_json()
    stage = STAGE[event["stage"]]
    if stage.entity is not Entity.VIDEO:
        return _fail_beside(stage, ids, error).to_json()
    failure = _explain(stage, ids, error)
    with runtime.catalog().transaction() as connection:
        step = fail_video_stage(
            connection, stage=stage, video_id=ids.video_id, attempt=ids.attempt, error=failure
        )
    if step is None:
        raise failure
    return step.to_json()


def _fail_clip(ids: StageIds, error: dict[str, str]) -> Step:
    with runtime.catalog().transaction() as connection:
        stage = stage_running_in(get_pipeline_clip(connection, ids.clip_id).state)
    if stage is not None:
        failure = _explain(stage, ids, error)
        with runtime.catalog().transaction() as connection:
            fail_clip_stage(connection, clip_id=ids.clip_id, error=failure)
    return DONE


def _fail_beside(stage: Stage, ids: StageIds, error: dict[str, str]) -> Step:
    failure = _explain(stage, ids, error)
    with runtime.catalog().transaction() as connection:
        if stage.part is Part.BESIDE:
            fail_master(connection, video_id=ids.video_id, error=failure)
        else:
            fail_embedding(connection, wave_id=ids.wave_id, error=failure)
    return SKIP


def _explain(stage: Stage, ids: StageIds, error: dict[str, str]) -> HeatersError:
    name = f"clip {ids.clip_id}" if ids.clip_id else f"video {ids.video_id}"
    failure = explain_failure(
        what=f"{stage.title} of {name}",
        error=error.get("Error", ""),
        cause=error.get("Cause", ""),
        reported=read_error(stage, ids),
    )
    runtime.logger.warning("stage failed", failed_stage=stage.name, failure=failure.to_json())
    return failure
