"""The one public port: the site, its configuration, the API behind sign-in, media by presigned URL, and the AWS
endpoint for signed requests.

Answers only to its own name, so that no other web site can reach it through a browser by pointing a name here.
"""

import json
import mimetypes
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug import Request, Response
from werkzeug.security import safe_join
from werkzeug.utils import redirect

from local_cloud.aws.cognito import CLIENT_ID, POOL_ID, SignIn
from local_cloud.aws.front import Front
from local_cloud.machine.settings import LOOPBACK, REGION
from local_cloud.s3 import presigned
from local_cloud.s3.server import S3
from local_cloud.web.api_server import ApiServer

_COGNITO = "AWSCognitoIdentityProviderService."
_SIGN_IN_CALLS = frozenset(
    {"InitiateAuth", "RespondToAuthChallenge", "GetUser", "GlobalSignOut", "RevokeToken", "ChangePassword"}
)
_OWN_PATH = re.compile(r"(/[A-Za-z0-9_-]+)*/?")
"""Paths that the site may make up: no dots, nothing that was escaped."""
_OPEN_ROUTES = frozenset({"/health"})
_NOT_BUILT = (
    "<!doctype html><title>Heaters</title><p>The review site has not been built in this checkout; "
    "<code>make run</code> builds it."
)


class PublicPort:
    """WSGI. `gateway` answers signed AWS requests and Cognito's own; `front` is what stands before the site on AWS."""

    def __init__(
        self,
        *,
        port: int,
        gateway: WSGIApplication,
        s3: S3,
        api: ApiServer,
        sign_in: SignIn,
        front: Front,
        site: Path,
        secret_key: str,
    ) -> None:
        self._hosts = {f"{LOOPBACK}:{port}", f"localhost:{port}"}
        self._url = f"http://{LOOPBACK}:{port}"
        self._gateway = gateway
        self._s3 = s3
        self._api = api
        self._sign_in = sign_in
        self._front = front
        self._site = site
        self._secret_key = secret_key

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        if request.host not in self._hosts:
            answer = _refusal(421, "WrongHost", f"This is {self._url}; it answers to no other name.")
            return answer(environ, start_response)
        if request.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256"):
            return self._gateway(environ, start_response)
        target = request.headers.get("X-Amz-Target", "")
        if target.startswith(_COGNITO) and target.removeprefix(_COGNITO) in _SIGN_IN_CALLS:
            environ["PATH_INFO"] = "/"
            return self._gateway(environ, start_response)
        answer = self._answer(request)
        answer.headers.update(self._front.headers)
        return answer(environ, start_response)

    def _answer(self, request: Request) -> Response:
        path = request.path
        if presigned.is_presigned(request):
            return self._answer_media(request)
        if path == "/config.json":
            return _json(self._config(), headers={"Cache-Control": "no-store"})
        if path == "/api" or path.startswith("/api/"):
            return self._answer_api(request, path.removeprefix("/api") or "/")
        if request.method not in ("GET", "HEAD"):
            return Response(status=405, headers={"Allow": "GET, HEAD"})
        if request.host.startswith("localhost"):
            return redirect(f"{self._url}{request.full_path.rstrip('?')}")
        return self._answer_site(path)

    def _answer_media(self, request: Request) -> Response:
        is_preflight = request.method == "OPTIONS"
        if not is_preflight and not presigned.verify(request, secret_key=self._secret_key):
            return self._s3.refuse(request, "The link has expired or was changed; reload the page.")
        return self._s3.answer(request)

    def _answer_api(self, request: Request, path: str) -> Response:
        if path not in _OPEN_ROUTES and self._sign_in.verify(request.headers.get("Authorization")) is None:
            refusal = self._front.not_signed_in
            return Response(
                refusal.body, status=refusal.status, content_type="application/json", headers=refusal.headers
            )
        return self._api.forward(request, path)

    def _answer_site(self, path: str) -> Response:
        """The file of that name; `index.html` for the paths that the site itself makes up."""
        found = safe_join(str(self._site), path.lstrip("/") or "index.html")
        file = Path(found) if found else None
        if file is None or "\0" in path or not file.is_file():
            if not _OWN_PATH.fullmatch(path):
                return Response("There is no such file.", status=404)
            file = self._site / "index.html"
        if not file.is_file():
            return Response(_NOT_BUILT, content_type="text/html; charset=utf-8", status=503)
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        headers = self._front.caching_of(file.relative_to(self._site).as_posix())
        return Response(file.read_bytes(), content_type=_with_charset(kind), headers=headers)

    def _config(self) -> dict[str, Any]:
        return {
            "apiUrl": "/api",
            "cognito": {
                "endpoint": f"{self._url}/cognito",
                "clientId": CLIENT_ID,
                "userPoolId": POOL_ID,
                "region": REGION,
            },
            "localUser": {"username": "operator", "password": self._sign_in.password},
        }


def _with_charset(kind: str) -> str:
    text = kind.startswith("text/") or kind in ("application/json", "image/svg+xml")
    return f"{kind}; charset=utf-8" if text else kind


def _refusal(status: int, code: str, message: str) -> Response:
    """In the API's shape."""
    return _json({"error": {"code": code, "message": message, "details": {}}}, status=status)


def _json(value: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(value), status=status, content_type="application/json", headers=headers)
