"""The whole execution of one video: begin, download, then review beside the master, and complete.

Execution input: `{"video_id", "attempt", "undo_window_s", "release_size"}`. It stays at `$` throughout; what a
state adds is a few ids and keys beside it, so no payload grows with the number of clips.
"""

from collections.abc import Sequence

from heaters.domain.pipeline import STAGES, stages_in
from heaters.domain.stage import Part, Stage
from infra.workflow.beside import branch_beside
from infra.workflow.review import review_branch
from infra.workflow.tasks import STEP, State, call_function
from infra.workflow.video_stage import MAX_EXECUTION_S, video_stages

_PARALLEL = "Prepare, review and archive"


def video_workflow(stages: Sequence[Stage] = STAGES) -> State:
    """The definition. Placeholders `${...}` stand for functions, job definitions, queues and the bucket."""
    fetching = stages_in(Part.FETCH, stages)
    return {
        "Comment": "One source video: from the bucket to reviewed, exported, searchable clips.",
        "StartAt": "Begin video",
        "TimeoutSeconds": MAX_EXECUTION_S,
        "States": {
            "Begin video": _begin_video() | {"Next": "Needs download?"},
            "Needs download?": {
                "Type": "Choice",
                "Comment": "An upload is in the bucket already; a URL has to be fetched.",
                "Choices": [
                    {"Variable": "$.step.next", "StringEquals": stage.name, "Next": stage.title}
                    for stage in fetching
                ],
                "Default": _PARALLEL,
            },
            **video_stages(fetching, then=_PARALLEL),
            _PARALLEL: {
                "Type": "Parallel",
                "Comment": "Reviewing never waits for the master.",
                "Branches": [
                    review_branch(stages),
                    *(branch_beside(stage) for stage in stages_in(Part.BESIDE, stages)),
                ],
                "ResultPath": None,
                "Next": "Complete",
            },
            "Complete": call_function(
                "complete_video", payload={"video_id.$": "$.video_id", "attempt.$": "$.attempt"}
            )
            | {"End": True},
        },
    }


def _begin_video() -> State:
    payload = {
        "video_id.$": "$.video_id",
        "attempt.$": "$.attempt",
        "execution_arn.$": "$$.Execution.Id",
    }
    return call_function("begin_video", payload=payload, keep=STEP, at="$.step")
