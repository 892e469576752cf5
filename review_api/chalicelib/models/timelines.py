"""Timelines as files, out and in."""

from collections.abc import Mapping
from typing import ClassVar

from chalicelib.models.base import File, RequestModel
from pydantic import Field

from heaters.domain.timelines.formats import TimelineFormat

CONTENT_TYPES: Mapping[TimelineFormat, str] = {
    TimelineFormat.OTIO: "application/vnd.opentimelineio+json",
    TimelineFormat.EDL: "text/plain",
    TimelineFormat.CSV: "text/csv",
    TimelineFormat.JSON: "application/json",
}


class TimelineQuery(RequestModel):
    format: TimelineFormat = TimelineFormat.OTIO


class TimelineFile(File):
    content_types: ClassVar[tuple[str, ...]] = tuple(CONTENT_TYPES.values())


class TimelineUpload(RequestModel):
    """A file whose clips, end to end, are the whole video; its cuts become the video's."""

    format: TimelineFormat
    text: str = Field(max_length=4_000_000)
