"""A stage is one row: added to a copy of STAGES, it is in the definition, the permissions, the states and the docs."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template as Synthesized

from heaters.domain import object_keys
from heaters.domain.jobs import ObjectRef
from heaters.domain.pipeline import STAGE, STAGES
from heaters.domain.stage import Entity, Part, Stage, StageIds, chain_stages, make_job
from heaters.domain.transitions import transitions_of
from infra.pipeline.container_images import Images
from infra.pipeline.media_functions import MediaFunctions
from infra.workflow.pipeline_diagram import render_pipeline
from infra.workflow.stage_table import render_page
from infra.workflow.video import video_workflow
from tests.infra.templates import as_list
from tests.infra.workflow.definitions import all_states


class Speech(StrEnum):
    HEARING = "hearing"
    HEARD = "heard"
    FAILED = "hear_failed"


class Tinting(StrEnum):
    TINTING = "tinting"
    TINTED = "tinted"
    FAILED = "tint_failed"


@dataclass(frozen=True, kw_only=True)
class HearJob:
    video_id: str
    proxy: ObjectRef


@dataclass(frozen=True, kw_only=True)
class HearResult:
    words: int


def transcript(video_id: str) -> str:
    return f"transcripts/{video_id}/words.json"


HEAR: Stage = replace(
    STAGE["detect_scenes"],
    name="hear",
    title="Hear speech",
    running=Speech.HEARING,
    done=Speech.HEARD,
    failed=Speech.FAILED,
    module="containers.media.hear",
    job=HearJob,  # type: ignore[arg-type] # a real one is added to Job and Result, too
    result=HearResult,  # type: ignore[arg-type] # as above
    reads=(object_keys.proxy,),
    writes=(transcript,),
    record_title="Record speech",
    record_function="complete_stage",
)
"""Between the proxy and scene detection, for the whole video."""

TINT: Stage = replace(
    STAGE["keyframes"],
    name="tint",
    title="Tint",
    running=Tinting.TINTING,
    done=Tinting.TINTED,
    failed=Tinting.FAILED,
    module="containers.media.tint",
    record_title="Record tint",
)
"""After the keyframes, for each clip of a wave."""


def _with(*added: Stage) -> tuple[Stage, ...]:
    """STAGES and these, each after the last stage of its part that does not end in review."""
    before = {Part.PREPARE: "detect_scenes", Part.CLIP: "embed"}
    rows = list(STAGES)
    for stage in added:
        names = [row.name for row in rows]
        rows.insert(names.index(before[stage.part]), stage)
    return chain_stages(*rows)


@pytest.fixture(scope="module")
def stages() -> tuple[Stage, ...]:
    return _with(HEAR, TINT)


def test_it_has_its_turn_in_the_definition(stages: tuple[Stage, ...]) -> None:
    """The stage before it leads to it, it is recorded, its failure is explained, and the next one follows."""
    states = all_states(video_workflow(stages))
    assert states["Record proxy"]["Next"] == "Hear speech"
    assert states["Hear speech"]["Next"] == "Record speech"
    assert states["Hear speech"]["Catch"][0]["Next"] == "Explain hear failure"
    assert states["Explain hear failure"]["Next"] == "Hear speech"
    assert states["Record speech"]["Next"] == "Detect scenes"
    choices = states["Where to go on?"]["Choices"]
    assert {"Variable": "$.step.next", "StringEquals": "hear", "Next": "Hear speech"} in choices


def test_a_stage_of_clips_runs_in_each_clips_child(stages: tuple[Stage, ...]) -> None:
    states = all_states(video_workflow(stages))
    child = states["Process clips"]["ItemProcessor"]["States"]
    assert child["Record keyframes"]["Next"] == "Tint"
    assert child["Tint"]["Next"] == "Record tint"
    assert child["Record tint"]["End"] is True


def test_its_runner_may_touch_what_its_row_says_and_nothing_else(stages: tuple[Stage, ...]) -> None:
    stack = Stack(App(context={"aws:cdk:bundling-stacks": []}), "Added")
    MediaFunctions(
        stack,
        "Runners",
        images=Images(stack, "Images"),
        bucket=s3.Bucket.from_bucket_name(stack, "Media", "media"),
        stages=stages,
    )
    synthesized = Synthesized.from_stack(stack)
    handlers = {
        made["Properties"]["ImageConfig"]["Command"][0]
        for made in synthesized.find_resources("AWS::Lambda::Function").values()
    }
    assert {"containers.media.hear.handler", "containers.media.tint.handler"} <= handlers
    assert _objects(synthesized, "HearRunner", "s3:GetObject") == {"proxies/*", "transcripts/*", "results/*"}
    assert _objects(synthesized, "HearRunner", "s3:PutObject") == {"transcripts/*", "results/*"}


def _objects(synthesized: Synthesized, role: str, action: str) -> set[str]:
    """Which objects of the bucket the role of this runner may `action`."""
    policies: list[Any] = [
        policy["Properties"]["PolicyDocument"]["Statement"]
        for name, policy in synthesized.find_resources("AWS::IAM::Policy").items()
        if role in name
    ]
    resources = [
        resource
        for statements in policies
        for statement in statements
        if action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    ]
    return {str(resource["Fn::Join"][1][-1]).split("/", 1)[1] for resource in resources}


def test_its_states_and_their_transitions_follow(stages: tuple[Stage, ...]) -> None:
    """The stage after it begins where it ends; both may begin again after a failure."""
    videos, clips = transitions_of(Entity.VIDEO, stages), transitions_of(Entity.CLIP, stages)
    assert videos[STAGE["proxy"].done] == {Speech.HEARING}
    assert videos[Speech.HEARING] == {Speech.HEARD, Speech.FAILED}
    assert videos[Speech.FAILED] == {Speech.HEARING}
    assert videos[Speech.HEARD] == {STAGE["detect_scenes"].running}
    assert clips[STAGE["keyframes"].done] == {Tinting.TINTING}
    assert clips[Tinting.TINTED] == {STAGE["embed"].running}


def test_it_is_in_the_documentation(stages: tuple[Stage, ...]) -> None:
    page = render_page(stages)
    assert "| **Hear speech** (`hear`, video) |" in page
    assert "`transcripts/{video_id}/words.json`" in page
    assert "`HearJob`, `HearResult`" in page


def test_it_is_in_the_picture(stages: tuple[Stage, ...]) -> None:
    picture = render_pipeline(stages)
    assert 'Fargate"] --> hear["Hear speech<br>Lambda"] --> detect_scenes[' in picture
    assert 'keyframes["Keyframes<br>Lambda"] --> tint["Tint<br>Lambda"] --> embed[' in picture


def test_its_job_is_made_of_what_is_known_and_its_result_has_a_place() -> None:
    proxy = ObjectRef(key="proxies/v/proxy.mp4")
    assert make_job(HEAR, {"video_id": "v", "proxy": proxy, "url": None}) == HearJob(
        video_id="v", proxy=proxy
    )
    assert HEAR.result_key(StageIds(video_id="v")) == "results/v/hear.json"
