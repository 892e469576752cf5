"""Guessing ids leads nowhere: what is another's stays theirs, what is of another video stays in it, and a URL that was
handed out reads one object.
"""

import json
import re
import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug import Request

from heaters.catalog.connection import Catalog
from local_cloud.s3.presigned import verify
from tests.api.api_client import Api
from tests.api.query_executions import MACHINE
from tests.catalog.review_videos import add_video_in_review, claim_clip, live_clips, query
from tests.fixtures.buckets import AWS

TEN_MINUTES_S = 600


@pytest.fixture
def service_settings() -> dict[str, Any]:
    return {"query_machine_arn": MACHINE}


@pytest.fixture
def ben(api: Api) -> Api:
    return api.as_person("ben")


@pytest.fixture
def videos(api: Api, catalog: Catalog) -> tuple[str, str]:
    return add_video_in_review(catalog), add_video_in_review(catalog)


def test_the_lease_of_another_can_be_neither_renewed_nor_ended_nor_held(
    api: Api, ben: Api, catalog: Catalog, videos: tuple[str, str]
) -> None:
    lease_id = api.post("/queue/next", video_id=videos[0], count=3).body["lease_id"]
    before = query(catalog, "SELECT * FROM leases ORDER BY clip_id")
    assert ben.post(f"/leases/{lease_id}/renew").status == 404
    assert ben.call("DELETE", f"/leases/{lease_id}").body == {"ended": 0}
    assert ben.post("/queue/next", video_id=videos[0], holding=[lease_id]).body["items"] == []
    assert query(catalog, "SELECT * FROM leases ORDER BY clip_id") == before


def test_the_upload_of_another_can_be_neither_seen_nor_joined_nor_given_up(api: Api, ben: Api) -> None:
    upload = api.post("/uploads", filename="raw.mp4", size_bytes=9).body["upload_id"]
    parts = [{"part_number": 1, "etag": "e"}]
    refused = [
        ben.post(f"/uploads/{upload}/parts", part_numbers=[1]),
        ben.post(f"/uploads/{upload}/complete", parts=parts),
        ben.call("DELETE", f"/uploads/{upload}"),
    ]
    assert [answer.status for answer in refused] == [404, 404, 404]
    assert api.post(f"/uploads/{upload}/parts", part_numbers=[1]).status == 200


def test_the_picture_of_another_cannot_be_searched_with(api: Api, ben: Api) -> None:
    key = api.post("/search/images", content_type="image/png", size_bytes=9).body["image_key"]
    assert ben.post("/search", image_key=key).status == 404


def test_the_same_key_of_two_people_names_two_requests(api: Api) -> None:
    """Whoever guesses an Idempotency-Key gets neither the answer nor the object of the other."""
    body = json.dumps({"url": "https://example.org/a.mp4"}).encode()
    both = [
        api.as_person(name, "operators").call("POST", "/videos", body, **{"idempotency-key": "k"})
        for name in ("olga", "otto")
    ]
    assert [answer.status for answer in both] == [201, 201]
    assert len({answer.body["video_id"] for answer in both}) == 2


def test_undo_and_redo_reach_nothing_of_another(
    api: Api, ben: Api, catalog: Catalog, videos: tuple[str, str]
) -> None:
    clip = live_clips(catalog, videos[0])[0]
    assert api.post(f"/clips/{clip['clip_id']}/actions", action="skip", version=1).status == 200
    assert ben.post("/undo").status == 409
    assert api.post("/undo").status == 200
    assert ben.post("/redo").status == 409


def test_a_cut_or_a_list_of_a_video_reaches_no_clip_of_another(
    api: Api, catalog: Catalog, videos: tuple[str, str]
) -> None:
    first, second = videos
    other = live_clips(catalog, second)
    cursor = api.get(f"/videos/{second}/clips?limit=1").body["next_cursor"]
    listed = api.get(f"/videos/{first}/clips?cursor={cursor}").body["items"]
    assert {clip["video_id"] for clip in listed} == {first}
    answer = api.post(f"/videos/{first}/cuts", op="remove", frame=40, version=1)
    assert {clip["video_id"] for clip in answer.body["clips"]} == {first}
    assert api.get(f"/videos/{second}/events").body["items"] == []
    assert live_clips(catalog, second) == other


