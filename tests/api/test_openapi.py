"""The OpenAPI document is complete; `make check` compares the committed one."""

import importlib
import json
from typing import Any

import pytest

from heaters.domain.errors import ERRORS, RefusedError
from review_api.openapi import make_document


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return make_document()


def test_every_chalice_route_is_in_the_document(document: dict[str, Any]) -> None:
    app = importlib.import_module("app").app
    served = {(path, method.lower()) for path, methods in app.routes.items() for method in methods}
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert served == described


def test_operations_have_unique_names_and_a_summary(
    document: dict[str, dict[str, dict[str, Any]]],
) -> None:
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(operation["summary"] for operation in operations)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    wanted = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert wanted == set(document["components"]["schemas"])


def test_every_refusal_has_a_documented_client_error() -> None:
    answers = importlib.import_module("chalicelib.answers")
    for error in ERRORS.values():
        status = answers.http_status(error)
        assert (400 <= status < 500) == (issubclass(error, RefusedError) or status == 400)


def test_whatever_creates_something_takes_an_idempotency_key(
    document: dict[str, dict[str, dict[str, dict[str, list[dict[str, object]]]]]],
) -> None:
    takes_key = {
        path
        for path, methods in document["paths"].items()
        for operation in methods.values()
        if any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", ()))
    }
    creates = {"/videos", "/uploads", "/uploads/{upload_id}/complete"}
    assert creates | {"/videos/{video_id}/cuts", "/videos/{video_id}/timeline"} <= takes_key
