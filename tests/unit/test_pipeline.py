"""STAGES as data: it agrees with the states, the keys, the programs and the wire format."""

from collections.abc import Mapping
from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import pytest

from heaters.domain import object_keys
from heaters.domain.errors import InvalidJob
from heaters.domain.jobs import Job
from heaters.domain.key_templates import prefix_of, template_of
from heaters.domain.pipeline import STAGE, STAGES, resume_stage, stage_running_in, stages_of
from heaters.domain.results import Result
from heaters.domain.stage import Entity, Part, Place, Runner, Stage, StageIds, chain_stages
from heaters.domain.states import ClipState, MasterState, VideoState
from heaters.domain.transitions import transitions_of

TRANSITIONS: Mapping[Entity, Mapping[Any, frozenset[Any]]] = {
    entity: transitions_of(entity) for entity in Entity
}
each_stage = pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)


def _places(stage: Stage) -> list[Place]:
    return [place for place in (stage.place, stage.bulk_place) if place]


@each_stage
def test_a_stage_moves_its_entity_along_the_table(stage: Stage) -> None:
    table = TRANSITIONS[stage.entity]
    assert all(stage.running in table[before] for before in stage.starts_from)
    assert {stage.done, stage.failed} <= table[stage.running]


@each_stage
def test_a_failed_stage_can_begin_again(stage: Stage) -> None:
    assert stage.failed in stage.starts_from


@each_stage
def test_only_a_stage_leads_into_its_running_state(stage: Stage) -> None:
    table = TRANSITIONS[stage.entity]
    assert {before for before, afters in table.items() if stage.running in afters} == stage.starts_from
    assert stage_running_in(stage.running) is stage


def test_every_running_state_belongs_to_exactly_one_stage() -> None:
    running = [stage.running for stage in STAGES]
    assert len(set(running)) == len(running)
    failing = {state for state in (*VideoState, *ClipState, *MasterState) if state.endswith("failed")}
    assert {stage.failed for stage in STAGES} == failing
    assert stage_running_in(VideoState.IN_REVIEW) is None


def test_names_titles_and_programs_are_unique() -> None:
    for names in ([s.name for s in STAGES], [s.title for s in STAGES], [s.module for s in STAGES]):
        assert len(set(names)) == len(names)
    assert list(STAGE) == [stage.name for stage in STAGES]


@pytest.mark.parametrize("state", VideoState)
def test_a_new_execution_goes_on_with_the_stage_that_its_state_asks_for(state: VideoState) -> None:
    stage = resume_stage(state)
    if state in {VideoState.IN_REVIEW, VideoState.COMPLETE}:
        assert stage is None
    else:
        assert stage is not None
        assert stage.entity is Entity.VIDEO
        assert state is stage.running or state in stage.starts_from


def test_video_stages_follow_one_another() -> None:
    stages = stages_of(Entity.VIDEO)
    assert [stage.part for stage in stages] == sorted(
        (stage.part for stage in stages), key=[Part.FETCH, Part.PREPARE].index
    )
    assert all(left.done in right.starts_from for left, right in pairwise(stages))


def test_clip_stages_follow_one_another() -> None:
    stages = stages_of(Entity.CLIP)
    assert [stage.part for stage in stages][-1] is Part.WAVE
    assert all(left.done in right.starts_from for left, right in pairwise(stages))


@each_stage
def test_places_are_within_what_lambda_and_fargate_offer(stage: Stage) -> None:
    for place in _places(stage):
        if place.runner is Runner.LAMBDA:
            assert place.timeout_s <= 900
            assert 128 <= place.memory_mib <= 10240
            assert place.disk_gib <= 10
            assert place.vcpu == pytest.approx(place.memory_mib / 1769, rel=0.01)
        elif place.runner in {Runner.BATCH_FARGATE, Runner.BATCH_FARGATE_SPOT}:
            assert place.memory_mib in range(int(place.vcpu * 2048), int(place.vcpu * 8192) + 1, 1024)
            assert place.disk_gib <= 200
        assert (place.gpu_count > 0) == (place.runner is Runner.BATCH_GPU)
    assert (stage.bulk_place is None) == (stage.bulk_from is None)


@each_stage
def test_waits_between_attempts_grow_and_are_bounded(stage: Stage) -> None:
    retry = stage.retry
    assert retry.max_attempts >= 1
    assert 0 < retry.interval_s <= retry.max_delay_s
    assert retry.backoff_rate > 1


@each_stage
def test_jobs_and_results_are_those_that_the_wire_knows(stage: Stage) -> None:
    assert stage.job in Job.__args__
    assert stage.result in Result.__args__
    assert "video_id" in {field.name for field in fields(stage.job)}


@each_stage
def test_what_a_stage_touches_are_keys_of_ids(stage: Stage) -> None:
    """Every key has the id of the video, or of the upload that is its source, and begins with a fixed folder."""
    for key in (*stage.reads, *stage.writes, *stage.deletes):
        template = template_of(key)
        assert "{video_id}" in template or template == "uploads/{upload_id}/source"
        assert "{" not in prefix_of(key)


def test_a_template_shows_how_its_keys_are_written() -> None:
    template = template_of(object_keys.storyboard_sheet)
    assert template == "storyboards/{video_id}/{sheet:05d}.jpg"
    assert template.format(video_id="v", sheet=3) == object_keys.storyboard_sheet("v", 3)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ((*STAGES, replace(STAGE["master"], name="describe")), "one stage of part beside, not 2"),
        ((*STAGES, replace(STAGE["embed"], name="caption")), "one stage of part wave, not 2"),
        ((STAGE["download"], *STAGES), "one stage of part fetch, not 2"),
        ((*STAGES, replace(STAGE["detect_scenes"], done=ClipState.EXPORTED)), "must end in in_review"),
        (
            (*STAGES, replace(STAGE["keyframes"], bulk_place=STAGE["export"].bulk_place)),
            "Keyframes cannot have a second place",
        ),
    ],
)
def test_a_table_that_could_not_be_carried_out_is_refused(rows: tuple[Stage, ...], why: str) -> None:
    with pytest.raises(InvalidJob, match=why):
        chain_stages(*rows)


def test_an_error_lies_beside_the_result() -> None:
    assert STAGE["proxy"].error_key(StageIds(video_id="v")) == "results/v/proxy.json.error"
