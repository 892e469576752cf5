"""What follows when a stage or a whole execution failed: the row says so, with a typed reason, and nothing that
knows better is overwritten.
"""

from datetime import datetime

from heaters.catalog.clips import fail_clip, get_pipeline_clip
from heaters.catalog.connection import Connection
from heaters.catalog.review.gate_endings import close_gates_of_attempt, has_live_gate
from heaters.catalog.stages.steps import Step, begin_stage, refuse_late_attempt
from heaters.catalog.stages.video_states import fail_video_state, record_video_error
from heaters.catalog.videos import lock_video
from heaters.domain.errors import HeatersError, TransitionRefused
from heaters.domain.pipeline import stage_running_in
from heaters.domain.stage import Stage


def fail_video_stage(
    connection: Connection, *, stage: Stage, video_id: str, attempt: int, error: HeatersError
) -> Step | None:
    """Mark the running stage of a video as failed and return None: the caller raises `error` after the commit.

    A video whose stage is marked as failed already comes here by a redrive of the execution: the stage begins
    again, and the step into it is returned.
    """
    video = lock_video(connection, video_id)
    refuse_late_attempt(video, attempt)
    if video.state == stage.failed:
        return begin_stage(connection, video, stage)
    if not fail_video_state(
        connection, video_id=video_id, running=stage.running, failed=stage.failed, error=error
    ):
        raise TransitionRefused(f"Video {video_id} is {video.state}; {stage.title} cannot fail now.")
    return None


def fail_clip_stage(connection: Connection, *, clip_id: str, error: HeatersError) -> Stage | None:
    """Mark whatever stage is at work on the clip as failed; None when none is, and nothing changes then."""
    clip = get_pipeline_clip(connection, clip_id)
    stage = stage_running_in(clip.state)
    if stage is not None:
        fail_clip(connection, clip_id=clip_id, running=stage.running, failed=stage.failed, error=error)
    return stage


def record_execution_failure(
    connection: Connection,
    *,
    video_id: str,
    attempt: int,
    error: HeatersError,
    ended_at: datetime | None = None,
) -> bool:
    """Note on the video that the execution of `attempt` is over, and why; nobody waits at its gates any more.

    A reason that a stage left is more telling and stays; an attempt that was replaced changes nothing, and neither
    does an end (`ended_at`, None for now) after which a redrive has come to its gate. Returns whether this reason
    was recorded.
    """
    video = lock_video(connection, video_id)
    close_gates_of_attempt(connection, video_id=video_id, attempt=attempt, ended_at=ended_at)
    if has_live_gate(connection, video_id=video_id, attempt=attempt):
        return False
    stage = stage_running_in(video.state)
    if video.attempt == attempt and stage is not None and video.error_name is None:
        return fail_video_state(
            connection, video_id=video_id, running=stage.running, failed=stage.failed, error=error
        )
    return record_video_error(connection, video_id=video_id, attempt=attempt, error=error)
