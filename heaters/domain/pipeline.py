"""The whole workflow as data. The CDK builds the state machine from STAGES, the catalog's begin and complete
take their states from it, the sweeper finds stuck work by it and the documentation's table is printed from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from heaters.domain.jobs import (
    DetectJob,
    DownloadJob,
    EmbedJob,
    ExportJob,
    Job,
    KeyframesJob,
    MasterJob,
    ProxyJob,
)
from heaters.domain.results import (
    DetectResult,
    DownloadResult,
    EmbedResult,
    ExportResult,
    KeyframesResult,
    MasterResult,
    ProxyResult,
    Result,
)
from heaters.domain.states import ClipState, MasterState, VideoState

UNDO_WINDOW_S = 60
"""Seconds for which a decision can be taken back before a wave may claim it."""

RELEASE_SIZE = 25
"""Decided clips that release the gate without being asked."""

WAVE_CONCURRENCY = 40
"""Clips of a wave in work at once; each holds at most one catalog connection."""


class Entity(StrEnum):
    VIDEO = "video"
    CLIP = "clip"
    MASTER = "master"


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
class Stage:
    """One heavy step: what an operator reads, the states around it, where it runs, what it leaves behind.

    `module` holds `main()` for Batch and `handler(event, context)` for Lambda, whichever its places need.
    `bulk_place` takes over from `bulk_from` up, counted in `bulk_unit`. `writes` are key templates from `object_keys`.
    """

    name: str
    title: str
    entity: Entity
    starts_from: frozenset[StrEnum]
    running: StrEnum
    done: StrEnum
    failed: StrEnum
    image: Image
    module: str
    place: Place
    retry: RetryPolicy
    job: type[Job]
    result: type[Result]
    writes: tuple[str, ...]
    bulk_place: Place | None = None
    bulk_from: int | None = None
    bulk_unit: str = "clips"

    @property
    def bulk_title(self) -> str:
        """The state in which the stage runs at its other place: `Embed clips on GPU`."""
        gpu = self.bulk_place is not None and self.bulk_place.gpu_count > 0
        return f"{self.title} on {'GPU' if gpu else 'Batch'}"

    def is_bulky(self, amount: int) -> bool:
        """Whether so much belongs to `bulk_place`."""
        return self.bulk_from is not None and amount >= self.bulk_from


_BATCH_RETRY = RetryPolicy(max_attempts=4, interval_s=10, backoff_rate=2.0, max_delay_s=300)
_LAMBDA_RETRY = RetryPolicy(max_attempts=5, interval_s=1, backoff_rate=2.0, max_delay_s=60)
_V, _C, _M = VideoState, ClipState, MasterState

STAGES: tuple[Stage, ...] = (
    Stage(
        name="download",
        title="Download source",
        entity=Entity.VIDEO,
        starts_from=frozenset({_V.NEW, _V.DOWNLOAD_FAILED}),
        running=_V.DOWNLOADING,
        done=_V.DOWNLOADED,
        failed=_V.DOWNLOAD_FAILED,
        image=Image.MEDIA,
        module="containers.media.download",
        place=Place(runner=Runner.BATCH_FARGATE, vcpu=1, memory_mib=4096, disk_gib=200, timeout_s=6 * 3600),
        retry=_BATCH_RETRY,
        job=DownloadJob,
        result=DownloadResult,
        writes=("sources/{video_id}/source",),
    ),
    Stage(
        name="proxy",
        title="Make proxy",
        entity=Entity.VIDEO,
        starts_from=frozenset({_V.DOWNLOADED, _V.PREPROCESS_FAILED}),
        running=_V.PREPROCESSING,
        done=_V.PREPROCESSED,
        failed=_V.PREPROCESS_FAILED,
        image=Image.MEDIA,
        module="containers.media.proxy",
        place=Place(runner=Runner.BATCH_FARGATE, vcpu=4, memory_mib=8192, disk_gib=200, timeout_s=12 * 3600),
        retry=_BATCH_RETRY,
        job=ProxyJob,
        result=ProxyResult,
        writes=(
            "proxies/{video_id}/proxy.mp4",
            "proxies/{video_id}/frame_index.bin",
            "analysis/{video_id}/scores.npz",
            "analysis/{video_id}/keyframe_candidates.npz",
            "storyboards/{video_id}/{sheet:05d}.jpg",
        ),
    ),
    Stage(
        name="detect_scenes",
        title="Detect scenes",
        entity=Entity.VIDEO,
        starts_from=frozenset({_V.PREPROCESSED, _V.DETECT_SCENES_FAILED}),
        running=_V.DETECTING_SCENES,
        done=_V.IN_REVIEW,
        failed=_V.DETECT_SCENES_FAILED,
        image=Image.MEDIA,
        module="containers.media.detect",
        place=Place(runner=Runner.LAMBDA, vcpu=1, memory_mib=1769, disk_gib=1, timeout_s=60),
        retry=_LAMBDA_RETRY,
        job=DetectJob,
        result=DetectResult,
        writes=(),
    ),
    Stage(
        name="master",
        title="Archive master",
        entity=Entity.MASTER,
        starts_from=frozenset({_M.PENDING, _M.FAILED}),
        running=_M.ARCHIVING,
        done=_M.ARCHIVED,
        failed=_M.FAILED,
        image=Image.MEDIA,
        module="containers.media.master",
        place=Place(
            runner=Runner.BATCH_FARGATE_SPOT, vcpu=4, memory_mib=8192, disk_gib=200, timeout_s=24 * 3600
        ),
        retry=_BATCH_RETRY,
        job=MasterJob,
        result=MasterResult,
        writes=("masters/{video_id}/{segment:05d}.mkv",),
    ),
    Stage(
        name="export",
        title="Export",
        entity=Entity.CLIP,
        starts_from=frozenset({_C.REVIEW_APPROVED, _C.EXPORT_FAILED}),
        running=_C.EXPORTING,
        done=_C.EXPORTED,
        failed=_C.EXPORT_FAILED,
        image=Image.MEDIA,
        module="containers.media.export",
        place=Place(runner=Runner.LAMBDA, vcpu=1, memory_mib=1769, disk_gib=10, timeout_s=300),
        bulk_place=Place(
            runner=Runner.BATCH_FARGATE, vcpu=2, memory_mib=4096, disk_gib=200, timeout_s=6 * 3600
        ),
        bulk_from=2 * 1024**3,  # a fifth of the Lambda's disk; within its time from 7 MiB a second up
        bulk_unit="bytes",
        retry=_LAMBDA_RETRY,
        job=ExportJob,
        result=ExportResult,
        writes=("exports/{video_id}/{clip_id}.mp4",),
    ),
    Stage(
        name="keyframes",
        title="Keyframes",
        entity=Entity.CLIP,
        starts_from=frozenset({_C.EXPORTED, _C.KEYFRAME_FAILED}),
        running=_C.KEYFRAMING,
        done=_C.KEYFRAMED,
        failed=_C.KEYFRAME_FAILED,
        image=Image.MEDIA,
        module="containers.media.keyframes",
        place=Place(runner=Runner.LAMBDA, vcpu=1, memory_mib=1769, disk_gib=1, timeout_s=120),
        retry=_LAMBDA_RETRY,
        job=KeyframesJob,
        result=KeyframesResult,
        writes=("keyframes/{video_id}/{clip_id}/{position:03d}.jpg",),
    ),
    Stage(
        name="embed",
        title="Embed clips",
        entity=Entity.CLIP,
        starts_from=frozenset({_C.KEYFRAMED, _C.EMBEDDING_FAILED}),
        running=_C.EMBEDDING,
        done=_C.EMBEDDED,
        failed=_C.EMBEDDING_FAILED,
        image=Image.EMBED,
        module="containers.embed.embed",
        place=Place(runner=Runner.LAMBDA, vcpu=2, memory_mib=3538, disk_gib=1, timeout_s=600),
        bulk_place=Place(
            runner=Runner.BATCH_GPU, vcpu=4, memory_mib=14336, disk_gib=30, timeout_s=3600, gpu_count=1
        ),
        bulk_from=64,
        retry=_LAMBDA_RETRY,
        job=EmbedJob,
        result=EmbedResult,
        writes=("waves/{video_id}/{wave_id}.vectors.npz",),
    ),
)

STAGE: Mapping[str, Stage] = {stage.name: stage for stage in STAGES}
"""Every stage by name."""


def stages_of(entity: Entity) -> tuple[Stage, ...]:
    """The stages that change the state of `entity`, in order."""
    return tuple(stage for stage in STAGES if stage.entity is entity)


def stage_running_in(state: StrEnum) -> Stage | None:
    """The stage at work while its entity is in `state`."""
    return next((stage for stage in STAGES if stage.running is state), None)


def resume_stage(state: VideoState) -> Stage | None:
    """The stage with which a new execution goes on from `state`; None when nothing is left but review.

    A stage that was interrupted runs again: `running` counts like `failed`.
    """
    for stage in stages_of(Entity.VIDEO):
        if state is stage.running or state in stage.starts_from:
            return stage
    return None
