"""Uploads by browsers through the API; parts go to the local cloud's S3 through the very URLs that it hands out."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from functions import start_video
from heaters.catalog.connection import Catalog
from heaters.domain import object_keys
from heaters.domain.ids import video_id_of_upload
from heaters.domain.uploads import MAX_UPLOAD_BYTES, MIN_PART_BYTES
from heaters.s3.store import MediaStore
from tests.api.api_client import Api
from tests.api.browser_uploads import FILE, abort, begin, complete, cut, send_parts
from tests.catalog.review_videos import query
from tests.catalog.stages.pipeline import call
from tests.catalog.step_functions import FakeStepFunctions
from tests.local_cloud.s3.served_bucket import BUCKET, Served


@pytest.fixture
def store(served: Served) -> MediaStore:
    return MediaStore(bucket=BUCKET, client=served.client)


def test_parts_put_out_of_order_become_the_file_and_its_video(
    api: Api, served: Served, step_functions: FakeStepFunctions
) -> None:
    upload = begin(api)
    assert (upload["part_size_bytes"], len(upload["part_urls"])) == (MIN_PART_BYTES, 3)
    answer = complete(api, upload, send_parts(upload, cut(upload)))
    assert answer.status == 200, answer.body
    key = object_keys.upload(upload["upload_id"])
    found = served.client.get_object(Bucket=BUCKET, Key=key)
    assert found["Body"].read() == FILE
    video_id = video_id_of_upload(bucket=BUCKET, key=key, version_id=found["VersionId"])
    assert answer.body == {"video_id": video_id}
    video = api.get(f"/videos/{video_id}").body
    assert (video["title"], video["state"]) == ("Ünser Film.mp4", "new")
    assert [started["name"] for started in step_functions.started] == [f"{video_id}-1"]


def test_the_bucket_s_event_finds_the_very_same_video(
    api: Api, served: Served, catalog: Catalog, surroundings: FakeStepFunctions
) -> None:
    """It comes after the API's own acceptance, or before it, or alone when the API died in between."""
    upload = begin(api)
    parts = send_parts(upload, cut(upload))
    key = object_keys.upload(upload["upload_id"])
    listed = [
        {"PartNumber": p["part_number"], "ETag": p["etag"]}
        for p in sorted(parts, key=lambda p: p["part_number"])
    ]
    multipart = query(catalog, "SELECT multipart_id FROM uploads")[0]["multipart_id"]
    version = served.client.complete_multipart_upload(
        Bucket=BUCKET, Key=key, UploadId=multipart, MultipartUpload={"Parts": listed}
    )["VersionId"]
    event = {
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": BUCKET}, "object": {"key": key, "version-id": version}},
    }
    record = {"messageId": "m", "eventSource": "aws:sqs", "body": json.dumps(event)}
    assert call(start_video, Records=[record]) == {"batchItemFailures": []}
    answer = complete(api, upload, parts)
    assert answer.status == 200, answer.body
    assert call(start_video, Records=[record]) == {"batchItemFailures": []}
    (video,) = query(catalog, "SELECT video_id, title FROM source_videos")
    assert video == {"video_id": answer.body["video_id"], "title": "Ünser Film.mp4"}
    assert len(surroundings.started) == 1


def test_completing_twice_or_twice_at_once_gives_one_video(
    api: Api, catalog: Catalog, served: Served, step_functions: FakeStepFunctions
) -> None:
    upload = begin(api)
    parts = send_parts(upload, cut(upload))
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: complete(api, upload, parts), range(2)))
    answers.append(complete(api, upload, parts))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body["video_id"] for answer in answers}) == 1
    assert len(query(catalog, "SELECT FROM source_videos")) == len(step_functions.started) == 1
    assert len(served.store.versions(BUCKET, object_keys.upload(upload["upload_id"]))) == 1


def test_an_api_that_died_after_s3_had_joined_the_parts_is_healed_by_asking_again(
    api: Api, step_functions: FakeStepFunctions
) -> None:
    upload = begin(api)
    parts = send_parts(upload, cut(upload))
    step_functions.is_down = True
    assert complete(api, upload, parts).status == 503
    step_functions.is_down = False
    assert complete(api, upload, parts).status == 200
    assert len(step_functions.started) == 1


def test_a_file_name_never_reaches_a_key(api: Api, served: Served, catalog: Catalog) -> None:
    upload = begin(api)
    (row,) = query(catalog, "SELECT object_key FROM uploads")
    assert row["object_key"] == f"uploads/{upload['upload_id']}/source"
    assert "Film" not in "".join(upload["part_urls"])


@pytest.mark.parametrize(
    ("change", "code", "details"),
    [
        ({2: None}, "UploadIncomplete", {"missing": [2], "changed": []}),
        ({2: "x"}, "UploadIncomplete", {"missing": [], "changed": [2]}),
        ({4: "x"}, "InvalidRequest", {"part_numbers": [4]}),
    ],
)
def test_what_is_not_the_list_of_the_parts_is_refused_and_can_be_mended(
    api: Api, change: dict[int, str | None], code: str, details: dict[str, Any]
) -> None:
    upload = begin(api)
    right = send_parts(upload, cut(upload))
    etags = {part["part_number"]: part["etag"] for part in right} | change
    wrong = [{"part_number": n, "etag": etag} for n, etag in etags.items() if etag]
    answer = complete(api, upload, wrong)
    assert (answer.code, answer.body["error"]["details"]) == (code, details)
    assert complete(api, upload, right).status == 200


def test_a_part_that_is_listed_twice_is_refused(api: Api) -> None:
    upload = begin(api)
    answer = complete(api, upload, [{"part_number": 1, "etag": "a"}, {"part_number": 1, "etag": "b"}])
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_a_file_of_another_size_than_stated_is_refused(api: Api, catalog: Catalog) -> None:
    upload = begin(api)
    parts = send_parts(upload, cut(upload) | {3: b"shorter"})
    answer = complete(api, upload, parts)
    assert (answer.status, answer.code, answer.body["error"]["details"]["parts"]) == (
        409,
        "UploadSizeMismatch",
        [3],
    )
    assert query(catalog, "SELECT FROM source_videos") == []


@pytest.mark.parametrize(
    ("size_bytes", "code"),
    [(0, "UnsupportedMedia"), (MAX_UPLOAD_BYTES + 1, "SourceTooLarge"), (-1, "InvalidRequest")],
)
def test_an_empty_file_and_one_that_is_too_large_are_refused(api: Api, size_bytes: int, code: str) -> None:
    answer = api.post("/uploads", filename="a.mp4", size_bytes=size_bytes)
    assert (answer.status, answer.code) == (400, code)


@pytest.mark.parametrize("filename", ["", "a\n.mp4", "a\0", "/", "a" * 256, "\ud800"])
def test_a_name_that_could_not_be_a_title_is_refused(api: Api, filename: str) -> None:
    answer = api.post("/uploads", filename=filename, size_bytes=1)
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_the_largest_file_gets_a_thousand_urls(api: Api) -> None:
    answer = api.post("/uploads", filename="a.mov", size_bytes=MAX_UPLOAD_BYTES).body
    assert len(set(answer["part_urls"])) == 1000
    assert abort(api, answer).status == 200
