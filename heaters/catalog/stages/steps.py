"""Where an execution goes next and with which job: the answer of every function that begins a stage.

A job is made from what the catalog knows of the video or clip, so making it again gives the same job.
"""

from dataclasses import dataclass
from typing import Any

from heaters.catalog.connection import Connection
from heaters.catalog.stages.masters import begin_master
from heaters.catalog.stages.video_states import change_video_state, claim_for_execution
from heaters.catalog.videos import Video
from heaters.domain import wire
from heaters.domain.errors import TransitionRefused
from heaters.domain.jobs import Job, MasterPolicy
from heaters.domain.pipeline import resume_stage
from heaters.domain.stage import Stage, make_job
from heaters.domain.states import VideoState


@dataclass(frozen=True, kw_only=True)
class Step:
    """`next` is a stage's name, or `review`, `skip` or `done`; `job` is what to hand to that stage's runner."""

    next: str
    job: Job | None = None

    def to_json(self) -> dict[str, Any]:
        """`{"next", "job"}`, the shape that the state machine keeps at `$.step`."""
        return {"next": self.next, "job": wire.to_json(self.job) if self.job else {}}


REVIEW, SKIP, DONE = Step(next="review"), Step(next="skip"), Step(next="done")


def begin_video(connection: Connection, *, video_id: str, attempt: int, execution_arn: str) -> Step:
    """Claim the video for its execution and begin the stage with which it goes on.

    A video that was complete goes back to review: a clip of it, or its master, is tried again. Raises
    TransitionRefused for an execution that a later attempt has replaced.
    """
    video = claim_for_execution(connection, video_id=video_id, attempt=attempt, execution_arn=execution_arn)
    state = video.state
    if state is VideoState.COMPLETE:
        change_video_state(connection, video_id=video_id, before={state}, after=VideoState.IN_REVIEW)
        return REVIEW
    if state is VideoState.NEW and video.source is not None:
        change_video_state(connection, video_id=video_id, before={state}, after=VideoState.DOWNLOADED)
        state = VideoState.DOWNLOADED
    stage = resume_stage(state)
    return begin_stage(connection, video, stage) if stage else REVIEW


def begin_stage(connection: Connection, video: Video, stage: Stage) -> Step:
    """Move the video into the stage's running state; a stage that runs already is begun again."""
    change_video_state(connection, video_id=video.video_id, before=stage.starts_from, after=stage.running)
    return step_to(video, stage)


def begin_master_stage(connection: Connection, video: Video, stage: Stage, *, policy: MasterPolicy) -> Step:
    """Start on the master, or `skip` when there is one already."""
    if not begin_master(connection, video.video_id):
        return SKIP
    return step_to(video, stage, policy=policy)


def refuse_late_attempt(video: Video, attempt: int) -> None:
    """Raises TransitionRefused when a later attempt has taken the video over."""
    if video.attempt != attempt:
        raise TransitionRefused(
            f"Video {video.video_id} is at attempt {video.attempt}; attempt {attempt} came late and must stop."
        )


def step_to(video: Video, stage: Stage, **more: Any) -> Step:
    """The step into `stage`; `more` are facts beside those of the video. Raises InvalidJob for one that is missing."""
    return Step(next=stage.name, job=job_for(video, stage, **more))


def job_for(video: Video, stage: Stage, **more: Any) -> Job:
    """The stage's job, made of what the catalog knows of the video and of `more`."""
    known = {
        "video_id": video.video_id,
        "url": video.url,
        "source": video.source,
        "proxy": video.proxy,
        "frame_index_key": video.frame_index_key,
        "scores_key": video.scores_key,
        "settings": video.detect_settings,
    }
    return make_job(stage, known | more)
