"""The whole workflow as data. The CDK builds the state machine from STAGES, the catalog's begin and complete
take their states from it, the sweeper finds stuck work by it and the documentation's table is printed from it.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from heaters.domain import object_keys
from heaters.domain.jobs import (
    DetectJob,
    DownloadJob,
    EmbedJob,
    ExportJob,
    KeyframesJob,
    MasterJob,
    ProxyJob,
)
from heaters.domain.key_templates import prefix_of_clip
from heaters.domain.results import (
    DetectResult,
    DownloadResult,
    EmbedResult,
    ExportResult,
    KeyframesResult,
    MasterResult,
    ProxyResult,
)
from heaters.domain.stage import Entity, Image, Key, Part, Place, RetryPolicy, Runner, Stage, chain_stages
from heaters.domain.states import ClipState, MasterState, VideoState

WAVE_CONCURRENCY = 40
"""Clips of a wave in work at once; each holds at most one catalog connection."""


_BATCH_RETRY = RetryPolicy(max_attempts=4, interval_s=10, backoff_rate=2.0, max_delay_s=300)
_LAMBDA_RETRY = RetryPolicy(max_attempts=5, interval_s=1, backoff_rate=2.0, max_delay_s=60)
_V, _C, _M = VideoState, ClipState, MasterState
_PROXY = (object_keys.proxy, object_keys.upload, object_keys.download)
"""A source that already is a proxy is used as it is."""

STAGES: tuple[Stage, ...] = chain_stages(
    Stage(
        name="download",
        title="Download source",
        part=Part.FETCH,
        running=_V.DOWNLOADING,
        done=_V.DOWNLOADED,
        failed=_V.DOWNLOAD_FAILED,
        image=Image.MEDIA,
        module="containers.media.download",
        place=Place(runner=Runner.BATCH_FARGATE, vcpu=1, memory_mib=4096, disk_gib=200, timeout_s=6 * 3600),
        retry=_BATCH_RETRY,
        job=DownloadJob,
        result=DownloadResult,
        writes=(object_keys.download,),
        record_title="Record download",
    ),
    Stage(
        name="proxy",
        title="Make proxy",
        part=Part.PREPARE,
        running=_V.PREPROCESSING,
        done=_V.PREPROCESSED,
        failed=_V.PREPROCESS_FAILED,
        image=Image.MEDIA,
        module="containers.media.proxy",
        place=Place(runner=Runner.BATCH_FARGATE, vcpu=4, memory_mib=8192, disk_gib=200, timeout_s=12 * 3600),
        retry=_BATCH_RETRY,
        job=ProxyJob,
        result=ProxyResult,
        reads=(object_keys.upload, object_keys.download),
        writes=(
            object_keys.proxy,
            object_keys.frame_index,
            object_keys.scores,
            object_keys.keyframe_candidates,
            object_keys.facts,
            object_keys.sound,
            object_keys.storyboard_sheet,
        ),
        record_title="Record proxy",
    ),
    Stage(
        name="detect_scenes",
        title="Detect scenes",
        part=Part.PREPARE,
        running=_V.DETECTING_SCENES,
        done=_V.IN_REVIEW,
        failed=_V.DETECT_SCENES_FAILED,
        image=Image.MEDIA,
        module="containers.media.detect",
        place=Place(runner=Runner.LAMBDA, vcpu=1, memory_mib=1769, disk_gib=1, timeout_s=60),
        retry=_LAMBDA_RETRY,
        job=DetectJob,
        result=DetectResult,
        reads=(object_keys.scores,),
        record_title="Create clips",
        record_function="create_clips",
    ),
    Stage(
        name="master",
        title="Archive master",
        part=Part.BESIDE,
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
        reads=(object_keys.upload, object_keys.download),
        writes=(object_keys.master_segment,),
        deletes=(object_keys.master_segment,),
        record_title="Record master",
    ),
    Stage(
        name="export",
        title="Export",
        part=Part.CLIP,
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
        reads=(*_PROXY, object_keys.frame_index),
        writes=(object_keys.export,),
        record_title="Record export",
    ),
    Stage(
        name="keyframes",
        title="Keyframes",
        part=Part.CLIP,
        running=_C.KEYFRAMING,
        done=_C.KEYFRAMED,
        failed=_C.KEYFRAME_FAILED,
        image=Image.MEDIA,
        module="containers.media.keyframes",
        place=Place(runner=Runner.LAMBDA, vcpu=1, memory_mib=1769, disk_gib=1, timeout_s=120),
        retry=_LAMBDA_RETRY,
        job=KeyframesJob,
        result=KeyframesResult,
        reads=(*_PROXY, object_keys.frame_index, object_keys.keyframe_candidates),
        writes=(object_keys.keyframe,),
        record_title="Record keyframes",
    ),
    Stage(
        name="embed",
        title="Embed clips",
        part=Part.WAVE,
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
        reads=(object_keys.keyframe, object_keys.wave_embeddings),
        writes=(object_keys.wave_vectors,),
        record_title="Record embeddings",
    ),
)

STAGE: Mapping[str, Stage] = {stage.name: stage for stage in STAGES}
"""Every stage by name."""


def stages_of(entity: Entity, stages: Iterable[Stage] = STAGES) -> tuple[Stage, ...]:
    """The stages that change the state of `entity`, in order."""
    return tuple(stage for stage in stages if stage.entity is entity)


def stages_in(part: Part, stages: Iterable[Stage] = STAGES) -> tuple[Stage, ...]:
    """The stages of one part of the execution, in order."""
    return tuple(stage for stage in stages if stage.part is part)


def stage_after(stage: Stage, stages: Iterable[Stage] = STAGES) -> Stage | None:
    """The stage that begins as soon as `stage` is done, for the same video or clip; None after the last."""
    if stage.part in (Part.BESIDE, Part.WAVE):
        return None
    following = [each for each in stages_of(stage.entity, stages) if each.part is not Part.WAVE]
    return next(iter(following[following.index(stage) + 1 :]), None)


def has_passed(stage: Stage, state: StrEnum, stages: Iterable[Stage] = STAGES) -> bool:
    """Whether a video in `state` has `stage` behind it."""
    following = stages_of(stage.entity, stages)
    later = following[following.index(stage) + 1 :]
    return state in {
        stage.done,
        VideoState.COMPLETE,
        *(s for each in later for s in (each.running, each.done)),
    }


def clip_keys(stages: Iterable[Stage] = STAGES) -> tuple[Key, ...]:
    """The functions of `object_keys` for everything that exists only because of one clip."""
    written = (key for stage in stages_in(Part.CLIP, stages) for key in stage.writes)
    return (*written, object_keys.playback, object_keys.clip_result)


def clip_objects(video_id: str, clip_id: str, stages: Iterable[Stage] = STAGES) -> tuple[str, ...]:
    """Prefixes of all objects of one clip; archiving the clip deletes them."""
    return tuple(prefix_of_clip(key, video_id, clip_id) for key in clip_keys(stages))


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
