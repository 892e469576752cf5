"""Idempotency-Key: a POST that creates something may be repeated and creates it once."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from heaters.catalog.connection import Catalog
from tests.api.api_client import Answer, Api
from tests.catalog.review_videos import add_video_in_review, query
from tests.catalog.step_functions import FakeStepFunctions

URL = "https://example.org/a.mp4"


def _add(api: Api, key: str, **body: Any) -> Answer:
    sent = json.dumps({"url": URL} | body).encode()
    return api.call("POST", "/videos", sent, **{"idempotency-key": key})


def test_a_repeated_request_creates_one_video_and_gets_the_first_answer(
    operator: Api, catalog: Catalog, step_functions: FakeStepFunctions
) -> None:
    first = _add(operator, "k1")
    with catalog.transaction() as connection:
        connection.execute("UPDATE source_videos SET title = 'renamed since'")
    again = _add(operator, "k1")
    assert (again.status, again.body) == (201, first.body)
    assert len(query(catalog, "SELECT FROM source_videos")) == len(step_functions.started) == 1


def test_without_a_key_each_request_creates_a_video(operator: Api, catalog: Catalog) -> None:
    operator.post("/videos", url=URL)
    operator.post("/videos", url=URL)
    assert len(query(catalog, "SELECT FROM source_videos")) == 2


def test_the_same_key_with_another_body_is_refused(operator: Api, catalog: Catalog) -> None:
    _add(operator, "k1")
    answer = _add(operator, "k1", title="Another")
    assert (answer.status, answer.code) == (422, "KeyReused")
    assert len(query(catalog, "SELECT FROM source_videos")) == 1


def test_a_key_belongs_to_the_person_who_chose_it(operator: Api, catalog: Catalog) -> None:
    mine, theirs = _add(operator, "k1"), _add(operator.as_person("otto", "operators"), "k1")
    assert mine.body["video_id"] != theirs.body["video_id"]


def test_after_a_failure_the_repetition_goes_on_with_the_same_video(
    operator: Api, catalog: Catalog, step_functions: FakeStepFunctions
) -> None:
    step_functions.is_down = True
    assert _add(operator, "k1").status == 503
    step_functions.is_down = False
    assert _add(operator, "k1").status == 201
    assert len(query(catalog, "SELECT FROM source_videos")) == len(step_functions.started) == 1


def test_a_refused_request_leaves_its_key_free_for_the_corrected_one(operator: Api, catalog: Catalog) -> None:
    assert _add(operator, "k1", url="ftp://example.org").status == 400
    assert _add(operator, "k1").status == 201


def test_a_key_is_forgotten_after_a_day(operator: Api, catalog: Catalog) -> None:
    first = _add(operator, "k1")
    with catalog.transaction() as connection:
        connection.execute("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")
    assert _add(operator, "k2").body["video_id"] != first.body["video_id"]
    assert query(catalog, "SELECT key FROM idempotency_keys") == [{"key": "k2"}]


def test_a_forgotten_key_of_another_video_is_refused_again(operator: Api, catalog: Catalog) -> None:
    """What a request creates follows from its key: the second URL must not be taken for the first one's repetition."""
    first = _add(operator, "k1")
    with catalog.transaction() as connection:
        connection.execute("DELETE FROM idempotency_keys")
    refused = _add(operator, "k1", url="https://example.org/b.mp4")
    assert (refused.status, refused.code) == (422, "KeyReused")
    assert _add(operator, "k2", url="https://example.org/b.mp4").body["video_id"] != first.body["video_id"]


def test_names_and_keys_that_read_the_same_together_are_told_apart(operator: Api) -> None:
    mine = _add(operator.as_person("olga", "operators"), "a/b")
    theirs = _add(operator.as_person("olga/a", "operators"), "b")
    assert mine.body["video_id"] != theirs.body["video_id"]


@pytest.mark.parametrize("key", ["", "a b", "x" * 129, "\u00e4"])
def test_a_key_that_is_not_printable_ascii_gets_400(operator: Api, key: str) -> None:
    answer = _add(operator, key)
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_the_same_key_twice_at_once_creates_one_video(
    operator: Api, catalog: Catalog, step_functions: FakeStepFunctions
) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: _add(operator, "k1"), range(4)))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["video_id"] for answer in answers}) == 1
    assert len(query(catalog, "SELECT FROM source_videos")) == len(step_functions.started) == 1


def test_a_repeated_cut_is_made_once_and_gets_the_first_answer(operator: Api, catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog)
    sent = json.dumps({"op": "add", "frame": 10, "version": 1}).encode()
    first, again = (
        operator.call("POST", f"/videos/{video_id}/cuts", sent, **{"idempotency-key": "k1"}) for _ in range(2)
    )
    assert (again.status, again.body) == (200, first.body)
    assert len(query(catalog, "SELECT FROM review_events")) == 1


def test_the_same_key_twice_at_once_makes_one_cut(operator: Api, catalog: Catalog) -> None:
    """The one that comes second is refused, because the clip is not there any more, or gets the first answer."""
    video_id = add_video_in_review(catalog)
    sent = json.dumps({"op": "add", "frame": 10, "version": 1}).encode()
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(
                lambda _: operator.call(
                    "POST", f"/videos/{video_id}/cuts", sent, **{"idempotency-key": "k1"}
                ),
                range(4),
            )
        )
    statuses = {answer.status for answer in answers}
    assert 200 in statuses
    assert statuses <= {200, 409}
    assert len(query(catalog, "SELECT FROM review_events")) == 1
