"""What API Gateway answers when it never calls the function: the API's own shape, with the id that its log has."""

import json
from collections.abc import Mapping
from typing import Any

_SIGN_IN = ("NotSignedIn", "Sign in first; send the ID token in the Authorization header.")
_FAILED = ("InternalError", "Something failed inside; try again.")

ANSWERS: Mapping[str, tuple[int, str, str]] = {
    "UNAUTHORIZED": (401, *_SIGN_IN),
    "EXPIRED_TOKEN": (401, *_SIGN_IN),
    "INVALID_SIGNATURE": (401, *_SIGN_IN),
    "ACCESS_DENIED": (403, "Forbidden", "This account may not do this; ask an operator."),
    "MISSING_AUTHENTICATION_TOKEN": (404, "NotFound", "There is no such route."),
    "RESOURCE_NOT_FOUND": (404, "NotFound", "There is no such route."),
    "BAD_REQUEST_PARAMETERS": (400, "InvalidRequest", "The request is not valid; correct it and ask again."),
    "BAD_REQUEST_BODY": (400, "InvalidRequest", "The body is not valid; correct it and ask again."),
    "REQUEST_TOO_LARGE": (413, "RequestTooLarge", "The body is larger than 10 MB; send less at a time."),
    "UNSUPPORTED_MEDIA_TYPE": (415, "UnsupportedMediaType", "Send JSON: Content-Type application/json."),
    "THROTTLED": (429, "TooManyRequests", "Too many requests at once; wait a moment and ask again."),
    "QUOTA_EXCEEDED": (429, "TooManyRequests", "Too many requests at once; wait a moment and ask again."),
    "INTEGRATION_FAILURE": (502, "ApiUnavailable", "The API does not answer; try again."),
    "INTEGRATION_TIMEOUT": (504, "ApiUnavailable", "The API took too long; try again."),
    "AUTHORIZER_FAILURE": (500, *_FAILED),
    "AUTHORIZER_CONFIGURATION_ERROR": (500, *_FAILED),
    "API_CONFIGURATION_ERROR": (500, *_FAILED),
}
"""Status, code and message for each kind of refusal. An unknown route counts as a missing token to API Gateway."""

_OTHERS: Mapping[str, tuple[str, str]] = {
    "DEFAULT_4XX": ("InvalidRequest", "The request was refused; correct it and ask again."),
    "DEFAULT_5XX": _FAILED,
}
"""For the kinds that are not listed; these keep their status."""

_RETRY_AFTER_S = 2
_HEADERS = {
    "gatewayresponse.header.Cache-Control": "'no-store'",
    "gatewayresponse.header.X-Request-Id": "context.requestId",
}
_RETRY = {"gatewayresponse.header.Retry-After": f"'{_RETRY_AFTER_S}'"}


def gateway_responses() -> dict[str, Any]:
    """The table as the value of `x-amazon-apigateway-gateway-responses`."""
    listed = {
        kind: {"statusCode": str(status), **_answer(code, message, retry=status in (429, 502, 504))}
        for kind, (status, code, message) in ANSWERS.items()
    }
    return listed | {kind: _answer(code, message) for kind, (code, message) in _OTHERS.items()}


def _answer(code: str, message: str, *, retry: bool = False) -> dict[str, Any]:
    body = json.dumps({"error": {"code": code, "message": message, "details": {}}})
    return {
        "responseParameters": _HEADERS | (_RETRY if retry else {}),
        "responseTemplates": {"application/json": body},
    }
