"""Routes of cuts: where one clip of a video ends and the next begins, one at a time or as a whole timeline."""

import json
import uuid
from fractions import Fraction
from typing import Any

from chalicelib.actions import act_or_show
from chalicelib.endpoints import MAX_FILE_BYTES, Call, Endpoints
from chalicelib.models.actions import ActionAnswer, CutRequest
from chalicelib.models.timelines import TimelineFile, TimelineQuery, TimelineUpload

from heaters.catalog import listing
from heaters.catalog.connection import Connection
from heaters.catalog.review.actions import Outcome, add_cut, import_cuts, move_cut, remove_cut
from heaters.catalog.videos import Video, get_video
from heaters.domain.cuts import MAX_CUTS
from heaters.domain.errors import ClipClaimed, CutRefused, NotFound, StaleVersion, TooLong, TransitionRefused
from heaters.domain.states import ClipState, VideoState
from heaters.domain.timebase import FrameRange
from heaters.domain.timelines.formats import TimelineFormat, cuts_between, read_ranges, write_timeline
from heaters.domain.timelines.timeline import Timeline, TimelineClip

cuts = Endpoints(__name__)

MAX_EXPORT_BYTES = 5_500_000
"""API Gateway takes no more than 6 MB from a function, in which the quotes of a file are escaped."""


@cuts.endpoint(
    "POST", "/videos/{video_id}/cuts", body=CutRequest, answers=ActionAnswer,
    refuses=(NotFound, StaleVersion, ClipClaimed, CutRefused), creates=True,
)  # fmt: skip
def change_cut(call: Call, video_id: str) -> ActionAnswer:
    """Add, remove or move a cut. A refusal (409) carries the clip that stands against it in `details.clip`."""
    frame = call.body.frame
    return act_or_show(
        call,
        lambda connection: _apply(connection, video_id, call.body, call.person.name),
        find_clip=lambda connection: listing.find_clip_at(connection, video_id=video_id, frame=frame),
    )


@cuts.endpoint(
    "GET", "/videos/{video_id}/timeline", query=TimelineQuery, answers=TimelineFile,
    refuses=(NotFound, TransitionRefused, TooLong),
)  # fmt: skip
def export_timeline(call: Call, video_id: str) -> TimelineFile:
    """Download the live clips of a video as a file for an editing program."""
    with call.services.catalog.transaction() as connection:
        video = get_video(connection, video_id)
        rows = listing.list_timeline(connection, video_id)
    rate, _ = _facts(video)
    timeline = Timeline(title=video.title, rate=rate, clips=tuple(map(_clip, rows)))
    form = call.query.format
    text = write_timeline(timeline, form)
    if (size_bytes := len(json.dumps(text))) > MAX_EXPORT_BYTES:
        raise TooLong(
            f"{len(rows)} clips are too many for a file of the format {form}; "
            f"take {TimelineFormat.CSV}, which is the smallest.",
            size_bytes=size_bytes,
            limit_bytes=MAX_EXPORT_BYTES,
        )
    return TimelineFile(content_type=form.file.media_type, name=f"{video_id}.{form.file.suffix}", text=text)


@cuts.endpoint(
    "POST", "/videos/{video_id}/timeline", body=TimelineUpload, answers=ActionAnswer,
    refuses=(NotFound, ClipClaimed, CutRefused, TransitionRefused), creates=True, max_body_bytes=MAX_FILE_BYTES,
)  # fmt: skip
def import_timeline(call: Call, video_id: str) -> ActionAnswer:
    """Take over the cuts of a file, undone as one; a clip that ends where it did keeps its decision."""
    with call.services.catalog.transaction() as connection:
        video = get_video(connection, video_id)
    rate, frame_count = _facts(video)
    wanted = cuts_between(read_ranges(call.body.text, call.body.format, rate=rate), frame_count)
    if len(wanted) > MAX_CUTS:
        raise CutRefused(
            f"The file has {len(wanted)} cuts, more than the {MAX_CUTS} that a video may get at once; leave some out."
        )
    new_ids = [str(uuid.uuid4()) for _ in range(len(wanted) + 1)]
    return act_or_show(
        call,
        lambda connection: import_cuts(
            connection, video_id=video_id, cuts=wanted, new_ids=new_ids, reviewer=call.person.name
        ),
        find_clip=lambda _: None,
    )


def _facts(video: Video) -> tuple[Fraction, int]:
    """Rate and length of the proxy. Raises TransitionRefused before there is one with scenes."""
    if (
        video.state not in (VideoState.IN_REVIEW, VideoState.COMPLETE)
        or not video.fps
        or not video.frame_count
    ):
        raise TransitionRefused(f"Video {video.video_id} has no clips yet; wait until it is in review.")
    return video.fps, video.frame_count


def _clip(row: dict[str, Any]) -> TimelineClip:
    frames = FrameRange(start_frame=row["start_frame"], end_frame=row["end_frame"])
    return TimelineClip(
        clip_id=row["clip_id"], frames=frames, state=ClipState(row["state"]), group_id=row["group_id"]
    )


def _apply(connection: Connection, video_id: str, request: CutRequest, reviewer: str) -> Outcome:
    new_ids = (str(uuid.uuid4()), str(uuid.uuid4()))
    where: dict[str, Any] = {
        "video_id": video_id, "frame": request.frame, "version": request.version, "reviewer": reviewer,
    }  # fmt: skip
    if request.op == "add":
        return add_cut(connection, **where, new_ids=new_ids)
    if request.to_frame is None:
        return remove_cut(connection, **where, new_id=new_ids[0])
    return move_cut(connection, **where, to_frame=request.to_frame, new_ids=new_ids)
