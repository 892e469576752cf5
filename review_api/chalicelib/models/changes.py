"""News for pages that stay open: what changed since they asked last."""

from typing import Annotated, Literal

from chalicelib.models.base import AnswerModel, Id, RequestModel
from chalicelib.models.clips import Clip
from chalicelib.models.videos import Video
from pydantic import Field

ChangeCursor = Annotated[
    str, Field(max_length=2048, description="`next_cursor` of the answer before; opaque.")
]


class ChangesQuery(RequestModel):
    """Without a cursor the answer comes at once: the cursor to begin with. `show` says what a page shows: rows of a
    list of videos, with their progress, or clips.
    """

    cursor: ChangeCursor | None = None
    video_id: Id | None = Field(default=None, description="Tell of this video only.")
    show: Literal["videos", "clips"] = "videos"
    wait_s: int = Field(default=20, ge=0, le=20, description="How long to wait for a change.")


class Change(AnswerModel):
    """A video to which something happened. With `show=videos` it is there as it is now; with `show=clips` the clips
    are that changed, superseded ones too, or null where they are too many: then list them again.
    """

    video_id: str
    kinds: list[Literal["video", "progress", "gate", "clips"]]
    video: Video | None
    clips: list[Clip] | None


class ChangePage(AnswerModel):
    """No items where nothing changed in time. `reset`: the cursor is of no use any more; read everything again and go
    on with `next_cursor`.
    """

    items: list[Change]
    next_cursor: str
    reset: bool
