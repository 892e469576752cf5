"""The API's function in a process of its own, as Lambda runs it: one request at a time, an event in and a response out.

For processes made for the purpose: it sets their environment. Signing in is left to API Gateway, as in AWS; who asks is
simply said.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalice.local import LambdaEventConverter, RouteMatcher

PROJECT = Path(__file__).resolve().parents[1] / "review_api"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "HEATERS_BUCKET": "media",
    "HEATERS_STATE_MACHINE_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:Video",
}


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What came of a request; `began_s` and `ended_s` are of the clock that all processes of a machine share."""

    status: int
    body: Any
    began_s: float
    ended_s: float

    @property
    def ms(self) -> float:
        return 1000 * (self.ended_s - self.began_s)


def discard_log() -> None:
    """Let this process say nothing more on its standard output, where the function logs each request."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class ApiFunction:
    """The app with its real services; connections are made at the first request."""

    def __init__(self, *, database_url: str, environment: Mapping[str, str] | None = None) -> None:
        os.environ.update(ENVIRONMENT | dict(environment or {}) | {"HEATERS_DATABASE_URL": database_url})
        if str(PROJECT) not in sys.path:
            sys.path.insert(0, str(PROJECT))
        self._app = importlib.import_module("app").app
        self._converter = LambdaEventConverter(RouteMatcher(list(self._app.routes)))

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        person: str,
        groups: tuple[str, ...] = ("reviewers",),
    ) -> Answered:
        """Serve one request. Only the function's own work is on the clock."""
        event = self._converter.create_lambda_event(
            method=method,
            path=path,
            headers={"content-type": "application/json"},
            body=json.dumps({} if body is None else body).encode(),
        )
        claims = {"cognito:username": person, "cognito:groups": ",".join(groups)}
        event["requestContext"]["authorizer"] = {"claims": claims}
        began_s = time.monotonic()
        response = self._app(event, None)
        ended_s = time.monotonic()
        return Answered(
            status=response["statusCode"],
            body=json.loads(response["body"]),
            began_s=began_s,
            ended_s=ended_s,
        )
