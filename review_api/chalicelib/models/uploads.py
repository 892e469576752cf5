"""Files that browsers send part by part, straight to S3."""

from typing import Annotated

from chalicelib.models.base import AnswerModel, RequestModel
from pydantic import Field

from heaters.domain.uploads import MAX_PARTS

PartNumber = Annotated[int, Field(ge=1, le=MAX_PARTS)]


class NewUpload(RequestModel):
    """The file's name becomes the video's title and nothing else."""

    filename: str = Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x1f\x7f/]/*$")
    size_bytes: int = Field(ge=0, le=2**63 - 1, description="More than 0, at most 5 TB.")


class PartNumbers(RequestModel):
    """Parts to be given fresh URLs; none where only the parts that are there are asked for."""

    part_numbers: list[PartNumber] = Field(max_length=MAX_PARTS)


class SentPart(RequestModel):
    """A part and the ETag that S3 answered its PUT with."""

    part_number: PartNumber
    etag: str = Field(min_length=1, max_length=128, pattern=r'^"?[0-9A-Za-z+/=_-]+"?$')


class CompleteUpload(RequestModel):
    """All parts of the file, each once, in any order."""

    parts: list[SentPart] = Field(min_length=1, max_length=MAX_PARTS)


class Upload(AnswerModel):
    """PUT part n, counted from 1, to URL n; all have `part_size_bytes` but the last. URLs are good for an hour."""

    upload_id: str
    part_size_bytes: int
    part_urls: list[str]


class PartUrl(AnswerModel):
    part_number: int
    url: str


class PresentPart(AnswerModel):
    part_number: int
    etag: str
    size_bytes: int


class UploadParts(AnswerModel):
    """Fresh URLs for the parts asked for, and every part that S3 has."""

    part_size_bytes: int
    part_urls: list[PartUrl]
    parts: list[PresentPart]


class UploadedVideo(AnswerModel):
    """The video that the file has become: the same that a file dropped into the bucket becomes."""

    video_id: str


class AbortedUpload(AnswerModel):
    """The parts are gone."""

    upload_id: str
