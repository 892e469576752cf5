"""What runners leave in the bucket: a result, or the error beside it."""

from typing import Any

from functions.support import runtime
from heaters.domain import wire
from heaters.domain.errors import SourceUnavailable, WorkerLost
from heaters.domain.stage import Stage, StageIds


def stage_ids(event: runtime.Event) -> StageIds:
    """The ids in a function's event."""
    return StageIds(
        video_id=event["video_id"],
        attempt=event.get("attempt", 0),
        clip_id=event.get("clip_id", ""),
        wave_id=event.get("wave_id", ""),
    )


def read_result(stage: Stage, ids: StageIds) -> Any:
    """The stage's result. Raises WorkerLost when the runner left none."""
    key = stage.result_key(ids)
    try:
        return wire.from_json(stage.result, runtime.store().read_json(key))
    except SourceUnavailable as exc:
        raise WorkerLost(
            f"{stage.title} of video {ids.video_id} left no result at {key}; redrive it."
        ) from exc


def read_error(stage: Stage, ids: StageIds) -> dict[str, Any] | None:
    """The error that the stage's runner left, if it left one."""
    try:
        error: dict[str, Any] = runtime.store().read_json(stage.error_key(ids))
    except SourceUnavailable:
        return None
    return error
