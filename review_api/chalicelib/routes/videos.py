"""Routes of source videos."""

from datetime import datetime
from itertools import accumulate

from chalicelib.clip_answers import show_clips
from chalicelib.cursors import cut_page, read_cursor, refuse_cursor
from chalicelib.endpoints import Call, Endpoints
from chalicelib.models.clips import ClipPage, EventPage, PageQuery, ReviewEvent
from chalicelib.models.videos import NewVideo, Released, VideoDetail, VideoPage, VideoQuery
from chalicelib.people import Role
from chalicelib.resumption import resume_gates, resume_lost_gates
from chalicelib.video_answers import show_video, show_video_detail

from heaters.catalog import listing
from heaters.catalog.review.actions import ask_release
from heaters.catalog.videos import NewVideo as NewVideoRow
from heaters.catalog.videos import Video, get_video
from heaters.domain.errors import KeyReused, NotFound, TransitionRefused, WorkflowUnavailable
from heaters.domain.ids import execution_name
from heaters.domain.states import VideoState
from heaters.intake.executions import describe_execution
from heaters.intake.ingest import accept_video, start_new_attempt

videos = Endpoints(__name__)

CLIPS_OF_PAGE = 10_000
"""Clips that the events of one page may be about; API Gateway takes no more than 6 MB from a function."""

_AT_WORK = frozenset({"RUNNING", "PENDING_REDRIVE"})


@videos.endpoint("GET", "/videos", query=VideoQuery, answers=VideoPage)
def list_videos(call: Call) -> VideoPage:
    """List videos, newest first."""
    key = read_cursor(call.query.cursor, str, str)
    after = (_read_time(key[0]), key[1]) if key else None
    with call.services.catalog.transaction() as connection:
        rows = listing.list_videos(
            connection, state=call.query.state, after=after, limit=call.query.limit + 1
        )
    rows, cursor = cut_page(
        rows, call.query.limit, lambda row: (row["created_at"].isoformat(), row["video_id"])
    )
    return VideoPage(items=[show_video(row) for row in rows], next_cursor=cursor)


@videos.endpoint(
    "POST", "/videos", body=NewVideo, answers=VideoDetail, status=201, role=Role.OPERATOR,
    refuses=(WorkflowUnavailable,), creates=True,
)  # fmt: skip
def add_video(call: Call) -> VideoDetail:
    """Add a video that is downloaded from a URL."""
    services, url = call.services, call.body.url
    video = NewVideoRow(
        video_id=call.new_id,
        title=call.body.title or url,  # until the download finds a better one
        bucket=services.store.bucket,
        url=url,
        undo_window_s=services.settings.undo_window_s,
        release_size=services.settings.release_size,
    )
    known = accept_video(
        services.catalog, services.workflow, state_machine_arn=services.state_machine_arn, video=video
    )
    if known.url != url:  # from a day when the same key, forgotten since, was used for something else
        raise KeyReused(
            f"The key {call.key} stands for video {known.video_id}; choose a new key for this one."
        )
    return _detail(call, video.video_id)


@videos.endpoint("GET", "/videos/{video_id}", answers=VideoDetail, refuses=(NotFound,))
def show_one_video(call: Call, video_id: str) -> VideoDetail:
    """Show a video with its cuts, stages and URLs."""
    return _detail(call, video_id)


@videos.endpoint("GET", "/videos/{video_id}/clips", query=PageQuery, answers=ClipPage, refuses=(NotFound,))
def list_clips(call: Call, video_id: str) -> ClipPage:
    """List the live clips of a video in order of their frames."""
    (after,) = read_cursor(call.query.cursor, int) or (None,)
    with call.services.catalog.transaction() as connection:
        get_video(connection, video_id)
        rows = listing.list_clips(connection, video_id=video_id, after=after, limit=call.query.limit + 1)
    rows, cursor = cut_page(rows, call.query.limit, lambda row: (row["start_frame"],))
    return ClipPage(items=show_clips(rows, call.services.store), next_cursor=cursor)


@videos.endpoint("GET", "/videos/{video_id}/events", query=PageQuery, answers=EventPage, refuses=(NotFound,))
def list_events(call: Call, video_id: str) -> EventPage:
    """List what reviewers did to a video, newest first."""
    (before,) = read_cursor(call.query.cursor, int) or (None,)
    with call.services.catalog.transaction() as connection:
        get_video(connection, video_id)
        rows = listing.list_events(connection, video_id=video_id, before=before, limit=call.query.limit + 1)
    limit = min(call.query.limit, _count_fitting(rows))
    rows, cursor = cut_page(rows, limit, lambda row: (row["event_id"],))
    return EventPage(items=[ReviewEvent(**row) for row in rows], next_cursor=cursor)


@videos.endpoint("POST", "/videos/{video_id}/release", answers=Released, refuses=(NotFound,))
def release_gate(call: Call, video_id: str) -> Released:
    """Send what is decided so far on its way, without waiting for the rest."""
    with call.services.catalog.transaction() as connection:
        gate = ask_release(connection, video_id=video_id, reviewer=call.person.name)
    resume_gates(call.services, [gate] if gate else [])
    resume_lost_gates(call.services)
    return Released(released=gate is not None)


@videos.endpoint(
    "POST", "/videos/{video_id}/retry", answers=VideoDetail, status=202, role=Role.OPERATOR,
    refuses=(NotFound, TransitionRefused, WorkflowUnavailable),
)  # fmt: skip
def retry_video(call: Call, video_id: str) -> VideoDetail:
    """Go on with a video whose execution has ended, in a new execution."""
    services = call.services
    with services.catalog.transaction() as connection:
        video = get_video(connection, video_id)
    _check_retry(call, video)
    start_new_attempt(
        services.catalog, services.workflow, state_machine_arn=services.state_machine_arn, video=video
    )
    return _detail(call, video_id)


def _count_fitting(events: list[listing.Row]) -> int:
    """How many of these events go onto one page; the first always does."""
    clips = accumulate(len(event["clip_ids"]) for event in events)
    return max(sum(count <= CLIPS_OF_PAGE for count in clips), 1)


def _detail(call: Call, video_id: str) -> VideoDetail:
    with call.services.catalog.transaction() as connection:
        row = listing.get_video_detail(connection, video_id)
    return show_video_detail(row, call.services.store)


def _check_retry(call: Call, video: Video) -> None:
    """Raises TransitionRefused unless the video is unfinished and nothing works on it."""
    if video.state is VideoState.COMPLETE:
        raise TransitionRefused(f"Video {video.video_id} is complete; there is nothing to retry.")
    name = execution_name(video.video_id, video.attempt)
    report = describe_execution(
        call.services.workflow, state_machine_arn=call.services.state_machine_arn, name=name
    )
    if report and report.status in _AT_WORK:
        raise TransitionRefused(f"Execution {name} is still running; stop it or wait for it, then retry.")


def _read_time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as exc:
        raise refuse_cursor() from exc
