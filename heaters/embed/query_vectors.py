"""The vector of what somebody searches with: made by the model and the preprocessing of the clips themselves."""

from heaters.domain.errors import NoTextModel
from heaters.domain.query_jobs import QueryResult
from heaters.embed.images import prepare_strange_image
from heaters.embed.registry import ImageModel


def embed_query_image(model: ImageModel, image: bytes) -> QueryResult:
    """The vector of a picture that anybody may have made. Raises UnsupportedMedia and SourceTooLarge."""
    (vector,) = model.run(prepare_strange_image(image, model.manifest.preprocessing))
    return QueryResult(
        model=model.manifest.name,
        model_version=model.manifest.version,
        dimensions=model.manifest.dimensions,
        vector=tuple(float(number) for number in vector),
    )


def embed_query_text(model: ImageModel, text: str) -> QueryResult:
    """The vector of a text. Raises NoTextModel: none of the models that can be installed so far reads text."""
    raise NoTextModel(
        f"Model {model.manifest.name} reads pictures, so {text[:40]!r} cannot be searched for. Search by a clip or a "
        "picture, or install a CLIP model with `make models`, name it in HEATERS_EMBED_MODEL and embed the clips again."
    )
