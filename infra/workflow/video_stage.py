"""The stages of a video itself: each runs, is recorded and leads to the next, and its failure fails the execution."""

from collections.abc import Sequence

from heaters.domain.stage import Stage
from infra.workflow.tasks import LAMBDA_FAULTS, STEP, State, call_function, catch_all, run_stage

MAX_EXECUTION_S = 365 * 24 * 3600
"""The longest that a standard execution may last."""

_IDS = {"video_id.$": "$.video_id", "attempt.$": "$.attempt"}


def video_stages(stages: Sequence[Stage], *, then: str) -> dict[str, State]:
    """From the first of `stages` to state `then`, through all of them in order."""
    states: dict[str, State] = {}
    for at, stage in enumerate(stages):
        following = stages[at + 1].title if at + 1 < len(stages) else then
        states |= {
            stage.title: run_stage(stage)
            | {"Catch": catch_all(explanation_title(stage)), "Next": stage.record_title},
            explanation_title(stage): explain_failure(stage),
            stage.record_title: record_stage(stage) | {"Next": following},
        }
    return states


def record_stage(stage: Stage) -> State:
    """Read the stage's result from the bucket, record it and begin the next stage."""
    if stage.record_function != "complete_stage":
        return call_function(stage.record_function, payload=_IDS)
    payload = {"stage": stage.name} | _IDS
    return call_function("complete_stage", payload=payload, keep=STEP, at="$.step")


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
        payload={"stage": stage.name} | _IDS | {"error.$": "$.error"},
        keep=STEP,
        at="$.step",
        retried=(*LAMBDA_FAULTS, "CatalogUnavailable"),
    ) | {"Next": stage.title}
