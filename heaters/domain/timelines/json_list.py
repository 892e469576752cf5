"""Our own JSON: the clips as a list, for programs that know no timelines."""

import json
from collections.abc import Iterable
from fractions import Fraction

from heaters.domain.timebase import format_rate
from heaters.domain.timelines.timeline import FileFormat, Timeline


def _write(timeline: Timeline) -> str:
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


def _read(text: str, rate: Fraction) -> Iterable[tuple[int, int]]:
    del rate  # frames stand in the file
    for clip in json.loads(text)["clips"]:
        yield int(clip["start_frame"]), int(clip["end_frame"])


FORMAT = FileFormat(
    name="json",
    description="our own JSON",
    media_type="application/json",
    suffix="json",
    write=_write,
    read=_read,
)
