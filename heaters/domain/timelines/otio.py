"""OpenTimelineIO's JSON: one video track, whose disabled clips are those that reviewers left out."""

import json
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from heaters.domain.errors import CutRefused
from heaters.domain.states import ClipState
from heaters.domain.timebase import FrameRange, format_rate
from heaters.domain.timelines.timeline import FileFormat, Timeline

_LEFT_OUT = frozenset({ClipState.REVIEW_SKIPPED, ClipState.REVIEW_ARCHIVED, ClipState.ARCHIVED})


def _write(timeline: Timeline) -> str:
    whole = FrameRange(start_frame=0, end_frame=timeline.clips[-1].frames.end_frame)
    source = _object("ExternalReference.1", target_url=timeline.title, name=timeline.title) | {
        "available_range": _range(whole, timeline.rate)
    }
    clips = [
        _object("Clip.1", name=clip.clip_id, effects=[], markers=[], enabled=clip.state not in _LEFT_OUT)
        | {"source_range": _range(clip.frames, timeline.rate), "media_reference": source}
        | {"metadata": {"heaters": {"clip_id": clip.clip_id, "state": clip.state, "group_id": clip.group_id}}}
        for clip in timeline.clips
    ]
    shared: dict[str, Any] = {"source_range": None, "effects": [], "markers": [], "enabled": True}
    track = _object("Track.1", name="V1", kind="Video", children=clips, **shared)
    stack = _object("Stack.1", name="tracks", children=[track], **shared)
    document = _object("Timeline.1", name=timeline.title, global_start_time=None, tracks=stack)
    document |= {"metadata": {"heaters": {"fps": format_rate(timeline.rate)}}}
    # Indented it is twice as large, and answers have limits.
    return json.dumps(document, separators=(",", ":"))


def _read(text: str, rate: Fraction) -> Iterable[tuple[int, int]]:
    tracks = json.loads(text)["tracks"]["children"]
    track = next(track for track in tracks if track.get("kind", "Video") == "Video")
    for clip in track["children"]:
        start, length = clip["source_range"]["start_time"], clip["source_range"]["duration"]
        if any(abs(time["rate"] / float(rate) - 1) > 1e-4 for time in (start, length)):
            raise CutRefused(
                f"The file counts {start['rate']} frames a second, the video {format_rate(rate)}."
            )
        yield round(start["value"]), round(start["value"]) + round(length["value"])


def _object(schema: str, **fields: Any) -> dict[str, Any]:
    return {"OTIO_SCHEMA": schema, "metadata": {}, **fields}


def _range(frames: FrameRange, rate: Fraction) -> dict[str, Any]:
    times = [
        {"OTIO_SCHEMA": "RationalTime.1", "rate": float(rate), "value": float(value)}
        for value in (frames.start_frame, frames.frame_count)
    ]
    return {"OTIO_SCHEMA": "TimeRange.1", "start_time": times[0], "duration": times[1]}


FORMAT = FileFormat(
    name="otio",
    description="OpenTimelineIO's JSON",
    media_type="application/vnd.opentimelineio+json",
    suffix="otio",
    write=_write,
    read=_read,
)
