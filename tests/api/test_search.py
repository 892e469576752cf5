"""The routes of search: what they answer, whom they refuse, and how a query reaches the model and comes back."""

import importlib
import json
import uuid
from collections.abc import Iterator
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from moto import mock_aws
from PIL import Image

from containers.embed import query as embed_query
from heaters.catalog.connection import Catalog
from heaters.catalog.search.duplicates import compare_next_clips
from heaters.s3.store import MediaStore
from tests.api.api_client import AWS, Answer, Api, open_api
from tests.catalog.review_videos import add_video_in_review, live_clips
from tests.catalog.search.vectors import at_cosine, embed_clip, unit
from tests.catalog.step_functions import FakeStepFunctions

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:Query"
BUCKET = "media"


class QueryExecutions(FakeStepFunctions):
    """Step Functions as far as a query needs it: a started execution runs the embed function at once."""

    def __init__(self) -> None:
        super().__init__()
        self.is_lost = False

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:  # noqa: N803 - AWS's
        super().start_execution(stateMachineArn=stateMachineArn, name=name, input=input)
        if not self.is_lost:
            embed_query.handler(json.loads(input), SimpleNamespace())


@pytest.fixture
def executions() -> QueryExecutions:
    return QueryExecutions()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[MediaStore]:
    for name, value in AWS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HEATERS_BUCKET", BUCKET)
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        yield MediaStore(bucket=BUCKET)


