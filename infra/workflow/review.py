"""The branch that people see: proxy, scenes, clips, then the gate and, wave by wave, what reviewers decided.

The loop gate → undo window → wave → gate runs until nothing is left to review. A wave adds about 50 events
to the execution's history however many clips it has, because its clips are children of a Distributed Map: ten
thousand clips in fifteen waves stay below 1,000 events. An execution ends at 25,000 events, which is 480 waves;
the attempt after it goes on at the gate.
"""

from collections.abc import Sequence
from typing import Any

from heaters.domain.pipeline import WAVE_CONCURRENCY, stages_in
from heaters.domain.review.gates import ReleaseReason
from heaters.domain.stage import Part, Stage
from infra.workflow.clips import clip_workflow
from infra.workflow.embedding import embedding_states
from infra.workflow.tasks import FUNCTION_RETRY, State, call_function, catch_all, retry
from infra.workflow.video_stage import MAX_EXECUTION_S, video_stages

_GATE = "Review gate"
_REMINDER = "Remind reviewers"
EVENT_SOURCE = "heaters.review"
REMINDER_EVENT = "Review reminder"
"""Detail type of the event by which operators learn of a video that nobody has reviewed for a month."""

EVENT_FAULTS = (
    "EventBridge.EventBridgeException",
    "EventBridge.FailedEntry",
    "EventBridge.SdkClientException",
)
_INVOKE_AND_WAIT = "arn:aws:states:::lambda:invoke.waitForTaskToken"

GATE_TIMEOUT_S = MAX_EXECUTION_S - 24 * 3600
"""A gate gives up a day before its execution would, so that the failure names the gate. The sweeper hands an old
execution's gate over to a new execution long before.
"""


def review_branch(stages: Sequence[Stage]) -> State:
    """From `$.step` as begin_video or complete_stage left it to `Review finished`."""
    states = [_preparation(stages_in(Part.PREPARE, stages)), _gate(), _wave(stages_in(Part.CLIP, stages))]
    states += [embedding_states(stages_in(Part.WAVE, stages), then="Archive clips"), _ending()]
    return {
        "StartAt": "Where to go on?",
        "States": {title: state for part in states for title, state in part.items()},
    }


def _preparation(stages: Sequence[Stage]) -> dict[str, State]:
    return {
        "Where to go on?": {
            "Type": "Choice",
            "Comment": "A later attempt goes on where the one before it stopped.",
            "Choices": [
                {"Variable": "$.step.next", "StringEquals": stage.name, "Next": stage.title}
                for stage in stages
            ],
            "Default": _GATE,
        },
        **video_stages(stages, then=_GATE),
    }


def _gate() -> dict[str, State]:
    payload: dict[str, Any] = {
        "video_id.$": "$.video_id",
        "attempt.$": "$.attempt",
        "token.$": "$$.Task.Token",
        "release_size.$": "$.release_size",
    }
    waiting = {
        "Resource": _INVOKE_AND_WAIT,
        "TimeoutSeconds": GATE_TIMEOUT_S,
        "Comment": "Wait until reviewers have decided enough, or everything, or ask to go on.",
    }
    return {
        _GATE: call_function("open_gate", payload=payload, at="$.gate") | waiting | {"Next": "Why released?"},
        "Why released?": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.gate.reason", "StringEquals": ReleaseReason.REMINDER, "Next": _REMINDER},
                {
                    "Variable": "$.gate.reason",
                    "StringEquals": ReleaseReason.HANDED_OVER,
                    "Next": "Review finished",
                },
            ],
            "Default": "Undo window",
        },
        _REMINDER: _reminder() | {"Next": _GATE},
        "Undo window": {
            "Type": "Wait",
            "Comment": "Until it has passed, a decision can be taken back.",
            "SecondsPath": "$.undo_window_s",
            "Next": "Collect wave",
        },
    }


def _reminder() -> State:
    """Say on the default bus which video waits, with how many clips and since when. One that is lost stops nothing.

    The sweeper, which knows when, cannot: beside the database it reaches no bus.
    """
    entry = {"Source": EVENT_SOURCE, "DetailType": REMINDER_EVENT, "Detail.$": "$.gate.reminder"}
    return {
        "Type": "Task",
        "Comment": "Nobody has reviewed the video for a month: tell the operators, and wait again.",
        "Resource": "arn:aws:states:::events:putEvents",
        "Parameters": {"Entries": [entry]},
        "ResultPath": None,
        "TimeoutSeconds": 60,
        "Retry": retry(FUNCTION_RETRY, EVENT_FAULTS),
        "Catch": catch_all(_GATE),
    }


def _wave(stages: Sequence[Stage]) -> dict[str, State]:
    return {
        "Collect wave": call_function(
            "collect_wave",
            payload={"video_id.$": "$.video_id", "undo_window_s.$": "$.undo_window_s"},
            keep={
                "wave_id.$": "$.Payload.wave_id",
                "manifest_key.$": "$.Payload.manifest_key",
                "count.$": "$.Payload.count",
            },
            at="$.wave",
        )
        | {"Next": "Anything to process?"},
        "Anything to process?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.wave.count", "NumericGreaterThan": 0, "Next": "Process clips"}],
            "Default": "Archive clips",
        },
        "Process clips": {
            "Type": "Map",
            "Label": "ProcessClips",
            "Comment": "One child for each clip of the wave's manifest. A clip that fails blocks no other.",
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:getObject",
                "ReaderConfig": {"InputType": "JSON"},
                "Parameters": {"Bucket": "${MediaBucket}", "Key.$": "$.wave.manifest_key"},
            },
            "MaxConcurrency": WAVE_CONCURRENCY,
            "ToleratedFailurePercentage": 100.0,
            "ItemProcessor": clip_workflow(stages),
            "ResultPath": None,
            "Retry": retry(FUNCTION_RETRY, ["States.ItemReaderFailed"]),
            "Next": "Begin embedding",
        },
    }


def _ending() -> dict[str, State]:
    return {
        "Archive clips": call_function(
            "archive_clips",
            payload={"video_id.$": "$.video_id", "undo_window_s.$": "$.undo_window_s"},
            keep={"archived.$": "$.Payload.archived", "more_to_review.$": "$.Payload.more_to_review"},
            at="$.wave",
        )
        | {"Next": "More to review?"},
        "More to review?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.wave.more_to_review", "BooleanEquals": True, "Next": _GATE}],
            "Default": "Review finished",
        },
        "Review finished": {"Type": "Succeed"},
    }
