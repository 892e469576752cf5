"""Edit decision lists as CMX3600 has them: an event a clip, its frames as timecode."""

import re
from collections.abc import Iterable
from fractions import Fraction

from heaters.domain.timelines.timecode import format_ends, is_drop_frame, parse_timecode
from heaters.domain.timelines.timeline import FileFormat, Timeline

_EVENT = re.compile(r"\d+\s+\S+\s+\S+\s+\S+(?:\s+\d+)?((?:\s+[\d:;.]+){4})\s*", re.ASCII)


def _write(timeline: Timeline) -> str:
    drop = is_drop_frame(timeline.rate)
    title = _one_line(timeline.title)
    lines = [f"TITLE: {title}", f"FCM: {'' if drop else 'NON-'}DROP FRAME", ""]
    for number, clip in enumerate(timeline.clips, start=1):
        ends = " ".join(format_ends(clip.frames, timeline.rate))
        lines.append(f"{number:03}  AX       V     C        {ends} {ends}")
        lines.append(f"* FROM CLIP NAME: {title}")
        lines.append(f"* COMMENT: {clip.state} {clip.clip_id}")
    return "\n".join(lines) + "\n"


def _read(text: str, rate: Fraction) -> Iterable[tuple[int, int]]:
    drop = None
    for line in map(str.strip, text.splitlines()):
        if line.startswith("FCM:"):
            drop = not line.endswith("NON-DROP FRAME")
        elif match := _EVENT.fullmatch(line):
            start, end, *_ = match[1].split()
            yield parse_timecode(start, rate, drop_frame=drop), parse_timecode(end, rate, drop_frame=drop)


def _one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


FORMAT = FileFormat(
    name="edl",
    description="CMX3600 edit decision lists",
    media_type="text/plain",
    suffix="edl",
    write=_write,
    read=_read,
)
