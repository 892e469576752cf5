"""What somebody searches with, on its way to a model and back as a vector."""

from dataclasses import dataclass

from heaters.domain import object_keys

MAX_IMAGE_BYTES = 10 * 1024**2


@dataclass(frozen=True, kw_only=True)
class QueryJob:
    """Make the vector of `text`, or of the picture at `image_key`; exactly one of them is given."""

    query_id: str
    model: str
    text: str | None = None
    image_key: str | None = None

    @property
    def result_key(self) -> str:
        return object_keys.query_result(self.query_id)


@dataclass(frozen=True, kw_only=True)
class QueryResult:
    """The vector, of unit length, and the model that made it."""

    model: str
    model_version: str
    dimensions: int
    vector: tuple[float, ...]
