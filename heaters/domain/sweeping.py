"""What the sweeper does about one video: a table of cases, decided without looking at the world.

The sweeper never touches an execution that is alive and not stuck, never repeats a permanent failure, and never
undoes what an operator did on purpose.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from heaters.domain.errors import ERRORS, HeatersError, TransientError
from heaters.domain.states import MasterState, VideoState

MAX_ATTEMPTS = 5
"""After so many attempts at a video or its master a person has to look; an operator's retry still works."""

FULL_SWEEP_EVERY_H = 6
"""However quiet it is, the catalog is looked at every so many hours."""

RECENT = timedelta(hours=1)


def may_let_catalog_sleep(*, now: datetime, changed_at: datetime | None, interval: timedelta) -> bool:
    """Whether a sweep at `now` can do without the catalog, which costs money as long as it is awake.

    Everything that gets lost gets lost around an upload or around an execution that starts or fails, so when none
    did lately (`changed_at`, None for never) only the first sweep of every FULL_SWEEP_EVERY_H hours looks. A gate's
    release is lost with the API's process instead; the API repeats it at the next request for clips.
    """
    since_full = timedelta(hours=now.hour % FULL_SWEEP_EVERY_H, minutes=now.minute, seconds=now.second)
    if since_full < interval:
        return False
    return changed_at is None or now - changed_at > RECENT


class Remedy(StrEnum):
    """START: start the attempt that the row names. NEW_ATTEMPT: count up, then start that one. RECORD: write the
    execution's failure on the row, because the event that should have done so was lost."""

    NOTHING = "nothing"
    START = "start"
    NEW_ATTEMPT = "new_attempt"
    RECORD = "record"


@dataclass(frozen=True, kw_only=True)
class VideoCase:
    """A video as the catalog has it, and its execution as Step Functions has it (None: no such execution).

    `begun`: an execution has claimed this attempt. `quiet`: nothing has changed for a while, so that an operator who
    wanted to redrive it has had the time. `clips_left`: clips that wait for review, for a wave or for the deletion
    of their objects. `stuck`: clips wait, and the execution has long left its last gate and come to no other.
    """

    video_id: str
    state: VideoState
    error_name: str | None
    attempt: int
    begun: bool
    quiet: bool
    master_state: MasterState
    master_error_name: str | None
    master_attempts: int
    clips_left: bool
    stuck: bool
    execution_status: str | None


def decide_remedy(case: VideoCase) -> Remedy:
    """What to do about `case`.

    A master that failed is tried again by a new attempt at the video, once the video's own execution has ended:
    the same state machine goes through an empty review and runs the master branch once more. While reviewers
    still work the master can wait, because the source stays where it is. An execution that is stuck waits for a token
    that nobody has any more; the new attempt takes the video from it.
    """
    if case.execution_status == "RUNNING" and case.stuck:
        return Remedy.NEW_ATTEMPT
    if case.execution_status in ("RUNNING", "PENDING_REDRIVE"):
        return Remedy.NOTHING
    if case.execution_status is None and not case.begun:
        return Remedy.START
    if case.state is VideoState.COMPLETE:
        return Remedy.NEW_ATTEMPT if case.clips_left or _master_is_worth_trying(case) else Remedy.NOTHING
    if case.error_name is not None:
        retry = case.quiet and _is_transient(case.error_name) and case.attempt < MAX_ATTEMPTS
        return Remedy.NEW_ATTEMPT if retry else Remedy.NOTHING
    if case.execution_status is None:
        return Remedy.START
    return Remedy.NEW_ATTEMPT if case.execution_status == "SUCCEEDED" else Remedy.RECORD


def _master_is_worth_trying(case: VideoCase) -> bool:
    if case.master_state in (MasterState.PENDING, MasterState.ARCHIVING):
        return case.master_attempts < MAX_ATTEMPTS
    failed = case.master_state is MasterState.FAILED
    return failed and case.master_attempts < MAX_ATTEMPTS and _is_transient(case.master_error_name)


def _is_transient(error_name: str | None) -> bool:
    return issubclass(ERRORS.get(error_name or "", HeatersError), TransientError)


def is_settled(case: VideoCase) -> bool:
    """Whether nothing would be done about `case` however its execution is, so that nobody needs to ask."""
    ended = (None, "SUCCEEDED", "FAILED")
    return all(decide_remedy(replace(case, execution_status=status)) is Remedy.NOTHING for status in ended)
