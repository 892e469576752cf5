"""What the stages of a video have in common: their result is recorded, and their failure fails the execution."""

from heaters.domain.pipeline import Stage
from infra.workflow.tasks import LAMBDA_FAULTS, STEP, State, call_function

MAX_EXECUTION_S = 365 * 24 * 3600
"""The longest that a standard execution may last."""


def record_stage(stage: Stage) -> State:
    """Read the stage's result from the bucket, record it and begin the next stage."""
    return call_function(
        "complete_stage",
        payload={"stage": stage.name, "video_id.$": "$.video_id", "attempt.$": "$.attempt"},
        keep=STEP,
        at="$.step",
    )


def explanation_title(stage: Stage) -> str:
    """`Explain proxy failure`."""
    return f"Explain {stage.name.replace('_', ' ')} failure"


def explain_failure(stage: Stage) -> State:
    """Mark the video as failed and fail the execution with a typed error and a cause that people understand.

    The console's Redrive starts again at the state that failed, which is this one: fail_stage then finds the
    video failed already, begins the stage anew and goes on to run it. Therefore this state never repeats a call
    that may have reached the function, other than one which the catalog refused.
    """
    return call_function(
        "fail_stage",
        payload={
            "stage": stage.name,
            "video_id.$": "$.video_id",
            "attempt.$": "$.attempt",
            "error.$": "$.error",
        },
        keep=STEP,
        at="$.step",
        retried=(*LAMBDA_FAULTS, "CatalogUnavailable"),
    ) | {"Next": stage.title}
