"""Source videos: lists, details, and how one is added by URL."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from chalicelib.models.base import AnswerModel, Cursor, RequestModel
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from heaters.domain.results import Repair
from heaters.domain.states import ClipState, MasterState, VideoState


class VideoQuery(RequestModel):
    state: VideoState | None = None
    cursor: Cursor | None = None
    limit: int = Field(default=50, ge=1, le=200)


def check_web_address(url: str) -> str:
    """`url` as it is. Refuses what names no host or a port that is none, and a password, which would be stored."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as exc:
        raise PydanticCustomError("web_address", "This is not a web address; copy it again") from exc
    if not host or port == 0:
        raise PydanticCustomError("web_address", "This names no host and port to ask; copy it again")
    if parts.username is not None or parts.password is not None:
        raise PydanticCustomError(
            "web_address", "This holds a user name or password, which everybody would see; leave it out"
        )
    return url


WebAddress = Annotated[
    str,
    Field(min_length=1, max_length=2048, pattern=r"^https?://[^\s\x00-\x1f]+$"),
    AfterValidator(check_web_address),
]


class NewVideo(RequestModel):
    """A video to fetch. Addresses inside the network are refused when it is downloaded."""

    url: WebAddress
    title: str | None = Field(default=None, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")


class Problem(AnswerModel):
    """Why something failed: the error's name and a sentence for people."""

    error: str
    message: str


class Progress(AnswerModel):
    """The stage at work: `fraction` 0 to 1, `eta_s` seconds left, `speed` in seconds of video per second."""

    stage: str
    fraction: float
    eta_s: float | None = None
    speed: float | None = None


class StageRun(AnswerModel):
    """What one stage took at one place, all its clips together. `seconds` is wall clock, `compute_s` CPU."""

    stage: str
    on_batch: bool | None = Field(description="Whether as Batch jobs; null for runs that did not say.")
    runs: int
    seconds: float
    compute_s: float
    read_bytes: int
    written_bytes: int
    requests: int
    cost_usd: float = Field(description="By list price: time at its place, and requests to S3.")


class StoryboardSheets(AnswerModel):
    """Sheets of `columns` x `rows` tiles in reading order, a tile every `interval_s` seconds."""

    sheet_urls: list[str]
    tile_width: int
    tile_height: int
    columns: int
    rows: int
    interval_s: float
    tile_count: int


class Origin(AnswerModel):
    """What the page behind a URL says about its video, and what the file that came needed."""

    title: str
    webpage_url: str
    uploader: str | None
    upload_date: str | None = Field(description="A day, like 2026-11-21.")
    licence: str | None
    repair: Repair


class Video(AnswerModel):
    """A source video as lists show it. Sizes, rate and frame count are the proxy's."""

    video_id: str
    title: str
    state: VideoState
    master_state: MasterState
    created_at: datetime
    frame_count: int | None
    fps: str | None = Field(description="Frames per second as an exact fraction, such as 24/1.")
    width: int | None
    height: int | None
    duration_s: float | None
    error: Problem | None
    master_error: Problem | None
    warnings: list[str]
    progress: Progress | None
    master_progress: Progress | None
    counts: dict[ClipState, int] = Field(
        description="Live clips by state; states without clips are left out."
    )
    execution_name: str
    cost_usd: float | None = Field(
        description="What the stages have cost so far by list price; null in lists, and before the first has ended."
    )
    reminded_at: datetime | None = Field(
        description="When operators were last told that nobody had reviewed the video for 30 days."
    )


class VideoDetail(Video):
    """One video with all that its page needs. URLs are good for ten minutes."""

    proxy_url: str | None
    cuts: list[int]
    stages: list[StageRun]
    storyboard: StoryboardSheets | None
    source_url: str | None
    origin: Origin | None = Field(description="Null for uploads, and until the download is done.")


class VideoPage(AnswerModel):
    items: list[Video]
    next_cursor: str | None


class Released(AnswerModel):
    """False where nobody waits at the video's gate, or it was released before."""

    released: bool
