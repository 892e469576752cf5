"""A Chalice blueprint whose routes say what they take and answer.

The decorator is the only place where input is parsed, people are checked and errors become answers, and its
table is what the OpenAPI document is generated from: a route cannot be served without being described.
"""

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from chalice.app import Blueprint, CognitoUserPoolAuthorizer, Request, Response
from chalicelib.answers import answer, answer_error, answer_file, answer_text, explain_invalid
from chalicelib.idempotency import answer_once, make_id, read_key
from chalicelib.models.base import File, NoQuery, RequestModel
from chalicelib.people import Person, Role, person_asking
from chalicelib.services import Services, services
from pydantic import BaseModel, ValidationError

from heaters.domain.errors import HeatersError, InvalidRequest, InvalidSetting, KeyReused, NotFound

MAX_BODY_BYTES = 64 * 1024
MAX_FILE_BYTES = 5 * 1024**2
"""Lambda takes 6 MB, in which the quotes of a body are escaped."""

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")

SIGNED_IN = CognitoUserPoolAuthorizer(
    "SignedIn",
    provider_arns=[
        os.environ.get("HEATERS_USER_POOL_ARN", "arn:aws:cognito-idp:us-east-1:000000000000:userpool/none")
    ],
)
"""API Gateway refuses a request without a valid ID token of the pool before it reaches the function."""

Handler = Callable[..., BaseModel]


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One route as the outside sees it. `role` None: open to everybody. `creates`: it takes an Idempotency-Key; not
    `keeps_answer`: a repetition is answered anew, because what was answered first does not last.
    """

    method: str
    path: str
    name: str
    summary: str
    answers: type[BaseModel]
    body: type[RequestModel] | None
    query: type[RequestModel]
    status: int
    role: Role | None
    refuses: tuple[type[HeatersError], ...]
    creates: bool
    keeps_answer: bool
    max_body_bytes: int


@dataclass(frozen=True, kw_only=True)
class Call:
    """A checked request. `body` and `query` are of the types that the endpoint names; `new_id` is for what the
    request creates, and the same when it is repeated under the same `key`.
    """

    person: Person
    body: Any
    query: Any
    services: Services
    key: str | None
    new_id: str


class Endpoints(Blueprint):
    """A blueprint that keeps a table of its endpoints."""

    def __init__(self, import_name: str) -> None:
        super().__init__(import_name)
        self.table: list[Endpoint] = []

    def endpoint(
        self,
        method: str,
        path: str,
        *,
        answers: type[BaseModel],
        body: type[RequestModel] | None = None,
        query: type[RequestModel] = NoQuery,
        status: int = 200,
        role: Role = Role.REVIEWER,
        refuses: tuple[type[HeatersError], ...] = (),
        creates: bool = False,
        keeps_answer: bool = True,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> Callable[[Handler], Handler]:
        """Serve `path` with a function `(call, **path_parameters) -> answers`; its docstring is the summary."""

        def register(handler: Handler) -> Handler:
            endpoint = Endpoint(
                method=method, path=path, name=handler.__name__, summary=(handler.__doc__ or "").strip(),
                answers=answers, body=body, query=query, status=status, role=role,
                refuses=(*refuses, KeyReused) if creates else refuses, creates=creates,
                keeps_answer=keeps_answer, max_body_bytes=max_body_bytes,
            )  # fmt: skip
            self.table.append(endpoint)

            @wraps(handler)
            def serve(**ids: str) -> Response:
                return _serve(endpoint, handler, self.current_request, ids)

            self.route(path, methods=[method], authorizer=SIGNED_IN)(serve)
            return handler

        return register


def _serve(endpoint: Endpoint, handler: Handler, request: Request, ids: dict[str, str]) -> Response:
    try:
        call = _read_call(endpoint, request)
        _check_ids(ids)
        return _run(endpoint, handler, call, ids)
    except InvalidSetting:
        raise  # no fault of whoever asks: 500 without a word outside, so that the alarm counts it
    except HeatersError as error:
        return answer_error(error)


def _run(endpoint: Endpoint, handler: Handler, call: Call, ids: dict[str, str]) -> Response:
    if call.key is None:
        result = handler(call, **ids)
        return answer_file(result) if isinstance(result, File) else answer(result, endpoint.status)

    def serve() -> str:
        return handler(call, **ids).model_dump_json()

    body = call.body and call.body.model_dump(mode="json")
    request = json.dumps([endpoint.method, endpoint.path, ids, body])
    text = answer_once(
        call.services,
        person=call.person.name,
        key=call.key,
        request=request,
        serve=serve,
        keep=endpoint.keeps_answer,
    )
    return answer_text(text, endpoint.status)


def _read_call(endpoint: Endpoint, request: Request) -> Call:
    person = person_asking(request.context)
    person.require(endpoint.role or Role.REVIEWER)
    query = dict((request.query_params or {}).items())
    key = read_key(request.headers) if endpoint.creates else None
    return Call(
        person=person,
        body=_read_body(endpoint.body, request.raw_body, endpoint.max_body_bytes) if endpoint.body else None,
        query=_read_query(endpoint.query, query),
        services=services(),
        key=key,
        new_id=make_id(person.name, key),
    )


def _read_body(model: type[RequestModel], raw: bytes | str, max_bytes: int) -> RequestModel:
    """Types as JSON has them: a text or a truth value is no number."""
    if len(raw) > max_bytes:
        raise InvalidRequest(f"The body is larger than {max_bytes} bytes; send less at a time.")
    try:
        json.loads(raw or b"{}")
    except (
        ValueError,
        RecursionError,
    ) as exc:  # UnicodeDecodeError is a ValueError; a body may nest too deeply
        raise InvalidRequest("The body is not JSON; correct it and ask again.") from exc
    try:
        return model.model_validate_json(raw or b"{}", strict=True)
    except ValidationError as exc:
        raise explain_invalid(exc, where="body") from exc


def _read_query(model: type[RequestModel], query: dict[str, str]) -> RequestModel:
    try:
        return model.model_validate(query)
    except ValidationError as exc:
        raise explain_invalid(exc, where="query") from exc


def _check_ids(ids: dict[str, str]) -> None:
    for name, value in ids.items():
        if not _ID.fullmatch(value):
            raise NotFound(f"There is no {name.removesuffix('_id')} of that id; copy it from a list.")
