"""What all requests, answers and pages share, and how an error looks."""

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_-]+$")]
Version = Annotated[
    int, Field(ge=1, le=2**31 - 1, description="The version of the clip that the reviewer saw.")
]
Frame = Annotated[int, Field(ge=0, le=2**31 - 1)]
Cursor = Annotated[str, Field(max_length=512, description="`next_cursor` of the page before; opaque.")]


class RequestModel(BaseModel):
    """Input: a field that is not known is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AnswerModel(BaseModel):
    """Output: every field is always there, null where nothing is known."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_serialization_defaults_required=True)


class NoQuery(RequestModel):
    """A route without query parameters."""


class ErrorBody(AnswerModel):
    """`code` is the error's name, `message` is for people and names the next step."""

    code: str
    message: str
    details: dict[str, Any] = {}


class ErrorAnswer(AnswerModel):
    """Every answer that is not 2xx."""

    error: ErrorBody


class File(BaseModel):
    """An answer that is a file of its own, not JSON of ours. Each kind lists the types that it may have."""

    content_types: ClassVar[tuple[str, ...]] = ()
    content_type: str
    name: str
    text: str


class Health(AnswerModel):
    """The API is up; says nothing about the catalog."""

    status: str = "ok"
