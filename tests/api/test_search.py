"""The routes of search: what they answer, whom they refuse, and how a query reaches the model and comes back."""

import importlib
import uuid
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image

from containers.embed import query as embed_query
from heaters.catalog.connection import Catalog
from heaters.s3.store import MediaStore
from tests.api.api_client import Api, open_api
from tests.api.query_executions import MACHINE, QueryExecutions
from tests.catalog.review_videos import add_video_in_review, live_clips
from tests.catalog.search.vectors import at_cosine, embed_clip, unit


@pytest.fixture
def step_functions() -> QueryExecutions:
    return QueryExecutions()


@pytest.fixture
def service_settings() -> dict[str, Any]:
    return {"query_machine_arn": MACHINE}


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


def upload(api: Api, store: MediaStore, body: bytes) -> str:
    """A picture that the person has uploaded; its key."""
    answer = api.post("/search/images", content_type="image/png", size_bytes=len(body))
    assert answer.status == 201, answer.body
    key = str(answer.body["image_key"])
    store.write(key, body)
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
    api: Api, store: MediaStore, catalog: Catalog, step_functions: QueryExecutions
) -> None:
    """The clip of which a keyframe is that very picture is found with a cosine of 1, another colour after it."""
    red, blue = (clip["clip_id"] for clip in live_clips(catalog, add_video_in_review(catalog, cuts=(50,))))
    for clip_id, colour in ((red, "red"), (blue, "blue")):
        key = upload(api, store, picture(colour))
        _embed_as(catalog, store, clip_id, key)
    answer = api.post("/search", image_key=upload(api, store, picture("red", size=(960, 640))))
    assert answer.status == 200, answer.body
    assert [item["clip_id"] for item in answer.body["items"]] == [red, blue]
    assert answer.body["items"][0]["score"] == pytest.approx(1, abs=1e-4)
    started = step_functions.started[-1]
    assert (started["arn"], started["input"]["model"]) == (MACHINE, "colour-layout")


def _embed_as(catalog: Catalog, store: MediaStore, clip_id: str, key: str) -> None:
    """Give a clip the vector that the embed function makes of a picture."""
    query_id = str(uuid.uuid4())
    embed_query.handler({"query_id": query_id, "model": "colour-layout", "image_key": key}, SimpleNamespace())
    vector = store.read_json(f"queries/{query_id}.json")["vector"]
    embed_clip(catalog, clip_id, [unit(*vector)])


def test_search_by_text_without_a_text_model_says_what_to_do(api: Api) -> None:
    answer = api.post("/search", text="a red car")
    assert (answer.status, answer.code) == (409, "NoTextModel")
    assert "make models" in answer.body["error"]["message"]


def test_a_picture_belongs_to_whoever_uploaded_it(api: Api, store: MediaStore) -> None:
    key = upload(api, store, picture())
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
    api: Api, store: MediaStore, body: bytes, code: str
) -> None:
    key = api.post("/search/images", content_type="image/jpeg", size_bytes=9).body["image_key"]
    store.write(key, body)
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
    api: Api, step_functions: QueryExecutions, store: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.import_module("chalicelib.query_vectors"), "DEADLINE_S", 0.2)
    step_functions.is_lost = True
    answer = api.post("/search", image_key=upload(api, store, picture()))
    assert (answer.status, answer.code) == (503, "StageTimeout")
    assert "search again" in answer.body["error"]["message"]
    assert int(answer.headers["Retry-After"]) > 0


def test_where_step_functions_is_down_the_search_says_so(api: Api, step_functions: QueryExecutions) -> None:
    step_functions.is_down = True
    answer = api.post("/search", text="a red car")
    assert (answer.status, answer.code) == (503, "WorkflowUnavailable")


def test_where_nothing_embeds_queries_clips_can_still_be_searched_for(
    catalog: Catalog,
    step_functions: QueryExecutions,
    store: MediaStore,
    monkeypatch: pytest.MonkeyPatch,
    clip_ids: list[str],
) -> None:
    api = open_api(catalog, step_functions, store, monkeypatch)
    assert api.post("/search", text="a red car").code == "WorkflowUnavailable"
    assert len(api.post("/search", clip_id=clip_ids[0]).body["items"]) == 2
