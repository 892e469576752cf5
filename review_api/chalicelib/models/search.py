"""Search by text, clip or picture, clips that look alike, and near-duplicates."""

from datetime import datetime
from typing import Annotated, Literal

from chalicelib.models.base import AnswerModel, Cursor, Id, RequestModel
from chalicelib.models.clips import Clip
from pydantic import AwareDatetime, Field, model_validator

from heaters.catalog.search.duplicates import DuplicateDecision
from heaters.domain.query_jobs import MAX_IMAGE_BYTES
from heaters.domain.states import ClipState

Seconds = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Limit = Annotated[int, Field(ge=1, le=100)]


class SimilarQuery(RequestModel):
    limit: Limit = 20


class SearchFilters(RequestModel):
    """What a clip must be like. `created_from` counts, `created_to` does not; both ends of a length do."""

    video_id: Id | None = None
    states: list[ClipState] | None = Field(default=None, min_length=1, max_length=len(ClipState))
    created_from: AwareDatetime | None = None
    created_to: AwareDatetime | None = None
    length_from_s: Seconds | None = None
    length_to_s: Seconds | None = None


class SearchRequest(RequestModel):
    """Exactly one of `text`, `clip_id` and `image_key`."""

    text: str | None = Field(
        default=None, min_length=1, max_length=500, pattern=r"^[^\x00-\x1f]*[^\x00-\x20][^\x00-\x1f]*$"
    )
    clip_id: Id | None = None
    image_key: str | None = Field(
        default=None, max_length=128, pattern=r"^queries/images/[0-9a-f]{32}/[0-9a-f-]{36}$",
        description="What POST /search/images answered, once the picture is uploaded.",
    )  # fmt: skip
    filters: SearchFilters = SearchFilters()
    limit: Limit = 20

    @model_validator(mode="after")
    def _has_one_question(self) -> "SearchRequest":
        if sum(part is not None for part in (self.text, self.clip_id, self.image_key)) != 1:
            raise ValueError("give exactly one of text, clip_id and image_key")
        return self


class ClipOfVideo(Clip):
    """A clip outside its video's page, with a picture to know it by."""

    video_title: str
    keyframe_url: str | None


class FoundClip(ClipOfVideo):
    """`score` is the cosine of the two vectors, 1 for the same picture; the keyframe is the one that is nearest."""

    score: float


class SearchAnswer(AnswerModel):
    """Nearest first, all there is: there is no next page. `model` made the vectors that were compared."""

    items: list[FoundClip]
    model: str
    next_cursor: None = None


class ImageRequest(RequestModel):
    """A picture to search with."""

    content_type: Literal["image/jpeg", "image/png", "image/webp"]
    size_bytes: int = Field(ge=1, le=MAX_IMAGE_BYTES)


class ImageUpload(AnswerModel):
    """PUT the picture to `upload_url`, with this Content-Type and exactly this size, within ten minutes; then search
    with `image_key`. It is deleted after a day.
    """

    image_key: str
    upload_url: str


class DuplicatesQuery(RequestModel):
    decision: DuplicateDecision = DuplicateDecision.NONE
    cursor: Cursor | None = None
    limit: int = Field(default=50, ge=1, le=100)


class DuplicatePair(AnswerModel):
    """Two clips that look alike. `version` rises with every decision."""

    pair_id: str
    similarity: float
    found_at: datetime
    decision: DuplicateDecision
    decided_by: str | None
    decided_at: datetime | None
    version: int
    clips: list[ClipOfVideo] = Field(description="The two clips, in the order of video and frames.")


class DuplicatePage(AnswerModel):
    items: list[DuplicatePair]
    next_cursor: str | None


class DuplicateRequest(RequestModel):
    """`none` takes a decision back. To replace somebody else's decision, send the `version` that shows it."""

    decision: DuplicateDecision
    version: int | None = Field(default=None, ge=1, le=2**31 - 1)
