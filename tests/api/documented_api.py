"""The API and its document as schemathesis wants them: the app as WSGI, the document without signing in, and requests
that mostly reach something, because ids and versions in them exist.
"""

import json
import random
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from chalice.app import Chalice
from chalice.config import Config
from chalice.local import LocalGateway, LocalGatewayException
from schemathesis import Case

from review_api.openapi import DOCUMENT

Schema = dict[str, Any]
_OFTEN = 0.8
_LIKELY_NUMBERS = {
    "version": [1, 2, 3],
    "with_version": [1, 2, 3],
    "frame": [20, 40, 70],
    "to_frame": [45, 60],
}


def make_wsgi(app: Chalice) -> Callable[..., Iterable[bytes]]:
    """The app behind Chalice's local gateway, in this process."""
    gateway = LocalGateway(app, Config.create())

    def serve(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or (name == "CONTENT_TYPE" and value)
        }
        query = f"?{environ['QUERY_STRING']}" if environ["QUERY_STRING"] else ""
        path = quote(environ["PATH_INFO"].encode("latin-1"), safe="/")
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        try:
            answer = gateway.handle_request(environ["REQUEST_METHOD"], path + query, headers, body)
        except LocalGatewayException as exc:
            start_response(f"{exc.CODE} -", [(k, str(v)) for k, v in exc.headers.items()])
            return [exc.body or b""]
        listed = {**answer["headers"], **answer["multiValueHeaders"]}
        start_response(f"{answer['statusCode']} -", [(k, str(v)) for k, v in listed.items()])
        return [answer["body"].encode() if isinstance(answer["body"], str) else answer["body"] or b""]

    return serve


def open_document() -> Schema:
    """The committed document, for somebody who is signed in already."""
    document = dict(json.loads(DOCUMENT.read_text()))
    document["servers"] = [{"url": "/"}]
    del document["security"]
    return document


class Likely:
    """Puts values that exist in the place of generated ones that are as good; mostly, and the same ones each time."""

    def __init__(self, values: Mapping[str, list[Any]], *, seed: int) -> None:
        self._values = {**_LIKELY_NUMBERS, **values}
        self._random = random.Random(seed)

    def put_into(self, case: Case, *, only_path: bool) -> None:
        """`only_path`: the rest of the request is meant to be wrong."""
        self._replace(case.path_parameters)
        if not only_path:
            self._replace(case.query)
            self._replace(case.body)

    def _replace(self, holder: Any) -> None:
        if isinstance(holder, list):
            for item in holder:
                self._replace(item)
        if not isinstance(holder, dict):
            return
        for name, value in holder.items():
            likely = self._values.get(name)
            if likely and _is_good(name, value) and self._random.random() < _OFTEN:
                holder[name] = self._random.choice(likely)
            else:
                self._replace(value)


def _is_good(name: str, value: Any) -> bool:
    if name in _LIKELY_NUMBERS:
        return isinstance(value, int)
    if name == "url":
        return isinstance(value, str)
    return isinstance(value, str) and re.fullmatch(r"[0-9A-Za-z_-]{1,64}", value) is not None
