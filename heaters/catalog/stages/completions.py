"""What follows when a stage is done: its result is recorded and the next stage begins, in one transaction.

What that means follows from the stage's part; a stage whose result changes rows of its own has a line in `_RECORDERS`.
Each completion may run twice: a row that has moved on already is left as it is, and the answer is the same.
"""

from collections.abc import Callable, Mapping
from typing import Any

from heaters.catalog.artifacts import artifacts_of, replace_artifacts
from heaters.catalog.clips import advance_clip, get_pipeline_clip, insert_clips
from heaters.catalog.connection import Connection
from heaters.catalog.cuts import insert_cuts
from heaters.catalog.search.duplicates import queue_comparisons
from heaters.catalog.search.embeddings import WaveVectors, replace_embeddings
from heaters.catalog.stages.masters import complete_master
from heaters.catalog.stages.runs import record_stage_run
from heaters.catalog.stages.steps import DONE, REVIEW, Step, begin_stage, refuse_late_attempt, step_to
from heaters.catalog.stages.video_facts import record_download, record_proxy
from heaters.catalog.stages.video_states import change_video_state
from heaters.catalog.videos import Video, get_video, lock_video
from heaters.catalog.waves import complete_embedding, fail_embedding
from heaters.domain.cuts import segments
from heaters.domain.errors import InvalidJob, TransitionRefused, WorkerLost
from heaters.domain.ids import clip_id_of_segment
from heaters.domain.pipeline import has_passed, stage_after
from heaters.domain.results import DetectResult, EmbedResult
from heaters.domain.stage import Part, Stage, StageIds


def complete_stage(connection: Connection, *, stage: Stage, ids: StageIds, result: Any) -> Step:
    """Record the result of `stage` and begin what comes next. Raises TransitionRefused when it was not running."""
    return _COMPLETIONS[stage.part](connection, stage, ids, result)


def _complete_video_stage(connection: Connection, stage: Stage, ids: StageIds, result: Any) -> Step:
    following = stage_after(stage)
    video = lock_video(connection, ids.video_id)
    if _resume(connection, video, stage, ids):
        if stage.name in _RECORDERS:
            _RECORDERS[stage.name](connection, video, result)
        _keep(connection, stage, ids, result)
        change_video_state(connection, video_id=ids.video_id, before={stage.running}, after=stage.done)
        if following:
            begin_stage(connection, get_video(connection, ids.video_id), following)
    return step_to(get_video(connection, ids.video_id), following) if following else REVIEW


def _complete_clip_stage(connection: Connection, stage: Stage, ids: StageIds, result: Any) -> Step:
    following = stage_after(stage)
    if advance_clip(connection, clip_id=ids.clip_id, before=stage.running, after=stage.done):
        _keep(connection, stage, ids, result)
        if following:
            advance_clip(connection, clip_id=ids.clip_id, before=stage.done, after=following.running)
    if following is None:
        return DONE
    clip = get_pipeline_clip(connection, ids.clip_id)
    return step_to(get_video(connection, ids.video_id), following, clip_id=clip.clip_id, frames=clip.frames)


def _complete_master(connection: Connection, stage: Stage, ids: StageIds, result: Any) -> Step:
    complete_master(connection, ids.video_id)
    _keep(connection, stage, ids, result)
    return DONE


def _complete_wave(
    connection: Connection, stage: Stage, ids: StageIds, given: tuple[EmbedResult, WaveVectors]
) -> Step:
    result, vectors = given
    replace_embeddings(connection, vectors, model=result.model, model_version=result.model_version)
    queue_comparisons(connection, clip_ids=vectors.clip_ids, model=result.model)
    complete_embedding(connection, wave_id=ids.wave_id, model=result.model)
    missing = WorkerLost(f"{result.model} gave no vector for this clip; retry the clip.")
    fail_embedding(connection, wave_id=ids.wave_id, error=missing)
    _keep(connection, stage, ids, result)
    return DONE


_COMPLETIONS: Mapping[Part, Callable[[Connection, Stage, StageIds, Any], Step]] = {
    Part.FETCH: _complete_video_stage,
    Part.PREPARE: _complete_video_stage,
    Part.BESIDE: _complete_master,
    Part.CLIP: _complete_clip_stage,
    Part.WAVE: _complete_wave,
}


def _insert_scenes(connection: Connection, video: Video, result: DetectResult) -> None:
    """The cuts and the clips between them."""
    if result.frame_count != video.frame_count:
        raise InvalidJob(
            f"Cuts were found in {result.frame_count} frames, but video {video.video_id} has {video.frame_count}; "
            "make the proxy again."
        )
    insert_cuts(connection, video_id=video.video_id, frames=result.cuts)
    found = [
        (
            clip_id_of_segment(
                video_id=video.video_id, start_frame=frames.start_frame, end_frame=frames.end_frame
            ),
            frames,
        )
        for frames in segments(result.cuts, result.frame_count)
    ]
    insert_clips(connection, video_id=video.video_id, segments=found)


_RECORDERS: Mapping[str, Callable[[Connection, Video, Any], None]] = {
    "download": record_download,
    "proxy": record_proxy,
    "detect_scenes": _insert_scenes,
}
"""What the result of a video's stage changes beside the video's state."""


def _keep(connection: Connection, stage: Stage, ids: StageIds, result: Any) -> None:
    """Note the objects that the stage left and what the run took."""
    if found := artifacts_of(result):
        replace_artifacts(connection, video_id=ids.video_id, clip_id=ids.clip_id or None, artifacts=found)
    record_stage_run(
        connection,
        video_id=ids.video_id,
        stage=stage.name,
        usage=result.usage,
        clip_id=ids.clip_id or None,
        wave_id=ids.wave_id or None,
    )


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
    if has_passed(stage, video.state):
        return False
    raise TransitionRefused(f"Video {video.video_id} is {video.state}; {stage.title} was not running.")
