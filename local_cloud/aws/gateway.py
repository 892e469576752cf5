"""The AWS endpoint: every signed request of an SDK. Lambda, Batch, S3 and PutEvents are ours, the rest is moto's."""

import json
import re
import uuid
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug import Request, Response

from local_cloud.aws.batch import Batch, UnknownJobDefinition
from local_cloud.aws.events import EventBus
from local_cloud.aws.lambdas import Lambdas, UnknownFunction
from local_cloud.s3.server import S3

_INVOKE = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")


class Gateway:
    """WSGI: `gateway(environ, start_response)`."""

    def __init__(self, *, lambdas: Lambdas, batch: Batch, events: EventBus, s3: S3) -> None:
        self._lambdas = lambdas
        self._batch = batch
        self._events = events
        self._s3 = s3
        self._moto: WSGIApplication = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        response = self._answer(request)
        if response is None:
            return self._moto(environ, start_response)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response | None:
        if match := _INVOKE.fullmatch(request.path):
            return self._invoke(request, unquote(match[1]))
        if request.path.startswith("/v1/") and signing_service(request) == "batch":
            return self._answer_batch(request)
        if request.headers.get("X-Amz-Target") == "AWSEvents.PutEvents":
            answer = self._events.put_entries(json.loads(request.get_data())["Entries"])
            return _json(answer, content_type="application/x-amz-json-1.1")
        if signing_service(request) == "s3":
            return self._s3.answer(request)
        return None

    def _invoke(self, request: Request, name: str) -> Response:
        payload = request.get_data() or b"{}"
        try:
            if request.headers.get("X-Amz-Invocation-Type") == "Event":
                self._lambdas.invoke_later(name, payload)
                return Response(status=202)
            outcome = self._lambdas.invoke(name, payload)
        except UnknownFunction as exc:
            return _error("ResourceNotFoundException", 404, str(exc))
        headers = {"X-Amz-Executed-Version": "$LATEST", "x-amzn-RequestId": str(uuid.uuid4())}
        if outcome.function_error:
            headers["X-Amz-Function-Error"] = outcome.function_error
        return Response(outcome.payload, content_type="application/json", headers=headers)

    def _answer_batch(self, request: Request) -> Response:
        body = json.loads(request.get_data() or b"{}")
        operation = request.path.removeprefix("/v1/").lower()
        if operation == "submitjob":
            try:
                return _json(self._batch.submit(body))
            except UnknownJobDefinition as exc:
                return _error("ClientException", 400, str(exc))
        if operation == "describejobs":
            return _json(self._batch.describe(body.get("jobs", [])))
        if operation == "listjobs":
            return _json(self._batch.list_jobs(body.get("jobStatus", "RUNNING")))
        if operation in ("terminatejob", "canceljob"):
            self._batch.terminate(body["jobId"], body.get("reason", ""))
            return _json({})
        return _error("ClientException", 400, f"{operation} is not part of the local cloud.")


def signing_service(request: Request) -> str | None:
    """The service for which a request was signed, from its header or its presigned query."""
    credential = request.args.get("X-Amz-Credential", "")
    header = request.headers.get("Authorization", "")
    if header.startswith("AWS4-HMAC-SHA256") and (match := re.search(r"Credential=([^,\s]+)", header)):
        credential = match[1]
    parts = credential.split("/")
    return parts[3].lower() if len(parts) == 5 else None


def _json(value: Any, content_type: str = "application/json") -> Response:
    return Response(json.dumps(value), content_type=content_type)


def _error(code: str, status: int, message: str) -> Response:
    body = json.dumps({"message": message, "Message": message, "__type": code})
    return Response(body, status=status, content_type="application/json", headers={"x-amzn-ErrorType": code})
