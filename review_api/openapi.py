"""The OpenAPI 3.1 document, made from the endpoints' table and the pydantic models. Writes no file: `make generate`
puts it into review_site/openapi.json, and makes the site's types from it.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
DOCUMENT = FOLDER.parent / "review_site" / "openapi.json"
if str(FOLDER) not in sys.path:
    sys.path.insert(0, str(FOLDER))  # a Chalice project imports its parts as `chalicelib`

from chalicelib.answers import http_status  # noqa: E402 - found through the line above
from chalicelib.endpoints import Endpoint  # noqa: E402
from chalicelib.idempotency import HEADER, PATTERN  # noqa: E402
from chalicelib.models.base import ErrorAnswer, File, Health  # noqa: E402
from chalicelib.routes import list_endpoints  # noqa: E402
from pydantic import BaseModel  # noqa: E402
from pydantic.json_schema import models_json_schema  # noqa: E402

from heaters.domain.errors import (  # noqa: E402
    CatalogUnavailable,
    Forbidden,
    HeatersError,
    InvalidRequest,
    NotFound,
    NotSignedIn,
)

_ALWAYS: tuple[type[HeatersError], ...] = (InvalidRequest, NotSignedIn, Forbidden, CatalogUnavailable)

_TEXT, _OBJECT = {"schema": {"type": "string"}}, {"schema": {"type": "object"}}
_KEY_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Any text that names this request: repeated within a day, it gets the first answer again.",
    "schema": {"type": "string", "pattern": PATTERN},
}


def make_document() -> dict[str, Any]:
    """The whole document."""
    endpoints = list_endpoints()
    paths: dict[str, dict[str, Any]] = {"/health": {"get": _health()}}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Heaters review API", "version": "1", "description": "Review and follow clips."},
        "servers": [{"url": "/api"}],
        "security": [{"signedIn": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"signedIn": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": _schemas(endpoints),
        },
    }


def _schemas(endpoints: list[Endpoint]) -> dict[str, Any]:
    taken: set[type[BaseModel]] = {endpoint.body for endpoint in endpoints if endpoint.body}
    given: set[type[BaseModel]] = {e.answers for e in endpoints if not issubclass(e.answers, File)}
    given |= {ErrorAnswer, Health}
    models: list[tuple[type[BaseModel], Any]] = [
        *((model, "validation") for model in sorted(taken, key=lambda model: model.__name__)),
        *((model, "serialization") for model in sorted(given, key=lambda model: model.__name__)),
    ]
    _, schema = models_json_schema(models, ref_template="#/components/schemas/{model}")
    return dict(sorted(schema["$defs"].items()))


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [endpoint.path.split("/")[1]],
        "parameters": [
            *_path_parameters(endpoint.path),
            *_query_parameters(endpoint.query),
            *([_KEY_PARAMETER] if endpoint.creates else []),
        ],
        "responses": {str(endpoint.status): _response("Done.", endpoint.answers), **_refusals(endpoint)},
    }
    if endpoint.body:
        operation["requestBody"] = {"required": True, "content": _json_of(endpoint.body)}
    return operation


def _refusals(endpoint: Endpoint) -> dict[str, Any]:
    names: dict[int, list[str]] = {500: ["InternalError"]}
    if endpoint.method == "POST":
        names[415] = ["UnsupportedMediaType"]
    unknown_id = (NotFound,) if "{" in endpoint.path and NotFound not in endpoint.refuses else ()
    for error in (*_ALWAYS, *unknown_id, *endpoint.refuses):
        names.setdefault(http_status(error), []).append(error.__name__)
    return {str(status): _response(", ".join(codes), ErrorAnswer) for status, codes in sorted(names.items())}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    schema = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[0-9A-Za-z_-]+$"}
    return [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name in re.findall(r"{(\w+)}", path)
    ]


def _query_parameters(query: type[BaseModel]) -> list[dict[str, Any]]:
    schema = query.model_json_schema(ref_template="#/components/schemas/{model}")
    return [
        {"name": name, "in": "query", "required": False, "schema": _without_null(field)}
        for name, field in schema.get("properties", {}).items()
    ]


def _without_null(field: dict[str, Any]) -> dict[str, Any]:
    """A query parameter is left out rather than null."""
    kept = {key: value for key, value in field.items() if key not in {"anyOf", "title", "default"}}
    some: dict[str, Any] = next(
        (option for option in field.get("anyOf", []) if option != {"type": "null"}), {}
    )
    default = {"default": field["default"]} if field.get("default") is not None else {}
    return kept | some | default


def _health() -> dict[str, Any]:
    return {
        "operationId": "health",
        "summary": "Whether the API is up; open to everybody.",
        "tags": ["health"],
        "security": [],
        "responses": {"200": _response("Up.", Health)},
    }


def _response(description: str, model: type[BaseModel]) -> dict[str, Any]:
    if issubclass(model, File):
        content = {kind: _OBJECT if kind.endswith("json") else _TEXT for kind in model.content_types}
        return {"description": description, "content": content}
    return {"description": description, "content": _json_of(model)}


def _json_of(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}


def render_document() -> str:
    """The text of the committed file."""
    return json.dumps(make_document(), indent=2, ensure_ascii=False) + "\n"
