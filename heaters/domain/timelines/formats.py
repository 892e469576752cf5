"""Timelines: the clips of a video as files that editing programs read, and the cuts read back out of such files.

Every format gives every frame number back. Pure text in, pure text out; nothing here knows a catalog.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from heaters.domain.errors import CutRefused
from heaters.domain.states import ClipState
from heaters.domain.timebase import FrameRange, format_rate
from heaters.domain.timelines.timecode import format_timecode, is_drop_frame, parse_timecode


class TimelineFormat(StrEnum):
    """OpenTimelineIO's JSON, CMX3600 edit decision lists, comma-separated rows, and our own JSON."""

    OTIO = "otio"
    EDL = "edl"
    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True, kw_only=True)
class TimelineClip:
    """One clip of a timeline."""

    clip_id: str
    frames: FrameRange
    state: ClipState
    group_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The live clips of a video in order; together they are the whole video."""

    title: str
    rate: Fraction
    clips: tuple[TimelineClip, ...]


_LEFT_OUT = frozenset({ClipState.REVIEW_SKIPPED, ClipState.REVIEW_ARCHIVED, ClipState.ARCHIVED})
_EVENT = re.compile(r"\d+\s+\S+\s+\S+\s+\S+(?:\s+\d+)?((?:\s+[\d:;.]+){4})\s*", re.ASCII)


def write_timeline(timeline: Timeline, form: TimelineFormat) -> str:
    """The timeline as a file of this format."""
    return _WRITERS[form](timeline)


def read_ranges(text: str, form: TimelineFormat, *, rate: Fraction) -> list[FrameRange]:
    """The clips' frames in a file, in its order. `rate` is the video's. Raises CutRefused, naming what is wrong."""
    try:
        return [FrameRange(start_frame=start, end_frame=end) for start, end in _READERS[form](text, rate)]
    except CutRefused:
        raise
    except Exception as exc:  # whatever a stranger's file does to a parser
        raise CutRefused(f"The file cannot be read as {form}; export it again.") from exc


def cuts_between(ranges: Sequence[FrameRange], frame_count: int) -> tuple[int, ...]:
    """The cuts of clips that are the whole video. Raises CutRefused where they leave a gap or overlap."""
    edge = 0
    for frames in ranges:
        if frames.start_frame != edge:
            raise CutRefused(f"A clip begins at frame {frames.start_frame}, the one before ends at {edge}.")
        edge = frames.end_frame
    if edge != frame_count:
        raise CutRefused(f"The clips end at frame {edge}, the video at {frame_count}.")
    return tuple(frames.start_frame for frames in ranges[1:])


def _write_edl(timeline: Timeline) -> str:
    drop = is_drop_frame(timeline.rate)
    lines = [f"TITLE: {_one_line(timeline.title)}", f"FCM: {'' if drop else 'NON-'}DROP FRAME", ""]
    for number, clip in enumerate(timeline.clips, start=1):
        ends = " ".join(_timecodes(clip, timeline.rate))
        lines.append(f"{number:03}  AX       V     C        {ends} {ends}")
        lines.append(f"* FROM CLIP NAME: {_one_line(timeline.title)}")
        lines.append(f"* COMMENT: {clip.state} {clip.clip_id}")
    return "\n".join(lines) + "\n"


def _read_edl(text: str, rate: Fraction) -> Iterable[tuple[int, int]]:
    drop = None
    for line in map(str.strip, text.splitlines()):
        if line.startswith("FCM:"):
            drop = not line.endswith("NON-DROP FRAME")
        elif match := _EVENT.fullmatch(line):
            start, end, *_ = match[1].split()
            yield parse_timecode(start, rate, drop_frame=drop), parse_timecode(end, rate, drop_frame=drop)


def _write_csv(timeline: Timeline) -> str:
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow(
        ["clip_id", "start_frame", "end_frame", "start_timecode", "end_timecode", "state", "group_id"]
    )
    for clip in timeline.clips:
        ends = clip.frames.start_frame, clip.frames.end_frame
        rows.writerow(
            [clip.clip_id, *ends, *_timecodes(clip, timeline.rate), clip.state, clip.group_id or ""]
        )
    return file.getvalue()


def _read_csv(text: str, rate: Fraction) -> Iterable[tuple[int, int]]:
    del rate  # frames stand in the file
    for row in csv.DictReader(io.StringIO(text)):
        yield int(row["start_frame"]), int(row["end_frame"])


def _write_json(timeline: Timeline) -> str:
    clips = [
        {
            "clip_id": clip.clip_id,
            "start_frame": clip.frames.start_frame,
            "end_frame": clip.frames.end_frame,
            "state": clip.state,
            "group_id": clip.group_id,
        }
        for clip in timeline.clips
    ]
    return json.dumps({"title": timeline.title, "fps": format_rate(timeline.rate), "clips": clips}, indent=2)


def _read_json(text: str, rate: Fraction) -> Iterable[tuple[int, int]]:
    del rate
    for clip in json.loads(text)["clips"]:
        yield int(clip["start_frame"]), int(clip["end_frame"])


def _write_otio(timeline: Timeline) -> str:
    whole = FrameRange(start_frame=0, end_frame=timeline.clips[-1].frames.end_frame)
    source = _otio("ExternalReference.1", target_url=timeline.title, name=timeline.title) | {
        "available_range": _otio_range(whole, timeline.rate)
    }
    clips = [
        _otio("Clip.1", name=clip.clip_id, effects=[], markers=[], enabled=clip.state not in _LEFT_OUT)
        | {"source_range": _otio_range(clip.frames, timeline.rate), "media_reference": source}
        | {"metadata": {"heaters": {"clip_id": clip.clip_id, "state": clip.state, "group_id": clip.group_id}}}
        for clip in timeline.clips
    ]
    shared: dict[str, Any] = {"source_range": None, "effects": [], "markers": [], "enabled": True}
    track = _otio("Track.1", name="V1", kind="Video", children=clips, **shared)
    stack = _otio("Stack.1", name="tracks", children=[track], **shared)
    document = _otio("Timeline.1", name=timeline.title, global_start_time=None, tracks=stack)
    document |= {"metadata": {"heaters": {"fps": format_rate(timeline.rate)}}}
    return json.dumps(
        document, separators=(",", ":")
    )  # indented it is twice as large, and answers have limits


def _read_otio(text: str, rate: Fraction) -> Iterable[tuple[int, int]]:
    tracks = json.loads(text)["tracks"]["children"]
    track = next(track for track in tracks if track.get("kind", "Video") == "Video")
    for clip in track["children"]:
        start, length = clip["source_range"]["start_time"], clip["source_range"]["duration"]
        if any(abs(time["rate"] / float(rate) - 1) > 1e-4 for time in (start, length)):
            raise CutRefused(
                f"The file counts {start['rate']} frames a second, the video {format_rate(rate)}."
            )
        yield round(start["value"]), round(start["value"]) + round(length["value"])


def _otio(schema: str, **fields: Any) -> dict[str, Any]:
    return {"OTIO_SCHEMA": schema, "metadata": {}, **fields}


def _otio_range(frames: FrameRange, rate: Fraction) -> dict[str, Any]:
    times = [
        {"OTIO_SCHEMA": "RationalTime.1", "rate": float(rate), "value": float(value)}
        for value in (frames.start_frame, frames.frame_count)
    ]
    return {"OTIO_SCHEMA": "TimeRange.1", "start_time": times[0], "duration": times[1]}


def _timecodes(clip: TimelineClip, rate: Fraction) -> tuple[str, str]:
    return format_timecode(clip.frames.start_frame, rate), format_timecode(clip.frames.end_frame, rate)


def _one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


_WRITERS: Mapping[TimelineFormat, Callable[[Timeline], str]] = {
    TimelineFormat.OTIO: _write_otio,
    TimelineFormat.EDL: _write_edl,
    TimelineFormat.CSV: _write_csv,
    TimelineFormat.JSON: _write_json,
}
_READERS: Mapping[TimelineFormat, Callable[[str, Fraction], Iterable[tuple[int, int]]]] = {
    TimelineFormat.OTIO: _read_otio,
    TimelineFormat.EDL: _read_edl,
    TimelineFormat.CSV: _read_csv,
    TimelineFormat.JSON: _read_json,
}