@pytest.fixture
def api(
    catalog: Catalog, executions: QueryExecutions, bucket: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> Api:
    return open_api(catalog, executions, monkeypatch, query_machine_arn=MACHINE)


@pytest.fixture
def clip_ids(catalog: Catalog) -> list[str]:
    """Four clips, each less like the first than the one before it; the last has no vectors."""
    video_id = add_video_in_review(catalog, cuts=(25, 50, 75), title="holiday.mp4")
    ids = [clip["clip_id"] for clip in live_clips(catalog, video_id)]
    for place, clip_id in enumerate(ids[:3]):
        embed_clip(catalog, clip_id, [at_cosine(1 - place / 10, axis=place + 1)] * 2)
    return ids


def picture(colour: str = "red", kind: str = "PNG", size: tuple[int, int] = (48, 32)) -> bytes:
    target = BytesIO()
    Image.new("RGB", size, colour).save(target, kind)
    return target.getvalue()


def upload(api: Api, bucket: MediaStore, body: bytes) -> str:
    """A picture that the person has uploaded; its key."""
    answer = api.post("/search/images", content_type="image/png", size_bytes=len(body))
    assert answer.status == 201, answer.body
    key = str(answer.body["image_key"])
    bucket.write(key, body)
    return key


def test_similar_lists_the_nearest_clips_without_the_clip_itself(api: Api, clip_ids: list[str]) -> None:
    answer = api.get(f"/clips/{clip_ids[0]}/similar")
    assert answer.status == 200, answer.body
    assert (answer.body["model"], answer.body["next_cursor"]) == ("colour-layout", None)
    found = answer.body["items"]
    assert [item["clip_id"] for item in found] == clip_ids[1:3]
    assert [item["score"] for item in found] == pytest.approx([0.9, 0.8], abs=1e-5)
    assert found[0]["video_title"] == "holiday.mp4"
    assert f"{clip_ids[1]}/1.jpg" in found[0]["keyframe_url"]
    assert len(api.get(f"/clips/{clip_ids[0]}/similar?limit=1").body["items"]) == 1


def test_a_clip_that_is_not_embedded_yet_says_so(api: Api, clip_ids: list[str]) -> None:
    for answer in (api.get(f"/clips/{clip_ids[3]}/similar"), api.post("/search", clip_id=clip_ids[3])):
        assert (answer.status, answer.code) == (409, "NotEmbedded")
        assert "wait until it is embedded" in answer.body["error"]["message"]


def test_a_clip_that_does_not_exist_is_not_found(api: Api) -> None:
    for answer in (api.get("/clips/none/similar"), api.post("/search", clip_id="none")):
        assert (answer.status, answer.code) == (404, "NotFound")


def test_search_by_clip_answers_with_the_keyframe_that_is_nearest(
    api: Api, catalog: Catalog, clip_ids: list[str]
) -> None:
    embed_clip(catalog, clip_ids[3], [unit(0, 0, 0, 0, 1), at_cosine(0.95, axis=7)])
    (best, *_) = api.post("/search", clip_id=clip_ids[0]).body["items"]
    assert best["clip_id"] == clip_ids[3]
    assert f"{clip_ids[3]}/1.jpg" in best["keyframe_url"]
    assert best["state"] == "pending_review"


def test_search_takes_filters(api: Api, clip_ids: list[str]) -> None:
    filters = {
        "states": ["pending_review"], "created_from": "2020-01-01T00:00:00Z", "length_from_s": 0.5, "length_to_s": 2,
    }  # fmt: skip
    found = api.post("/search", clip_id=clip_ids[0], filters=filters, limit=1).body["items"]
    assert [item["clip_id"] for item in found] == clip_ids[1:2]
    for none in (
        {"video_id": "other"}, {"states": ["embedded"]}, {"created_to": "2020-01-01T00:00:00Z"}, {"length_from_s": 60},
    ):  # fmt: skip
        assert api.post("/search", clip_id=clip_ids[0], filters=none).body["items"] == []


@pytest.mark.parametrize(
    "body",
    [{}, {"text": "a", "clip_id": "b"}, {"text": ""}, {"text": " "}, {"text": "a\0b"}, {"text": "x" * 501},
     {"clip_id": "a/b"}, {"image_key": "uploads/u/source"}, {"image_key": "queries/images/../x"},
     {"clip_id": "a", "limit": 0}, {"clip_id": "a", "limit": 101}, {"clip_id": "a", "filters": {"states": ["lost"]}},
     {"clip_id": "a", "filters": {"states": []}},
     {"clip_id": "a", "filters": {"created_from": "2026-01-01T00:00:00"}},
     {"clip_id": "a", "filters": {"length_from_s": -1}}, {"clip_id": "a", "filters": {"length_to_s": float("nan")}},
     {"clip_id": "a", "filters": {"colour": "red"}}],
)  # fmt: skip
def test_a_search_that_is_not_valid_is_refused(api: Api, body: dict[str, Any]) -> None:
    answer = api.post("/search", **body)
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_search_by_picture_goes_through_the_model_of_the_clips(
    api: Api, bucket: MediaStore, catalog: Catalog, executions: QueryExecutions
) -> None:
    """The clip of which a keyframe is that very picture is found with a cosine of 1, another colour after it."""
    red, blue = (clip["clip_id"] for clip in live_clips(catalog, add_video_in_review(catalog, cuts=(50,))))
    for clip_id, colour in ((red, "red"), (blue, "blue")):
        key = upload(api, bucket, picture(colour))
        _embed_as(api, catalog, clip_id, key)
    answer = api.post("/search", image_key=upload(api, bucket, picture("red", size=(960, 640))))
    assert answer.status == 200, answer.body
    assert [item["clip_id"] for item in answer.body["items"]] == [red, blue]
    assert answer.body["items"][0]["score"] == pytest.approx(1, abs=1e-4)
    started = executions.started[-1]
    assert (started["arn"], started["input"]["model"]) == (MACHINE, "colour-layout")


def _embed_as(api: Api, catalog: Catalog, clip_id: str, key: str) -> None:
    """Give a clip the vector that the embed function makes of a picture."""
    store = MediaStore(bucket=BUCKET)
    query_id = str(uuid.uuid4())
    embed_query.handler({"query_id": query_id, "model": "colour-layout", "image_key": key}, SimpleNamespace())
    vector = store.read_json(f"queries/{query_id}.json")["vector"]
    embed_clip(catalog, clip_id, [unit(*vector)])


def test_search_by_text_without_a_text_model_says_what_to_do(api: Api) -> None:
    answer = api.post("/search", text="a red car")
    assert (answer.status, answer.code) == (409, "NoTextModel")
    assert "make models" in answer.body["error"]["message"]


def test_a_picture_belongs_to_whoever_uploaded_it(api: Api, bucket: MediaStore) -> None:
    key = upload(api, bucket, picture())
    answer = api.as_person("bob").post("/search", image_key=key)
    assert (answer.status, answer.code) == (404, "NotFound")


def test_a_picture_that_was_not_uploaded_is_not_found(api: Api) -> None:
    key = api.post("/search/images", content_type="image/png", size_bytes=9).body["image_key"]
    answer = api.post("/search", image_key=key)
    assert (answer.status, answer.code) == (404, "NotFound")
    assert "upload it" in answer.body["error"]["message"]


@pytest.mark.parametrize(
    ("body", "code"), [(b"no picture", "UnsupportedMedia"), (b"\0" * 10_485_761, "SourceTooLarge")]
)
def test_a_strange_picture_gets_an_error_of_its_own(
    api: Api, bucket: MediaStore, body: bytes, code: str
) -> None:
    key = api.post("/search/images", content_type="image/jpeg", size_bytes=9).body["image_key"]
    bucket.write(key, body)
    answer = api.post("/search", image_key=key)
    assert (answer.status, answer.code) == (400, code)


@pytest.mark.parametrize(
    "body",
    [{"content_type": "image/gif", "size_bytes": 9}, {"content_type": "image/png", "size_bytes": 10_485_761},
     {"content_type": "image/png", "size_bytes": 0}, {"content_type": "image/png"}],
)  # fmt: skip
def test_a_picture_of_the_wrong_type_or_size_gets_no_url(api: Api, body: dict[str, Any]) -> None:
    assert api.post("/search/images", **body).code == "InvalidRequest"


def test_the_upload_url_takes_the_announced_type_and_size_only(api: Api) -> None:
    """Both are part of what is signed."""
    answer = api.post("/search/images", content_type="image/webp", size_bytes=1234)
    signed = parse_qs(urlsplit(answer.body["upload_url"]).query)["X-Amz-SignedHeaders"][0].split(";")
    assert {"content-type", "content-length"} <= set(signed)
    assert answer.body["image_key"] in answer.body["upload_url"]


def test_a_model_that_does_not_answer_in_time_is_reported_with_advice(
    api: Api, executions: QueryExecutions, bucket: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.import_module("chalicelib.query_vectors"), "DEADLINE_S", 0.2)
    executions.is_lost = True
    answer = api.post("/search", image_key=upload(api, bucket, picture()))
    assert (answer.status, answer.code) == (503, "StageTimeout")
    assert "search again" in answer.body["error"]["message"]
    assert int(answer.headers["Retry-After"]) > 0


def test_where_step_functions_is_down_the_search_says_so(api: Api, executions: QueryExecutions) -> None:
    executions.is_down = True
    answer = api.post("/search", text="a red car")
    assert (answer.status, answer.code) == (503, "WorkflowUnavailable")


def test_where_nothing_embeds_queries_clips_can_still_be_searched_for(
    catalog: Catalog, step_functions: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch, clip_ids: list[str]
) -> None:
    api = open_api(catalog, step_functions, monkeypatch)
    assert api.post("/search", text="a red car").code == "WorkflowUnavailable"
    assert len(api.post("/search", clip_id=clip_ids[0]).body["items"]) == 2


@pytest.fixture
def pair(api: Api, catalog: Catalog) -> Any:
    for clip in live_clips(catalog, add_video_in_review(catalog, cuts=(50,), title="twice.mp4")):
        embed_clip(catalog, clip["clip_id"], [unit(1)])
    with catalog.transaction() as connection:
        compare_next_clips(connection, limit=10)
    (found,) = api.get("/duplicates").body["items"]
    return found


def test_a_pair_shows_both_clips_with_pictures_and_title(pair: Any) -> None:
    assert pair["similarity"] == pytest.approx(1)
    assert (pair["decision"], pair["decided_by"], pair["version"]) == ("none", None, 1)
    assert [clip["start_frame"] for clip in pair["clips"]] == [0, 50]
    assert all(clip["video_title"] == "twice.mp4" and clip["keyframe_url"] for clip in pair["clips"])


def test_a_pair_that_was_decided_leaves_the_list_and_is_found_under_its_decision(api: Api, pair: Any) -> None:
    decided = api.post(f"/duplicates/{pair['pair_id']}", decision="same")
    assert (decided.status, decided.body["decision"], decided.body["decided_by"]) == (200, "same", "ann")
    assert api.get("/duplicates").body == {"items": [], "next_cursor": None}
    assert [item["pair_id"] for item in api.get("/duplicates?decision=same").body["items"]] == [
        pair["pair_id"]
    ]
    assert api.get("/duplicates?decision=different").body["items"] == []


def test_two_people_do_not_overrule_each_other_unseen(api: Api, pair: Any) -> None:
    path = f"/duplicates/{pair['pair_id']}"
    api.post(path, decision="same")
    bob = api.as_person("bob")
    refused = bob.post(path, decision="different")
    assert (refused.status, refused.code) == (409, "StaleVersion")
    version = refused.body["error"]["details"]["version"]
    assert bob.post(path, decision="different", version=version).body["decided_by"] == "bob"


@pytest.mark.parametrize("pair_id", ["0", "9" * 30, "none", "-1"])
def test_a_pair_that_is_not_there_is_not_found(api: Api, pair_id: str) -> None:
    answer = api.post(f"/duplicates/{pair_id}", decision="same")
    assert (answer.status, answer.code) == (404, "NotFound")


def test_a_decision_that_nobody_knows_is_refused(api: Api, pair: Any) -> None:
    assert api.post(f"/duplicates/{pair['pair_id']}", decision="maybe").code == "InvalidRequest"


def test_duplicates_come_a_page_at_a_time(api: Api, catalog: Catalog) -> None:
    for clip in live_clips(catalog, add_video_in_review(catalog, cuts=(25, 50, 75))):
        embed_clip(catalog, clip["clip_id"], [unit(1)])
    with catalog.transaction() as connection:
        compare_next_clips(connection, limit=10)
    seen, path = [], "/duplicates?limit=4"
    page = api.get(path)
    seen += page.body["items"]
    while page.body["next_cursor"]:
        page = api.get(f"{path}&cursor={page.body['next_cursor']}")
        seen += page.body["items"]
    assert len({item["pair_id"] for item in seen}) == len(seen) == 6


@pytest.mark.parametrize("cursor", ["!!", "W10", "WyJ4IiwxXQ", "WyJuYW4iLDFd", "WyI1IiwxXQ"])
def test_a_cursor_of_another_list_is_refused(api: Api, cursor: str) -> None:
    answer: Answer = api.get(f"/duplicates?cursor={cursor}")
    assert (answer.status, answer.code) == (400, "InvalidRequest")
