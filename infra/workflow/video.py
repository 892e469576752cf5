"""The whole execution of one video: begin, download, then review beside the master, and complete.

Execution input: `{"video_id", "attempt", "undo_window_s", "release_size"}`. It stays at `$` throughout; what a
state adds is a few ids and keys beside it, so no payload grows with the number of clips.
"""

from heaters.domain.pipeline import STAGE
from infra.workflow.master import master_branch
from infra.workflow.review import review_branch
from infra.workflow.tasks import STEP, State, call_function, catch_all, run_stage
from infra.workflow.video_stage import MAX_EXECUTION_S, explain_failure, explanation_title, record_stage

_PARALLEL = "Prepare, review and archive"


def video_workflow() -> State:
    """The definition. Placeholders `${...}` stand for functions, job definitions, queues and the bucket."""
    download = STAGE["download"]
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
                    {"Variable": "$.step.next", "StringEquals": download.name, "Next": download.title}
                ],
                "Default": _PARALLEL,
            },
            download.title: run_stage(download)
            | {"Catch": catch_all(explanation_title(download)), "Next": "Record download"},
            explanation_title(download): explain_failure(download),
            "Record download": record_stage(download) | {"Next": _PARALLEL},
            _PARALLEL: {
                "Type": "Parallel",
                "Comment": "Reviewing never waits for the master.",
                "Branches": [review_branch(), master_branch()],
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
