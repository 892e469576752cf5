"""The API keeps to its document whatever it is asked: thousands of generated requests, good ones and bad ones."""

import importlib
import itertools
import json
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from heaters.catalog.connection import Catalog
from heaters.s3.store import MediaStore
from tests.api.api_client import Api, id_token
from tests.api.documented_api import Likely, make_wsgi, open_document
from tests.api.query_executions import MACHINE, QueryExecutions
from tests.catalog.review_videos import claim_clip, live_clips, wait_at_gate
from tests.catalog.scored_videos import add_scored_video
from tests.catalog.search.vectors import embed_clip, unit
from tests.catalog.step_functions import FakeStepFunctions
from tests.profile import PROFILE, scaled

REQUESTS = scaled(5000)
EACH = scaled(95)
"""Requests of an operation, good ones and as many bad ones; some operations have fewer."""
SEED = 20261121
PEOPLE = {"olga": ("reviewers", "operators"), "ann": ("reviewers",)}
HARD_TO_GUESS = {
    "POST /clips/{clip_id}/playback",
    "POST /duplicates/{pair_id}",
    "POST /uploads/{upload_id}/complete",
    "POST /videos/{video_id}/cuts",
    "POST /videos/{video_id}/retry",
    "POST /videos/{video_id}/timeline",
}
"""What generated requests never bring about: a proxy to cut from, a pair, the parts of a file, an execution that ended,
a timeline, or now and then a cut at the right version. Each succeeds in tests of its own.
"""
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]


@dataclass(kw_only=True)
class Tally:
    """What was asked and what was wrong with the answers, the first of each kind."""

    statuses: dict[str, dict[int, int]] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        return sum(sum(found.values()) for found in self.statuses.values())


@pytest.fixture
def step_functions() -> FakeStepFunctions:
    return QueryExecutions()


@pytest.fixture
def service_settings() -> dict[str, Any]:
    return {"query_machine_arn": MACHINE}


@pytest.fixture(autouse=True)
def nobody_waits(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """For changes."""
    changes = importlib.import_module("chalicelib.routes.changes")
    wait = changes.Wait
    monkeypatch.setattr(changes, "Wait", lambda **given: wait(**{**given, "wait_s": 0}))


@pytest.fixture
def ids(api: Api, catalog: Catalog, store: MediaStore) -> dict[str, list[str]]:
    """Something of every kind to ask for: clips in several states, a gate, leases, uploads, a pair, cursors."""
    for _ in range(6):
        add_scored_video(catalog, store, cuts=(40, 70), content_values={20: 90.0, 40: 90.0}, frame_count=100)
    olga = api.as_person("olga", *PEOPLE["olga"])
    video_ids = [video["video_id"] for video in olga.get("/videos").body["items"]]
    for video_id in video_ids[:2]:
        wait_at_gate(catalog, video_id)
    clips = [clip for video_id in video_ids for clip in live_clips(catalog, video_id)]
    for clip in clips[:4]:
        embed_clip(catalog, clip["clip_id"], [unit(1)])
    olga.post(f"/clips/{clips[0]['clip_id']}/actions", action="approve", version=1)
    claim_clip(catalog, clips[0]["clip_id"])
    lease_ids = [
        api.as_person(person, *groups).post("/queue/next", video_id=video_ids[3], count=1).body["lease_id"]
        for person, groups in PEOPLE.items()
    ]
    uploads = [
        api.as_person(person, *groups).post("/uploads", filename="a.mp4", size_bytes=2**20).body["upload_id"]
        for person, groups in PEOPLE.items()
    ]
    return {
        "video_id": video_ids,
        "clip_id": [clip["clip_id"] for clip in clips],
        "with_clip_id": [clip["clip_id"] for clip in clips],
        "lease_id": lease_ids,
        "upload_id": uploads,
        "format": ["otio", "edl", "csv", "json"],
        "url": ["https://example.org/a.mp4"],
    }


@pytest.mark.soak
def test_whatever_is_asked_the_answer_is_a_documented_one(api: Api, ids: dict[str, list[str]]) -> None:
    """No 5xx in all these requests; bad ones are refused; status, type, headers and body are as documented."""
    schema = schemathesis.openapi.from_dict(open_document())
    schema.app = make_wsgi(api.app)
    tally, likely = Tally(), Likely(ids, seed=SEED)
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        for mode in GenerationMode:
            _ask(result.ok(), mode, likely, tally)
    assert not tally.wrong, "\n\n".join(f"{label}\n{told}" for label, told in tally.wrong.items())
    assert tally.requests >= REQUESTS
    never = {label for label, found in tally.statuses.items() if not any(200 <= s < 300 for s in found)}
    assert never <= HARD_TO_GUESS or PROFILE != "soak"  # a tenth of the requests leaves it to luck


def _ask(operation: APIOperation, mode: GenerationMode, likely: Likely, tally: Tally) -> None:
    """Some requests of one operation, by both people in turn."""
    if mode.is_negative and not (operation.body or operation.query or operation.path_parameters):
        return
    people = itertools.cycle(PEOPLE.items())

    @hypothesis.seed(SEED)
    @hypothesis.settings(
        max_examples=EACH, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        person, groups = next(people)
        likely.put_into(case, only_path=mode.is_negative)
        response = case.call(headers={"authorization": id_token(person, groups)})
        found = tally.statuses.setdefault(operation.label, {})
        found[response.status_code] = found.get(response.status_code, 0) + 1
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                _note(tally, operation.label, failure, case, response)

    ask()


def _note(tally: Tally, label: str, failure: Exception, case: Case, response: Any) -> None:
    sent = json.dumps([case.path_parameters, case.query, case.body], default=repr)[:600]
    told = f"{failure}\nsent {sent}\nanswered {response.status_code} {response.text[:400]}"
    tally.wrong.setdefault(f"{label}: {type(failure).__name__}", told)
