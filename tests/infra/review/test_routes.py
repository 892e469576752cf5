"""The gateway in front of the review API: who gets through, and what those are told who do not."""

import copy
import importlib
import json
from collections.abc import Mapping
from typing import Any

import pytest

from infra.review.gateway_answers import ANSWERS
from tests.api.api_client import load_app
from tests.infra.templates import Template

Route = tuple[str, str]
OPEN = {("GET", "/health")}
"""The routes that anybody may ask."""


@pytest.fixture(scope="module")
def definition(review: Template) -> dict[str, Any]:
    return review.only("AWS::Serverless::Api")["DefinitionBody"]


def routes_without_sign_in(definition: Mapping[str, Any]) -> set[Route]:
    """Routes of the gateway that no Cognito authorizer stands before."""
    schemes = {
        name
        for name, scheme in definition["securityDefinitions"].items()
        if scheme["x-amazon-apigateway-authorizer"]["type"] == "cognito_user_pools"
    }
    return {
        (method.upper(), path)
        for path, methods in definition["paths"].items()
        for method, operation in methods.items()
        if not operation.get("security") or not all(set(use) & schemes for use in operation["security"])
    }


def test_the_gateway_asks_for_sign_in_on_every_route_but_health(definition: dict[str, Any]) -> None:
    """As it is deployed."""
    assert routes_without_sign_in(definition) == OPEN


def test_the_app_asks_for_sign_in_on_every_route_but_health() -> None:
    """As it is written."""
    assert {route for route, entry in _app_routes().items() if entry.authorizer is None} == OPEN


def test_the_gateway_knows_every_route_of_the_app_and_no_other(definition: dict[str, Any]) -> None:
    deployed = {(method.upper(), path) for path, methods in definition["paths"].items() for method in methods}
    assert deployed == set(_app_routes())
    assert len(deployed) > 20


@pytest.mark.parametrize("security", [None, [], [{"api_key": []}]])
def test_a_route_that_lost_its_authorizer_is_found(
    definition: dict[str, Any], security: list[Any] | None
) -> None:
    """The check above can fail: without security, with an empty one, and with another kind."""
    weakened = copy.deepcopy(definition)
    operation = weakened["paths"]["/videos"]["post"]
    operation["security"] = security
    assert routes_without_sign_in(weakened) == OPEN | {("POST", "/videos")}


def test_tokens_are_those_of_our_pool_in_the_authorization_header(
    definition: dict[str, Any], review: Template
) -> None:
    """One authorizer, one pool, and the header that the site sends."""
    (scheme,) = definition["securityDefinitions"].values()
    (pool,) = review.of_type("AWS::Cognito::UserPool")
    assert (scheme["in"], scheme["name"]) == ("header", "Authorization")
    assert scheme["x-amazon-apigateway-authorizer"]["providerARNs"] == [{"Fn::GetAtt": [pool, "Arn"]}]


def test_whatever_the_gateway_refuses_has_the_shape_of_the_apis_errors(definition: dict[str, Any]) -> None:
    """Read back through the API's own model, under an id, and never kept by a cache."""
    load_app()
    shape = importlib.import_module("chalicelib.models.base").ErrorAnswer
    refusals = definition["x-amazon-apigateway-gateway-responses"]
    assert set(refusals) == {*ANSWERS, "DEFAULT_4XX", "DEFAULT_5XX"}
    for kind, refusal in refusals.items():
        error = shape.model_validate(json.loads(refusal["responseTemplates"]["application/json"])).error
        assert error.code.isidentifier(), kind
        assert error.message.endswith("."), kind
        headers = refusal["responseParameters"]
        assert headers["gatewayresponse.header.X-Request-Id"] == "context.requestId"
        assert headers["gatewayresponse.header.Cache-Control"] == "'no-store'"


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("UNAUTHORIZED", 401, "NotSignedIn"),
        ("EXPIRED_TOKEN", 401, "NotSignedIn"),
        ("ACCESS_DENIED", 403, "Forbidden"),
        ("MISSING_AUTHENTICATION_TOKEN", 404, "NotFound"),
        ("REQUEST_TOO_LARGE", 413, "RequestTooLarge"),
        ("THROTTLED", 429, "TooManyRequests"),
        ("INTEGRATION_TIMEOUT", 504, "ApiUnavailable"),
    ],
)
def test_a_refusal_says_what_happened(definition: dict[str, Any], kind: str, status: int, code: str) -> None:
    """In the words that the API itself uses."""
    refusal = definition["x-amazon-apigateway-gateway-responses"][kind]
    body = json.loads(refusal["responseTemplates"]["application/json"])
    assert (refusal["statusCode"], body["error"]["code"]) == (str(status), code)


def test_the_rate_is_limited_and_answers_are_compressed(review: Template) -> None:
    """Without a firewall this is what keeps a flood from costing money."""
    api = review.only("AWS::Serverless::Api")
    (limits,) = api["MethodSettings"]
    assert (limits["ResourcePath"], limits["HttpMethod"]) == ("/*", "*")
    assert 0 < limits["ThrottlingRateLimit"] <= limits["ThrottlingBurstLimit"] <= 1000
    assert api["MinimumCompressionSize"] <= 10_000


def _app_routes() -> dict[Route, Any]:
    return {
        (method, path): entry
        for path, methods in load_app().routes.items()
        for method, entry in methods.items()
    }
