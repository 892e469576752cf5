"""Clips and what reviewers do with them."""

from datetime import datetime
from typing import Any

from chalicelib.models.base import AnswerModel, Cursor, Id, RequestModel
from chalicelib.models.videos import Problem
from pydantic import Field

from heaters.domain.states import ClipState


class PageQuery(RequestModel):
    cursor: Cursor | None = None
    limit: int = Field(default=100, ge=1, le=200)


class Export(AnswerModel):
    """The clip's own file. MD5s are of decoded frames, as ffmpeg's framemd5 prints them."""

    url: str
    frame_count: int
    first_frame_md5: str
    last_frame_md5: str


class KeyframeImage(AnswerModel):
    """A still; `frame` counts from the start of the proxy."""

    frame: int
    url: str


class EmbeddingFacts(AnswerModel):
    model: str
    dimensions: int


class ClipFacts(AnswerModel):
    """What a clip is like, over all of its frames; shares and levels from 0 to 1 unless said."""

    brightness: float = Field(description="Mean brightness: 0 is black, 1 is white.")
    contrast: float = Field(
        description="How far pixels of a frame are from their mean, as standard deviation."
    )
    black: float = Field(description="The share of pixels that are black.")
    sharpness: float = Field(
        description="Mean strength of fine edges; 0 is none, and little is out of focus."
    )
    motion: float = Field(
        description="By how much of the whole range the brightness of a pixel changes within a second; may be above 1."
    )
    letterbox: float = Field(description="The share of the picture that black bars cover in every frame.")
    silence: float = Field(description="The share of the time in which nothing is heard; 1 without sound.")
    short: bool = Field(description="Shorter than detection makes a clip by the video's settings.")


class Clip(AnswerModel):
    """Frames `start_frame <= f < end_frame` of a video. `version` rises with every change."""

    clip_id: str
    video_id: str
    start_frame: int
    end_frame: int
    state: ClipState
    version: int
    group_id: str | None
    decided_by: str | None
    decided_at: datetime | None
    error: Problem | None
    export: Export | None
    keyframes: list[KeyframeImage]
    embedding: EmbeddingFacts | None
    facts: ClipFacts | None = Field(
        description="Null where the video was made before there were any, or they cannot be read."
    )


class ClipPage(AnswerModel):
    items: list[Clip]
    next_cursor: str | None


class ReviewEvent(AnswerModel):
    """A line of the audit trail: who did what, when, and whether it was taken back.

    Of more than 200 clips the first are named, `clips_left_out` counts the others, and `changes` are null.
    """

    event_id: int
    reviewer: str
    action: str
    at: datetime
    clip_ids: list[str]
    clips_left_out: int
    changes: Any
    undone: bool


class EventPage(AnswerModel):
    """Fewer events than asked for where they are about very many clips; where there are more, there is a cursor."""

    items: list[ReviewEvent]
    next_cursor: str | None


class NextRequest(RequestModel):
    """Ask for a run of pending clips; any video where none is named."""

    video_id: Id | None = None
    count: int = Field(default=10, ge=1, le=100)
    holding: list[Id] = Field(
        default=[],
        max_length=50,
        description="Leases that the page still works on; other leases of the same reviewer are given up.",
    )


class Lease(AnswerModel):
    """Nobody else is given these clips until `expires_at`."""

    lease_id: str
    expires_at: datetime


class NextAnswer(AnswerModel):
    """No items and no lease where nothing is left to review."""

    items: list[Clip]
    lease_id: str | None
    expires_at: datetime | None


class LeaseEnded(AnswerModel):
    """How many clips went back into the queue; 0 where the lease had ended already."""

    ended: int
