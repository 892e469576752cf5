"""What happens to one clip of a wave: export, then keyframes, each recorded; a failure is recorded and ends the
clip's own child execution in success, so that the wave goes on.

Item: `{"video_id", "clip_id", "job", "bulk"}`, `job` being the export's; `bulk`: too large for a Lambda.
"""

from heaters.domain.pipeline import STAGE
from infra.workflow.tasks import STEP, State, call_function, catch_all, run_stage

_FAILURE = "Record clip failure"


def clip_workflow() -> State:
    """The Distributed Map's item processor. A child answers `{}`: the map collects all answers, and may collect no
    more than 256 KiB, before it drops them.

    Standard children: an operator sees each clip in the console, and no clip is cut off at an Express child's
    five minutes.
    """
    export, keyframes = STAGE["export"], STAGE["keyframes"]
    ids = {"video_id.$": "$.video_id", "clip_id.$": "$.clip_id"}
    caught = {"Catch": catch_all(_FAILURE)}
    record_export = call_function(
        "complete_stage", payload=ids | {"stage": export.name}, keep=STEP, at="$.step"
    )
    ended = {"OutputPath": None, "End": True}
    record_keyframes = call_function("complete_stage", payload=ids | {"stage": keyframes.name})
    record_failure = call_function("fail_stage", payload=ids | {"error.$": "$.error"})
    return {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Export where?",
        "States": {
            "Export where?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.bulk", "BooleanEquals": True, "Next": export.bulk_title}],
                "Default": export.title,
            },
            export.bulk_title: run_stage(export, job="$.job", place=export.bulk_place)
            | caught
            | {"Next": "Record export"},
            export.title: run_stage(export, job="$.job") | caught | {"Next": "Record export"},
            "Record export": record_export | caught | {"Next": keyframes.title},
            keyframes.title: run_stage(keyframes) | caught | {"Next": "Record keyframes"},
            "Record keyframes": record_keyframes | caught | ended,
            _FAILURE: record_failure | ended,
        },
    }
