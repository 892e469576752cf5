"""What runners leave in the bucket: a result, or the error beside it."""

from typing import Any

from functions.support import runtime
from heaters.catalog.stages.completions import StageIds
from heaters.domain import object_keys, wire
from heaters.domain.errors import SourceUnavailable, WorkerLost
from heaters.domain.pipeline import Entity, Stage


def stage_ids(event: runtime.Event) -> StageIds:
    """The ids in a function's event."""
    return StageIds(
        video_id=event["video_id"],
        attempt=event.get("attempt", 0),
        clip_id=event.get("clip_id", ""),
        wave_id=event.get("wave_id", ""),
    )


def result_key(stage: Stage, ids: StageIds) -> str:
    """Where the stage's runner leaves its result; the same key as the job's own `result_key`."""
    if ids.clip_id:
        return object_keys.clip_result(ids.video_id, ids.clip_id, stage.name)
    of_wave = stage.entity is Entity.CLIP
    return object_keys.stage_result(ids.video_id, f"{stage.name}-{ids.wave_id}" if of_wave else stage.name)


def read_result(stage: Stage, ids: StageIds) -> Any:
    """The stage's result. Raises WorkerLost when the runner left none."""
    key = result_key(stage, ids)
    try:
        return wire.from_json(stage.result, runtime.store().read_json(key))
    except SourceUnavailable as exc:
        raise WorkerLost(
            f"{stage.title} of video {ids.video_id} left no result at {key}; redrive it."
        ) from exc


def read_error(stage: Stage, ids: StageIds) -> dict[str, Any] | None:
    """The error that the stage's runner left, if it left one."""
    try:
        error: dict[str, Any] = runtime.store().read_json(f"{result_key(stage, ids)}.error")
    except SourceUnavailable:
        return None
    return error
