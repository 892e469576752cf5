"""Timelines as files, out and in."""

from typing import ClassVar

from chalicelib.models.base import File, RequestModel
from pydantic import Field

from heaters.domain.timelines.formats import TimelineFormat


class TimelineQuery(RequestModel):
    format: TimelineFormat = TimelineFormat.OTIO


class TimelineFile(File):
    content_types: ClassVar[tuple[str, ...]] = tuple(form.file.media_type for form in TimelineFormat)


class TimelineUpload(RequestModel):
    """A file whose clips, end to end, are the whole video; its cuts become the video's."""

    format: TimelineFormat
    text: str = Field(max_length=4_000_000)