def test_clips_of_two_videos_cannot_be_tied_together(
    api: Api, catalog: Catalog, videos: tuple[str, str]
) -> None:
    mine, other = (live_clips(catalog, video_id)[0]["clip_id"] for video_id in videos)
    body = {"action": "group", "version": 1, "with_clip_id": other, "with_version": 1}
    assert api.post(f"/clips/{mine}/actions", **body).status == 409
    assert query(catalog, "SELECT FROM review_events") == []


def test_an_id_of_one_kind_opens_nothing_of_another_kind(
    api: Api, catalog: Catalog, videos: tuple[str, str]
) -> None:
    """Every route that takes an id answers 404 to an id that exists, but as something else, and changes nothing."""
    video_id, clip_id = videos[0], live_clips(catalog, videos[0])[0]["clip_id"]
    operator = api.as_person("olga", "operators")
    for method, path, body in _routes_with_ids(api):
        for wrong in (clip_id if "video_id" in path else video_id, str(uuid.uuid4())):
            answer = operator.call(method, re.sub(r"{\w+}", wrong, path), json.dumps(body).encode())
            told = (answer.status, answer.body if answer.status == 200 else answer.code)
            assert told in [(404, "NotFound"), (200, {"ended": 0})], (method, path)
    assert query(catalog, "SELECT FROM review_events") == []


_BODIES: dict[str, dict[str, Any]] = {
    "/videos/{video_id}/cuts": {"op": "add", "frame": 5, "version": 1},
    "/videos/{video_id}/timeline": {"format": "csv", "text": ""},
    "/clips/{clip_id}/actions": {"action": "skip", "version": 1},
    "/uploads/{upload_id}/parts": {"part_numbers": [1]},
    "/uploads/{upload_id}/complete": {"parts": [{"part_number": 1, "etag": "e"}]},
    "/duplicates/{pair_id}": {"decision": "same"},
}


def _routes_with_ids(api: Api) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, _BODIES.get(path, {}) if method == "POST" else {})
        for path, methods in api.app.routes.items()
        for method in methods
        if "{" in path
    ]


def test_every_url_that_is_handed_out_reads_one_object_for_ten_minutes(
    api: Api, catalog: Catalog, videos: tuple[str, str]
) -> None:
    """Of a video, its storyboard, an export and a still: not another object, not another method, not for longer."""
    clip_id = live_clips(catalog, videos[0])[0]["clip_id"]
    _process(api, catalog, videos[0], clip_id)
    pages = [api.get(path).body for path in (f"/videos/{videos[0]}", f"/clips/{clip_id}")]
    urls = re.findall(r'"(https?://[^"]*X-Amz-Signature[^"]*)"', json.dumps(pages))
    assert len(urls) == 4
    for url in urls:
        assert parse_qs(urlsplit(url).query)["X-Amz-Expires"] == [str(TEN_MINUTES_S)]
        assert _opens(url)
        assert not any(_opens(url, method=method) for method in ("PUT", "POST", "DELETE", "HEAD"))
        assert not _opens(url.replace("?", "x?", 1))
        assert not _opens(url.replace(f"X-Amz-Expires={TEN_MINUTES_S}", "X-Amz-Expires=6000"))
        assert not _opens(f"{url}&versionId=1")


def _process(api: Api, catalog: Catalog, video_id: str, clip_id: str) -> None:
    """Give the clip an export and a still."""
    assert api.post(f"/clips/{clip_id}/actions", action="approve", version=1).status == 200
    claim_clip(catalog, clip_id)
    with catalog.transaction() as connection:
        connection.execute(
            """
            INSERT INTO artifacts (key, video_id, clip_id, kind, size_bytes, facts) VALUES
            ('e.mp4', %(v)s, %(c)s, 'export', 9,
             '{"frame_count": 40, "first_frame_md5": "a", "last_frame_md5": "b"}'),
            ('k.jpg', %(v)s, %(c)s, 'keyframe', 9, '{"frame": 25}')
            """,
            {"v": video_id, "c": clip_id},
        )


def _opens(url: str, *, method: str = "GET") -> bool:
    """Whether S3's rule for signed URLs lets this request through; the local cloud's own check of it."""
    parts = urlsplit(url)
    request = Request.from_values(
        path=parts.path, query_string=parts.query, base_url=f"{parts.scheme}://{parts.netloc}/", method=method
    )
    return verify(request, secret_key=AWS["AWS_SECRET_ACCESS_KEY"])
