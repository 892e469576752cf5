"""Executions that have waited for reviewers for very long, as the sweeper finds them: after a month people are told,
before a year is over another execution takes the place of the one that waits.
"""

from datetime import UTC, datetime

from functions.support import runtime
from heaters.catalog.review.gates import release_to_hand_over
from heaters.catalog.review.reminders import begin_reminder, list_forgotten_videos
from heaters.catalog.videos import get_video
from heaters.domain.ids import parse_execution_name
from heaters.domain.review.gates import HAND_OVER_AFTER
from heaters.intake.executions import list_running_executions, resume_gate
from heaters.intake.ingest import start_new_attempt


def forgotten_videos() -> list[str]:
    """Videos that people are to be told of now."""
    with runtime.catalog().transaction() as connection:
        return list_forgotten_videos(connection, idle_s=runtime.settings().remind_after_s)


def remind(video_id: str) -> bool:
    """Let the video's execution tell people and wait again; False when it no longer waits."""
    with runtime.catalog().transaction() as connection:
        gate = begin_reminder(connection, video_id=video_id, idle_s=runtime.settings().remind_after_s)
    if gate is not None:
        resume_gate(runtime.workflow(), runtime.catalog(), gate)
    return gate is not None


def old_executions() -> list[str]:
    """Names of executions that may soon wait no longer."""
    horizon = datetime.now(UTC) - HAND_OVER_AFTER
    running = list_running_executions(runtime.workflow(), state_machine_arn=runtime.state_machine_arn())
    return [name for name, since in running.items() if since <= horizon]


def hand_over(name: str) -> bool:
    """End the execution at its gate and begin the next attempt, which goes on there; False when it is at work.

    Whoever dies in between leaves an execution that has ended with clips left, of which the sweeper makes a new
    attempt as well.
    """
    video_id, attempt = parse_execution_name(name)
    with runtime.catalog().transaction() as connection:
        gate = release_to_hand_over(connection, video_id=video_id, attempt=attempt)
        video = get_video(connection, video_id)
    if gate is None:
        return False
    resume_gate(runtime.workflow(), runtime.catalog(), gate)
    arn = runtime.state_machine_arn()
    start_new_attempt(runtime.catalog(), runtime.workflow(), state_machine_arn=arn, video=video)
    return True
