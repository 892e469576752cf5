"""Comma-separated rows, one a clip: frames and timecode side by side, for spreadsheets. The smallest of the formats."""

import csv
import io
from collections.abc import Iterable
from fractions import Fraction

from heaters.domain.timelines.timecode import format_ends
from heaters.domain.timelines.timeline import FileFormat, Timeline

_COLUMNS = ("clip_id", "start_frame", "end_frame", "start_timecode", "end_timecode", "state", "group_id")


def _write(timeline: Timeline) -> str:
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow(_COLUMNS)
    for clip in timeline.clips:
        frames = clip.frames.start_frame, clip.frames.end_frame
        timecodes = format_ends(clip.frames, timeline.rate)
        rows.writerow([clip.clip_id, *frames, *timecodes, clip.state, clip.group_id or ""])
    return file.getvalue()


def _read(text: str, rate: Fraction) -> Iterable[tuple[int, int]]:
    del rate  # frames stand in the file
    for row in csv.DictReader(io.StringIO(text)):
        yield int(row["start_frame"]), int(row["end_frame"])


FORMAT = FileFormat(
    name="csv",
    description="comma-separated rows",
    media_type="text/csv",
    suffix="csv",
    write=_write,
    read=_read,
)
