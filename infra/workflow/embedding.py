"""Vectors for a wave's clips: a small wave on Lambda, a large one on a GPU, both from the same list in S3."""

from collections.abc import Sequence

from heaters.domain.stage import Stage
from infra.workflow.tasks import State, call_function, catch_all, run_stage

_FAILURE = "Record embedding failure"


def embedding_states(stages: Sequence[Stage], *, then: str) -> dict[str, State]:
    """From `$.wave.wave_id` to state `then`. A failure is recorded on the clips and goes on to `then` as well."""
    (embed,) = stages  # begun by a function of its own, which claims the clips of the wave
    bulk = embed.bulk_title
    wave = {"video_id.$": "$.video_id", "wave_id.$": "$.wave.wave_id"}
    ids = wave | {"stage": embed.name}
    caught = {"Catch": catch_all(_FAILURE)}
    begun = {
        "next.$": "$.Payload.next",
        "job.$": "$.Payload.job",
        "count.$": "$.Payload.count",
        "bulk.$": "$.Payload.bulk",
    }
    return {
        "Begin embedding": call_function("begin_embedding", payload=wave, keep=begun, at="$.step")
        | {"Next": "Embed where?"},
        "Embed where?": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.step.next", "StringEquals": "skip", "Next": then},
                {"Variable": "$.step.bulk", "BooleanEquals": True, "Next": bulk},
            ],
            "Default": embed.title,
        },
        embed.title: run_stage(embed) | caught | {"Next": embed.record_title},
        bulk: run_stage(embed, place=embed.bulk_place) | caught | {"Next": embed.record_title},
        embed.record_title: call_function("complete_stage", payload=ids) | caught | {"Next": then},
        _FAILURE: call_function("fail_stage", payload=ids | {"error.$": "$.error"}) | {"Next": then},
    }
