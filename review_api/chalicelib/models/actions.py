"""What reviewers do: decisions on clips, changes to cuts, and what an action answers."""

from typing import Literal, Self

from chalicelib.models.base import AnswerModel, Frame, Id, RequestModel, Version
from chalicelib.models.clips import Clip
from pydantic import Field, model_validator


class ActionRequest(RequestModel):
    """An action on one clip, and the version of the clip that it was made on.

    `group` approves the clip and another one of its video and ties them together; it names the other one. `retry`
    sends a failed clip into the next wave.
    """

    action: Literal["approve", "skip", "archive", "group", "retry"]
    version: Version
    with_clip_id: Id | None = Field(default=None, description="The other clip of a group.")
    with_version: Version | None = Field(default=None, description="The version of that clip.")

    @model_validator(mode="after")
    def _name_the_other_clip(self) -> Self:
        named = (self.with_clip_id is not None, self.with_version is not None)
        if named != (self.action == "group",) * 2:
            raise ValueError("with_clip_id and with_version go with the action group, both of them")
        return self


class BatchItem(RequestModel):
    """A decision on one clip of a batch."""

    clip_id: Id
    version: Version
    action: Literal["approve", "skip", "archive"]


class BatchRequest(RequestModel):
    """Decisions on different clips, also of several videos: all of them or none."""

    items: list[BatchItem] = Field(min_length=1, max_length=200)


class CutRequest(RequestModel):
    """Change the cut at `frame`, the first frame of a clip. `version` is of the clip that holds `frame`."""

    op: Literal["add", "remove", "move"]
    frame: Frame
    to_frame: Frame | None = Field(default=None, description="Where a cut is moved to.")
    version: Version

    @model_validator(mode="after")
    def _say_where_to(self) -> Self:
        if (self.to_frame is not None) != (self.op == "move"):
            raise ValueError("to_frame goes with the op move, and only with that")
        return self


class ActionAnswer(AnswerModel):
    """The clips that an action changed, as they are now, and the event that records it.

    Of very many clips the first 2,000 are shown; `clips_left_out` counts the others.
    """

    clips: list[Clip]
    clips_left_out: int
    event_id: int
