"""What happens to one clip of a wave: export, then keyframes, each recorded; a failure is recorded and ends the
clip's own child execution in success, so that the wave goes on.

Item: `{"video_id", "clip_id", "job", "bulk"}`, `job` being the first stage's; `bulk`: too large for a Lambda.
"""

from collections.abc import Sequence

from heaters.domain.stage import Stage
from infra.workflow.tasks import STEP, State, call_function, catch_all, run_stage

_FAILURE = "Record clip failure"
_IDS = {"video_id.$": "$.video_id", "clip_id.$": "$.clip_id"}


def clip_workflow(stages: Sequence[Stage]) -> State:
    """The Distributed Map's item processor. A child answers `{}`: the map collects all answers, and may collect no
    more than 256 KiB, before it drops them.

    Standard children: an operator sees each clip in the console, and no clip is cut off at an Express child's
    five minutes.
    """
    states: dict[str, State] = {}
    for at, stage in enumerate(stages):
        job, bulk = ("$.job", "$.bulk") if at == 0 else ("$.step.job", "$.step.bulk")
        following = stages[at + 1] if at + 1 < len(stages) else None
        states |= _run(stage, job=job, bulk=bulk) | {stage.record_title: _record(stage, following)}
    failed = call_function("fail_stage", payload=_IDS | {"error.$": "$.error"})
    return {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": _entry(stages[0]),
        "States": states | {_FAILURE: failed | {"OutputPath": None, "End": True}},
    }


def _entry(stage: Stage) -> str:
    """Where a clip comes into the stage: a choice where it has two places to run."""
    return f"{stage.title} where?" if stage.bulk_place else stage.title


def _run(stage: Stage, *, job: str, bulk: str) -> dict[str, State]:
    caught = {"Catch": catch_all(_FAILURE), "Next": stage.record_title}
    usual = {stage.title: run_stage(stage, job=job) | caught}
    if stage.bulk_place is None:
        return usual
    choice = {"Variable": bulk, "BooleanEquals": True, "Next": stage.bulk_title}
    return {
        _entry(stage): {"Type": "Choice", "Choices": [choice], "Default": stage.title},
        stage.bulk_title: run_stage(stage, job=job, place=stage.bulk_place) | caught,
    } | usual


def _record(stage: Stage, following: Stage | None) -> State:
    payload, caught = _IDS | {"stage": stage.name}, {"Catch": catch_all(_FAILURE)}
    if following is None:
        return call_function("complete_stage", payload=payload) | caught | {"OutputPath": None, "End": True}
    recorded = call_function("complete_stage", payload=payload, keep=STEP, at="$.step")
    return recorded | caught | {"Next": _entry(following)}
