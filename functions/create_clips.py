"""Scene detection is done: write the cuts and the clips between them, and hand the video to review."""

from typing import Any

from functions.support import runtime
from functions.support.stage_results import read_result, stage_ids
from heaters.catalog.stages.completions import complete_stage
from heaters.domain.pipeline import STAGE


@runtime.function
def handler(event: runtime.Event) -> Any:
    """`{"video_id", "attempt"}` → step; next is review."""
    stage, ids = STAGE["detect_scenes"], stage_ids(event)
    result = read_result(stage, ids)
    with runtime.catalog().transaction() as connection:
        step = complete_stage(connection, stage=stage, ids=ids, result=result)
    return step.to_json()
