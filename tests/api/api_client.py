"""The real Chalice app over a real catalog, called through Chalice's own test client; only AWS is a stand-in."""

import base64
import importlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from chalice.app import Chalice
from chalice.local import LocalChalice
from chalice.test import Client

from heaters.catalog.connection import Catalog
from heaters.domain.settings import Settings
from heaters.s3.store import MediaStore
from tests.catalog.step_functions import FakeStepFunctions

PROJECT = Path(__file__).resolve().parents[2] / "review_api"
STATE_MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:Video"


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        """The error's name."""
        return str(self.body["error"]["code"])


class Api:
    """The API as one signed-in person sees it; `person` None: nobody."""

    def __init__(
        self, app: Chalice, person: str | None = "ann", groups: tuple[str, ...] = ("reviewers",)
    ) -> None:
        self.app, self._person, self._groups = app, person, groups

    def as_person(self, person: str | None, *groups: str) -> "Api":
        return Api(self.app, person, groups or ("reviewers",))

    def get(self, path: str) -> Answer:
        return self.call("GET", path)

    def post(self, path: str, **body: Any) -> Answer:
        return self.call("POST", path, json.dumps(body).encode())

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Any request at all."""
        sent = {"content-type": "application/json"} | headers
        if self._person:
            sent["authorization"] = id_token(self._person, self._groups)
        with Client(self.app, project_dir=str(PROJECT)) as client:
            answer = client.http.request(method, path, headers=sent, body=body)
        return Answer(
            status=answer.status_code,
            body=json.loads(answer.body) if answer.body else None,
            headers=answer.headers,
        )


def id_token(person: str, groups: tuple[str, ...]) -> str:
    """What API Gateway would have checked already: Chalice's test gateway only reads the claims."""
    claims = json.dumps({"cognito:username": person, "cognito:groups": groups}).encode()
    return f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.signature"


def load_app() -> Chalice:
    """The app as Chalice loads it: with its project folder on the path. Each thread has a request of its own in it, as
    on Chalice's local server; on Lambda there is one at a time.
    """
    if str(PROJECT) not in sys.path:
        sys.path.insert(0, str(PROJECT))
    app: Chalice = importlib.import_module("app").app
    if not isinstance(app, LocalChalice):
        app.__class__ = LocalChalice
    return app


def open_api(
    catalog: Catalog,
    step_functions: FakeStepFunctions,
    store: MediaStore,
    monkeypatch: pytest.MonkeyPatch,
    **settings: Any,
) -> Api:
    """The API on these; `settings` are others of its services."""
    app = load_app()
    chalice_services = importlib.import_module("chalicelib.services")
    services = chalice_services.Services(
        catalog=catalog,
        store=store,
        workflow=step_functions,
        state_machine_arn=STATE_MACHINE,
        **{"settings": Settings(), **settings},
    )
    monkeypatch.setattr(importlib.import_module("chalicelib.endpoints"), "services", lambda: services)
    return Api(app)
