"""No field of any request is without a limit: whatever is sent, what it can cost is known."""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, Field

from review_api.openapi import make_document

_TEXT_LIMITS = ("maxLength", "enum", "const")
_FIXED_FORMATS = ("date-time", "date", "uuid")


def unlimited(schema: dict[str, Any], definitions: dict[str, Any], at: str) -> Iterator[str]:
    """The places in a JSON schema where a value may be as large as it likes."""
    if "$ref" in schema:
        yield from unlimited(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions, at)
        return
    for option in schema.get("anyOf", schema.get("oneOf", ())):
        yield from unlimited(option, definitions, at)
    kind = schema.get("type")
    if kind == "string" and not any(limit in schema for limit in _TEXT_LIMITS):
        if schema.get("format") not in _FIXED_FORMATS:
            yield f"{at}: text without maxLength"
    elif kind in ("integer", "number"):
        low = "minimum" in schema or "exclusiveMinimum" in schema
        high = "maximum" in schema or "exclusiveMaximum" in schema
        if not (low and high) and not {"enum", "const"} & set(schema):
            yield f"{at}: number without bounds"
    elif kind == "array":
        if "maxItems" not in schema:
            yield f"{at}: list without maxItems"
        yield from unlimited(schema["items"], definitions, f"{at}[]")
    elif kind == "object":
        if schema.get("additionalProperties") is not False:
            yield f"{at}: object that takes any field"
        for name, field in schema.get("properties", {}).items():
            yield from unlimited(field, definitions, f"{at}.{name}")
    elif kind is None and not {"anyOf", "oneOf", "enum", "const"} & set(schema):
        yield f"{at}: anything at all"


def limits_missing_in(model: type[BaseModel]) -> list[str]:
    schema = model.model_json_schema()
    return list(unlimited(schema, schema.get("$defs", {}), model.__name__))


def test_no_field_of_a_request_is_unlimited() -> None:
    """Bodies and queries of every route."""
    make_document()  # puts the API's own folder on the path
    endpoints = importlib.import_module("chalicelib.routes").list_endpoints()
    models = {model for endpoint in endpoints for model in (endpoint.body, endpoint.query) if model}
    assert len(models) > 5
    assert [place for model in models for place in limits_missing_in(model)] == []


class Loose(BaseModel):
    """Has every kind of field that must be found."""

    text: str
    number: int | None
    half: float = Field(ge=0)
    texts: list[str] = Field(max_length=3)
    numbers: list[int]
    anything: Any


@pytest.mark.parametrize(
    "field", ["text", "number", "half", "texts[]", "numbers:", "numbers[]", "anything", ": object"]
)
def test_a_field_without_a_limit_would_be_found(field: str) -> None:
    assert any(field in place for place in limits_missing_in(Loose))
