"""A signed-in client of the review API over HTTP: what a reviewer's browser does, without the browser."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

_TOKEN_LASTS_S = 1800.0  # half of a token's life
_ANSWER_DEADLINE_S = 60.0


class ApiRefused(Exception):
    """The API answered with an error; `code` is its name, `status` HTTP's."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class ApiClient:
    """`sign_in` returns a fresh bearer token."""

    def __init__(self, url: str, sign_in: Callable[[], str]) -> None:
        self._url = url.rstrip("/")
        self._sign_in = sign_in
        self._token = ""
        self._signed_in_s = float("-inf")

    def get(self, path: str, **query: Any) -> Any:
        text = urlencode({name: value for name, value in query.items() if value is not None})
        return self._call("GET", f"{path}?{text}" if text else path, None)

    def post(self, path: str, body: Any = None) -> Any:
        return self._call("POST", path, {} if body is None else body)

    def items(self, path: str, **query: Any) -> Iterator[Any]:
        """Every item of a paged list."""
        cursor = None
        while True:
            page = self.get(path, cursor=cursor, **query)
            yield from page["items"]
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def _call(self, method: str, path: str, body: Any) -> Any:
        if time.monotonic() - self._signed_in_s > _TOKEN_LASTS_S:
            self._token, self._signed_in_s = self._sign_in(), time.monotonic()
        request = urllib.request.Request(  # noqa: S310 - the URL is our own loopback address
            f"{self._url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=_ANSWER_DEADLINE_S) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as exc:
            raise _refused(exc.code, exc.read()) from exc


def _refused(status: int, body: bytes) -> ApiRefused:
    try:
        error = json.loads(body)["error"]
        return ApiRefused(status, error["code"], error["message"])
    except (ValueError, KeyError, TypeError):
        return ApiRefused(status, "Unknown", body.decode(errors="replace")[:500])
