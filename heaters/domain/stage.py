"""What a stage is: one heavy step of the workflow as a value. The table of all of them is `pipeline.STAGES`."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from heaters.domain import object_keys
from heaters.domain.errors import InvalidJob
from heaters.domain.jobs import Job
from heaters.domain.results import Result
from heaters.domain.states import ClipState, MasterState, VideoState


class Entity(StrEnum):
    """Whose state a stage changes."""

    VIDEO = "video"
    CLIP = "clip"
    MASTER = "master"


class Part(StrEnum):
    """Where in an execution a stage has its turn; within a part, stages follow one another as STAGES lists them.

    FETCH: before everything, for sources that are not in the bucket yet. PREPARE: before the gate. BESIDE: in a branch
    of its own, from begin to end of the review. CLIP: for each clip of a wave. WAVE: for all clips of a wave at once.
    """

    FETCH = "fetch"
    PREPARE = "prepare"
    BESIDE = "beside"
    CLIP = "clip"
    WAVE = "wave"


class Runner(StrEnum):
    LAMBDA = "lambda"
    BATCH_FARGATE = "batch-fargate"
    BATCH_FARGATE_SPOT = "batch-fargate-spot"
    BATCH_GPU = "batch-gpu"


class Image(StrEnum):
    """The container image that holds a stage's program: containers/<image>/Dockerfile."""

    MEDIA = "media"
    EMBED = "embed"


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """Exponential back-off with full jitter for transient errors."""

    max_attempts: int
    interval_s: int
    backoff_rate: float
    max_delay_s: int


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a stage runs and with how much. A Lambda's CPU follows from its memory (1,769 MiB per vCPU)."""

    runner: Runner
    vcpu: float
    memory_mib: int
    disk_gib: int
    timeout_s: int
    gpu_count: int = 0


@dataclass(frozen=True, kw_only=True)
class StageIds:
    """Which run of a stage: of a video (with its attempt), of one clip, or of a wave."""

    video_id: str
    attempt: int = 0
    clip_id: str = ""
    wave_id: str = ""


Key = Callable[..., str]
"""A function of `object_keys`."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One heavy step: what an operator reads, its turn, the states around it, where it runs, what it touches.

    `module` holds `main()` for Batch and `handler(event, context)` for Lambda, whichever its places need.
    `bulk_place` takes over from `bulk_from` up, counted in `bulk_unit`. `reads`, `writes` and `deletes` are functions
    of `object_keys`: the objects that it gets, those that it leaves beside its result, and those of an earlier run
    that it clears away. `job` and `result` are its input and its output on the wire.

    `record_title` and `record_function` are the state and the light function that record its result. `starts_from`
    follows from a stage's place in its table: see `chain_stages`.
    """

    name: str
    title: str
    part: Part
    running: StrEnum
    done: StrEnum
    failed: StrEnum
    image: Image
    module: str
    place: Place
    retry: RetryPolicy
    job: type[Job]
    result: type[Result]
    reads: tuple[Key, ...] = ()
    writes: tuple[Key, ...] = ()
    deletes: tuple[Key, ...] = ()
    bulk_place: Place | None = None
    bulk_from: int | None = None
    bulk_unit: str = "clips"
    record_title: str
    record_function: str = "complete_stage"
    starts_from: frozenset[StrEnum] = frozenset()

    @property
    def entity(self) -> Entity:
        """Whose state it changes: follows from its part."""
        return _ENTITIES[self.part]

    @property
    def places(self) -> tuple[Place, ...]:
        """Where it can run."""
        return (self.place, self.bulk_place) if self.bulk_place else (self.place,)

    @property
    def bulk_title(self) -> str:
        """The state in which the stage runs at its other place: `Embed clips on GPU`."""
        gpu = self.bulk_place is not None and self.bulk_place.gpu_count > 0
        return f"{self.title} on {'GPU' if gpu else 'Batch'}"

    def is_bulky(self, amount: int) -> bool:
        """Whether so much belongs to `bulk_place`."""
        return self.bulk_from is not None and amount >= self.bulk_from

    def result_key(self, ids: StageIds) -> str:
        """Where its runner leaves the result of this run."""
        if self.part is Part.CLIP:
            return object_keys.clip_result(ids.video_id, ids.clip_id, self.name)
        run = f"{self.name}-{ids.wave_id}" if self.part is Part.WAVE else self.name
        return object_keys.stage_result(ids.video_id, run)

    def error_key(self, ids: StageIds) -> str:
        """Where its runner leaves the error of this run, if it fails on Batch."""
        return object_keys.error_beside(self.result_key(ids))


_ENTITIES: Mapping[Part, Entity] = {
    Part.FETCH: Entity.VIDEO,
    Part.PREPARE: Entity.VIDEO,
    Part.BESIDE: Entity.MASTER,
    Part.CLIP: Entity.CLIP,
    Part.WAVE: Entity.CLIP,
}

_FIRST: Mapping[Entity, StrEnum] = {
    Entity.VIDEO: VideoState.NEW,
    Entity.CLIP: ClipState.REVIEW_APPROVED,
    Entity.MASTER: MasterState.PENDING,
}
"""The state in which nothing has been done yet."""


def chain_stages(*stages: Stage) -> tuple[Stage, ...]:
    """The stages, each beginning where the one before it on the same entity ends, or where it failed itself.

    Raises InvalidJob for a table that the workflow and the catalog could not carry out.
    """
    _check_shape(stages)
    before, chained = dict(_FIRST), []
    for stage in stages:
        chained.append(replace(stage, starts_from=frozenset({before[stage.entity], stage.failed})))
        before[stage.entity] = stage.done
    return tuple(chained)


def _check_shape(stages: tuple[Stage, ...]) -> None:
    parts = [stage.part for stage in stages]
    for part in (Part.FETCH, Part.BESIDE, Part.WAVE):
        if parts.count(part) != 1:
            raise InvalidJob(
                f"There is one stage of part {part}, not {parts.count(part)}: its state and its begin are kept for "
                "one. Give a second one a row of state of its own first."
            )
    last_prepared = [stage for stage in stages if stage.part is Part.PREPARE][-1]
    if last_prepared.done is not VideoState.IN_REVIEW:
        raise InvalidJob(f"{last_prepared.title} is the last stage before review and must end in in_review.")
    first_of_clip = next(stage for stage in stages if stage.part is Part.CLIP)
    for stage in stages:
        if stage.bulk_place and stage.part is not Part.WAVE and stage is not first_of_clip:
            raise InvalidJob(
                f"{stage.title} cannot have a second place: only the first stage of a clip and the stage of a wave "
                "are told how much there is to do."
            )


def make_job(stage: Stage, known: Mapping[str, Any]) -> Job:
    """The stage's job: each of its fields is the fact of that name in `known`, which holds at least `video_id`.

    Raises InvalidJob naming a fact that is not known yet and that the job cannot do without.
    """
    wanted = {
        field.name: known[field.name] for field in fields(stage.job) if known.get(field.name) is not None
    }
    for field in fields(stage.job):
        if field.name not in wanted and field.default is MISSING and field.default_factory is MISSING:
            raise InvalidJob(
                f"Video {known['video_id']} has no {field.name.replace('_', ' ')} yet; retry it from the start."
            )
    return stage.job(**wanted)


def ids_of_job(job: Job) -> StageIds:
    """The run that `job` asks for."""
    return StageIds(
        video_id=job.video_id, clip_id=getattr(job, "clip_id", ""), wave_id=getattr(job, "wave_id", "")
    )
