"""The branch that archives the master. Whatever goes wrong in it is recorded and stays in it; the sweeper tries
again, and the branch beside it never notices.
"""

from heaters.domain.pipeline import STAGE
from infra.workflow.tasks import STEP, State, call_function, catch_all, run_stage

_FAILURE = "Record master failure"
_END = "Master kept"


def master_branch() -> State:
    """Begin, run and record the master stage; every path ends in `Master kept`."""
    master = STAGE["master"]
    ids = {"stage": master.name, "video_id.$": "$.video_id", "attempt.$": "$.attempt"}
    caught = catch_all(_FAILURE)
    return {
        "StartAt": "Begin master",
        "States": {
            "Begin master": call_function("begin_stage", payload=ids, keep=STEP, at="$.step")
            | {"Catch": caught, "Next": "Master wanted?"},
            "Master wanted?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.step.next", "StringEquals": master.name, "Next": master.title}],
                "Default": _END,
            },
            master.title: run_stage(master) | {"Catch": caught, "Next": "Record master"},
            "Record master": call_function("complete_stage", payload=ids) | {"Catch": caught, "Next": _END},
            _FAILURE: call_function("fail_stage", payload=ids | {"error.$": "$.error"})
            | {"Catch": catch_all(_END), "Next": _END},
            _END: {"Type": "Succeed"},
        },
    }
