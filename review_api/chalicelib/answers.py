"""How anything that happens becomes an HTTP answer: one mapping from errors to status codes.

An error that is not ours says nothing about itself to the outside: it is logged by Chalice and answered as 500.
"""

from collections.abc import Callable
from typing import Any

from chalice.app import Response
from chalicelib.models.base import ErrorAnswer, ErrorBody, File
from pydantic import BaseModel, ValidationError

from heaters.domain.errors import HeatersError, InvalidRequest, PermanentError, RefusedError, TransientError

RETRY_AFTER_S = 2
"""What a client is told to wait after a transient error."""

_CHALICE_CODES = {
    400: "InvalidRequest",
    404: "NotFound",
    405: "MethodNotAllowed",
    413: "RequestTooLarge",
    415: "UnsupportedMediaType",
}
_HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store"}


def http_status(error: type[HeatersError]) -> int:
    """The status code that answers an error of this class."""
    if issubclass(error, RefusedError):
        return error.http_status
    if issubclass(error, TransientError):
        return 503
    return 400 if issubclass(error, PermanentError) else 500


def answer(model: BaseModel, status: int) -> Response:
    return answer_text(model.model_dump_json(), status)


def answer_text(body: str, status: int) -> Response:
    """Answer with JSON that is text already."""
    return Response(body=body, status_code=status, headers=dict(_HEADERS))


def answer_file(file: File) -> Response:
    """Answer with a file to be saved under its name."""
    headers: dict[str, str | list[str]] = {
        **_HEADERS,
        "Content-Type": f"{file.content_type}; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{file.name}"',
    }
    return Response(body=file.text, status_code=200, headers=headers)


def answer_error(error: HeatersError) -> Response:
    body = ErrorAnswer(error=ErrorBody(code=error.name, message=error.message, details=error.details))
    response = answer(body, http_status(type(error)))
    if isinstance(error, TransientError):
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def explain_invalid(error: ValidationError, *, where: str) -> InvalidRequest:
    """A pydantic error as ours: `details.fields` lists each field with what is wrong; input is not echoed."""
    fields = [
        {"field": ".".join(map(str, item["loc"])) or where, "problem": item["msg"]}
        for item in error.errors(include_input=False, include_url=False, include_context=False)
    ]
    first = fields[0]
    return InvalidRequest(
        f"The {where} is not valid: {first['field']}: {first['problem']}. Correct it and ask again.",
        fields=fields,
    )


def reshape_chalice_errors(event: Any, get_response: Callable[[Any], Response]) -> Response:
    """Middleware: what Chalice itself refuses or catches gets the shape of all our errors."""
    response = get_response(event)
    if response.status_code < 400 or not isinstance(response.body, dict) or "Code" not in response.body:
        return response
    code = _CHALICE_CODES.get(response.status_code, "InternalError")
    message = (
        str(response.body["Message"]) if code != "InternalError" else "Something failed inside; try again."
    )
    reshaped = answer(ErrorAnswer(error=ErrorBody(code=code, message=message)), response.status_code)
    reshaped.headers |= {key: value for key, value in response.headers.items() if key == "Allow"}
    return reshaped
