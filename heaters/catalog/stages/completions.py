"""What follows when a stage is done: its result is recorded and the next stage begins, in one transaction.

One function per stage, found in a table. Each may run twice: a row that has moved on already is left as it is,
and the answer is the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from heaters.catalog import artifacts as kept
from heaters.catalog.clips import advance_clip, get_pipeline_clip, insert_clips
from heaters.catalog.connection import Connection
from heaters.catalog.cuts import insert_cuts
from heaters.catalog.search.duplicates import queue_comparisons
from heaters.catalog.search.embeddings import WaveVectors, replace_embeddings
from heaters.catalog.stages.masters import complete_master
from heaters.catalog.stages.runs import record_stage_run
from heaters.catalog.stages.steps import (
    DONE,
    REVIEW,
    Step,
    begin_stage,
    keyframes_step,
    refuse_late_attempt,
    step_to,
)
from heaters.catalog.stages.video_facts import record_download, record_proxy
from heaters.catalog.stages.video_states import change_video_state
from heaters.catalog.videos import Video, get_video, lock_video
from heaters.catalog.waves import complete_embedding, fail_embedding
from heaters.domain.cuts import segments
from heaters.domain.errors import InvalidJob, TransitionRefused, WorkerLost
from heaters.domain.ids import clip_id_of_segment
from heaters.domain.pipeline import STAGE, Stage
from heaters.domain.results import (
    DetectResult,
    DownloadResult,
    EmbedResult,
    ExportResult,
    KeyframesResult,
    MasterResult,
    ProxyResult,
)
from heaters.domain.states import VideoState

_ORDER = tuple(VideoState)[: tuple(VideoState).index(VideoState.COMPLETE) + 1]


@dataclass(frozen=True, kw_only=True)
class StageIds:
    """Which run of a stage: of a video (with its attempt), of one clip, or of a wave."""

    video_id: str
    attempt: int = 0
    clip_id: str = ""
    wave_id: str = ""


def complete_stage(connection: Connection, *, stage: str, ids: StageIds, result: Any) -> Step:
    """Record the result of `stage` and begin what comes next. Raises TransitionRefused when it was not running."""
    return _COMPLETIONS[stage](connection, ids, result)


def create_clips(connection: Connection, ids: StageIds, result: DetectResult) -> Step:
    """Write the cuts and the clips between them and hand the video to review."""
    stage = STAGE["detect_scenes"]
    video = lock_video(connection, ids.video_id)
    if not _resume(connection, video, stage, ids):
        return REVIEW
    if result.frame_count != video.frame_count:
        raise InvalidJob(
            f"Cuts were found in {result.frame_count} frames, but video {ids.video_id} has {video.frame_count}; "
            "make the proxy again."
        )
    found = segments(result.cuts, result.frame_count)
    insert_cuts(connection, video_id=ids.video_id, frames=result.cuts)
    insert_clips(
        connection,
        video_id=ids.video_id,
        segments=[
            (
                clip_id_of_segment(
                    video_id=ids.video_id, start_frame=frames.start_frame, end_frame=frames.end_frame
                ),
                frames,
            )
            for frames in found
        ],
    )
    record_stage_run(connection, video_id=ids.video_id, stage=stage.name, usage=result.usage)
    change_video_state(
        connection, video_id=ids.video_id, before={stage.running}, after=VideoState(stage.done)
    )
    return REVIEW


def _complete_download(connection: Connection, ids: StageIds, result: DownloadResult) -> Step:
    stage = STAGE["download"]
    if _resume(connection, lock_video(connection, ids.video_id), stage, ids):
        record_download(connection, video_id=ids.video_id, result=result)
        found = kept.artifacts_of_download(result)
        kept.replace_artifacts(connection, video_id=ids.video_id, artifacts=found)
        _finish(connection, ids, stage, result, following=STAGE["proxy"])
    return step_to(get_video(connection, ids.video_id), STAGE["proxy"])


def _complete_proxy(connection: Connection, ids: StageIds, result: ProxyResult) -> Step:
    stage = STAGE["proxy"]
    if _resume(connection, lock_video(connection, ids.video_id), stage, ids):
        record_proxy(connection, video_id=ids.video_id, result=result)
        found = kept.artifacts_of_proxy(result)
        kept.replace_artifacts(connection, video_id=ids.video_id, artifacts=found)
        _finish(connection, ids, stage, result, following=STAGE["detect_scenes"])
    return step_to(get_video(connection, ids.video_id), STAGE["detect_scenes"])


def _complete_master(connection: Connection, ids: StageIds, result: MasterResult) -> Step:
    complete_master(connection, ids.video_id)
    kept.replace_artifacts(connection, video_id=ids.video_id, artifacts=kept.artifacts_of_master(result))
    record_stage_run(connection, video_id=ids.video_id, stage="master", usage=result.usage)
    return DONE


def _complete_export(connection: Connection, ids: StageIds, result: ExportResult) -> Step:
    export, keyframes = STAGE["export"], STAGE["keyframes"]
    if advance_clip(connection, clip_id=ids.clip_id, before=export.running, after=export.done):
        found = kept.artifacts_of_export(result)
        kept.replace_artifacts(connection, video_id=ids.video_id, clip_id=ids.clip_id, artifacts=found)
        record_stage_run(
            connection, video_id=ids.video_id, stage="export", usage=result.usage, clip_id=ids.clip_id
        )
        advance_clip(connection, clip_id=ids.clip_id, before=export.done, after=keyframes.running)
    return keyframes_step(get_video(connection, ids.video_id), get_pipeline_clip(connection, ids.clip_id))


def _complete_keyframes(connection: Connection, ids: StageIds, result: KeyframesResult) -> Step:
    stage = STAGE["keyframes"]
    if advance_clip(connection, clip_id=ids.clip_id, before=stage.running, after=stage.done):
        found = kept.artifacts_of_keyframes(result)
        kept.replace_artifacts(connection, video_id=ids.video_id, clip_id=ids.clip_id, artifacts=found)
        record_stage_run(
            connection, video_id=ids.video_id, stage="keyframes", usage=result.usage, clip_id=ids.clip_id
        )
    return DONE


def _complete_embed(connection: Connection, ids: StageIds, given: tuple[EmbedResult, WaveVectors]) -> Step:
    result, vectors = given
    replace_embeddings(connection, vectors, model=result.model, model_version=result.model_version)
    queue_comparisons(connection, clip_ids=vectors.clip_ids, model=result.model)
    complete_embedding(connection, wave_id=ids.wave_id, model=result.model)
    missing = WorkerLost(f"{result.model} gave no vector for this clip; retry the clip.")
    fail_embedding(connection, wave_id=ids.wave_id, error=missing)
    record_stage_run(
        connection, video_id=ids.video_id, stage="embed", usage=result.usage, wave_id=ids.wave_id
    )
    return DONE


_COMPLETIONS: Mapping[str, Callable[[Connection, StageIds, Any], Step]] = {
    "download": _complete_download,
    "proxy": _complete_proxy,
    "detect_scenes": create_clips,
    "master": _complete_master,
    "export": _complete_export,
    "keyframes": _complete_keyframes,
    "embed": _complete_embed,
}


def _resume(connection: Connection, video: Video, stage: Stage, ids: StageIds) -> bool:
    """True: record the result now. False: it was recorded before. Raises TransitionRefused for anything else.

    A stage that is marked as failed and yet has a result belongs to an execution that ended in between and was
    redriven: it is running again.
    """
    refuse_late_attempt(video, ids.attempt)
    if video.state == stage.failed:
        begin_stage(connection, video, stage)
        return True
    if video.state == stage.running:
        return True
    if video.state in _ORDER and _ORDER.index(video.state) >= _ORDER.index(VideoState(stage.done)):
        return False
    raise TransitionRefused(f"Video {video.video_id} is {video.state}; {stage.title} was not running.")


def _finish(connection: Connection, ids: StageIds, stage: Stage, result: Any, *, following: Stage) -> None:
    record_stage_run(connection, video_id=ids.video_id, stage=stage.name, usage=result.usage)
    change_video_state(
        connection, video_id=ids.video_id, before={stage.running}, after=VideoState(stage.done)
    )
    begin_stage(connection, get_video(connection, ids.video_id), following)
