"""The branches beside the review: the master's. Whatever goes wrong in one is recorded and stays in it; the sweeper
tries again, and the branches beside it never notice.
"""

from heaters.domain.stage import Stage
from infra.workflow.tasks import STEP, State, call_function, catch_all, run_stage


def branch_beside(stage: Stage) -> State:
    """Begin, run and record the stage; every path ends in `Master kept`."""
    failure, end = f"Record {stage.name} failure", f"{stage.name.capitalize()} kept"
    ids = {"stage": stage.name, "video_id.$": "$.video_id", "attempt.$": "$.attempt"}
    caught = catch_all(failure)
    return {
        "StartAt": f"Begin {stage.name}",
        "States": {
            f"Begin {stage.name}": call_function("begin_stage", payload=ids, keep=STEP, at="$.step")
            | {"Catch": caught, "Next": f"{stage.name.capitalize()} wanted?"},
            f"{stage.name.capitalize()} wanted?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.step.next", "StringEquals": stage.name, "Next": stage.title}],
                "Default": end,
            },
            stage.title: run_stage(stage) | {"Catch": caught, "Next": stage.record_title},
            stage.record_title: call_function("complete_stage", payload=ids) | {"Catch": caught, "Next": end},
            failure: call_function("fail_stage", payload=ids | {"error.$": "$.error"})
            | {"Catch": catch_all(end), "Next": end},
            end: {"Type": "Succeed"},
        },
    }
