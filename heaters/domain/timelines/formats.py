"""The table of the formats that a timeline goes out and comes in as, and writing and reading by it.

Pure text in, pure text out; nothing here knows a catalog.
"""

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from typing import Self

from heaters.domain.errors import CutRefused
from heaters.domain.timebase import FrameRange
from heaters.domain.timelines import csv_table, edl, json_list, otio
from heaters.domain.timelines.timeline import FileFormat, Timeline


class TimelineFormat(StrEnum):
    file: FileFormat

    OTIO = otio.FORMAT
    EDL = edl.FORMAT
    CSV = csv_table.FORMAT
    JSON = json_list.FORMAT

    def __new__(cls, file: FileFormat) -> Self:
        """A format is its name wherever names are written; all else of it is in `file`."""
        member = str.__new__(cls, file.name)
        member._value_ = file.name
        member.file = file
        return member


*_FIRST, _LAST = (form.file.description for form in TimelineFormat)
TimelineFormat.__doc__ = f"{', '.join(_FIRST)}, and {_LAST}."  # the API's document shows it


def write_timeline(timeline: Timeline, form: TimelineFormat) -> str:
    """The timeline as a file of this format."""
    return form.file.write(timeline)


def read_ranges(text: str, form: TimelineFormat, *, rate: Fraction) -> list[FrameRange]:
    """The clips' frames in a file, in its order. `rate` is the video's. Raises CutRefused, naming what is wrong."""
    if form.file.read is None:
        raise CutRefused(f"The format {form} does not hold every frame number; export another one.")
    try:
        return [FrameRange(start_frame=start, end_frame=end) for start, end in form.file.read(text, rate)]
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
