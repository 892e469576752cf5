"""A stage is done: read its result from the bucket, record it, begin the next stage."""

from typing import Any

from functions.support import runtime
from functions.support.comparisons import compare_waiting_clips
from functions.support.stage_results import read_result, stage_ids
from heaters.catalog.search.embeddings import read_vectors
from heaters.catalog.stages.completions import complete_stage
from heaters.domain.jobs import ObjectRef
from heaters.domain.pipeline import STAGE
from heaters.domain.results import EmbedResult

COMPARE_WITHIN_S = 60
"""What is left of a large wave after that is compared by the sweeper."""


@runtime.function
def handler(event: runtime.Event) -> Any:
    """`{"stage", "video_id"}` with `attempt`, `clip_id` or `wave_id` as the stage needs → step."""
    stage, ids = STAGE[event["stage"]], stage_ids(event)
    result = read_result(stage, ids)
    if isinstance(result, EmbedResult):
        body = runtime.store().read(ObjectRef(key=result.vectors.key))
        result = result, read_vectors(body, dimensions=result.dimensions)
    with runtime.catalog().transaction() as connection:
        step = complete_stage(connection, stage=stage, ids=ids, result=result)
    if stage.result is EmbedResult:
        compare_waiting_clips(within_s=COMPARE_WITHIN_S)
    return step.to_json()
