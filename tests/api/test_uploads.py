"""Uploads by browsers through the API; parts go to the local cloud's S3 through the very URLs that it hands out."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from functions import start_video
from heaters.catalog.connection import Catalog
from heaters.domain import object_keys
from heaters.domain.ids import video_id_of_upload
from heaters.domain.uploads import MAX_UPLOAD_BYTES, MIN_PART_BYTES
from heaters.s3.store import MediaStore
from tests.api.api_client import Answer, Api, open_api
from tests.catalog.review_videos import query
from tests.catalog.stages.pipeline import call
from tests.catalog.step_functions import FakeStepFunctions
from tests.local_cloud.s3.served_bucket import BUCKET, Served, put

FILE = os.urandom(2 * MIN_PART_BYTES + 1000)
"""Three parts."""
NAME = "holiday/../Ünser Film.mp4"
SAME_KEY: dict[str, Any] = {"idempotency-key": "k1"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    kept = Served(tmp_path_factory.mktemp("objects"))
    yield kept
    kept.close()


@pytest.fixture
def api(
    catalog: Catalog, step_functions: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch, served: Served
) -> Api:
    store = MediaStore(bucket=BUCKET, client=served.client)
    return open_api(catalog, step_functions, monkeypatch, store=store)


def begin(api: Api, body: bytes = FILE, **headers: str) -> Any:
    sent = json.dumps({"filename": NAME, "size_bytes": len(body)}).encode()
    answer = api.call("POST", "/uploads", sent, **headers)
    assert answer.status == 201, answer.body
    return answer.body


def cut(upload: Any, body: bytes = FILE) -> dict[int, bytes]:
    size = upload["part_size_bytes"]
    return {at // size + 1: body[at : at + size] for at in range(0, len(body), size)}


def send(url: str, body: bytes) -> str:
    """The ETag that S3 answers a plain PUT with."""
    status, headers = put(url, body)
    assert status == 200
    return headers["ETag"]


def send_parts(
    upload: Any, pieces: dict[int, bytes], order: tuple[int, ...] = (3, 1, 2)
) -> list[dict[str, Any]]:
    etags = {number: send(upload["part_urls"][number - 1], pieces[number]) for number in order}
    return [{"part_number": number, "etag": etag} for number, etag in etags.items()]


def complete(api: Api, upload: Any, parts: list[dict[str, Any]], **headers: str) -> Answer:
    return api.call(
        "POST", f"/uploads/{upload['upload_id']}/complete", json.dumps({"parts": parts}).encode(), **headers
    )


def abort(api: Api, upload: Any) -> Answer:
    return api.call("DELETE", f"/uploads/{upload['upload_id']}")


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


def test_an_aborted_upload_is_gone_and_says_so(api: Api, served: Served, catalog: Catalog) -> None:
    upload = begin(api)
    parts = send_parts(upload, cut(upload))
    for _ in range(2):
        assert abort(api, upload).status == 200
    answer = complete(api, upload, parts)
    assert (answer.status, answer.code, answer.body["error"]["details"]["state"]) == (
        409,
        "UploadClosed",
        "aborted",
    )
    assert api.post(f"/uploads/{upload['upload_id']}/parts", part_numbers=[1]).code == "UploadClosed"
    assert put(upload["part_urls"][0], b"x")[0] == 404
    assert query(catalog, "SELECT FROM source_videos") == []


def test_a_complete_upload_cannot_be_aborted(api: Api) -> None:
    upload = begin(api)
    video_id = complete(api, upload, send_parts(upload, cut(upload))).body["video_id"]
    answer = abort(api, upload)
    assert (answer.status, answer.code, answer.body["error"]["details"]["video_id"]) == (
        409,
        "UploadClosed",
        video_id,
    )


def test_an_upload_that_s3_has_given_up_is_closed(api: Api, served: Served, catalog: Catalog) -> None:
    """What the bucket's lifecycle rule does after a week."""
    upload = begin(api)
    row = query(catalog, "SELECT object_key, multipart_id FROM uploads")[0]
    served.client.abort_multipart_upload(Bucket=BUCKET, Key=row["object_key"], UploadId=row["multipart_id"])
    answer = api.post(f"/uploads/{upload['upload_id']}/parts", part_numbers=[1])
    assert (answer.status, answer.code) == (409, "UploadClosed")
    assert query(catalog, "SELECT state::text FROM uploads") == [{"state": "aborted"}]


def test_after_a_reload_the_missing_parts_get_fresh_urls(api: Api) -> None:
    upload = begin(api)
    pieces = cut(upload)
    etag = send(upload["part_urls"][1], pieces[2])
    answer = api.post(f"/uploads/{upload['upload_id']}/parts", part_numbers=[3, 1]).body
    assert answer["parts"] == [{"part_number": 2, "etag": etag.strip('"'), "size_bytes": len(pieces[2])}]
    assert [part["part_number"] for part in answer["part_urls"]] == [1, 3]
    etags = {
        part["part_number"]: send(part["url"], pieces[part["part_number"]]) for part in answer["part_urls"]
    }
    parts = [{"part_number": n, "etag": tag} for n, tag in (etags | {2: etag}).items()]
    assert complete(api, upload, parts).status == 200
    assert api.post(f"/uploads/{upload['upload_id']}/parts", part_numbers=[4]).status == 409


def test_an_upload_belongs_to_the_person_who_began_it(api: Api) -> None:
    upload = begin(api)
    other = api.as_person("ben")
    path = f"/uploads/{upload['upload_id']}"
    answers = (
        other.post(f"{path}/parts", part_numbers=[1]),
        complete(other, upload, [{"part_number": 1, "etag": "a"}]),
        abort(other, upload),
        abort(api, {"upload_id": "never-begun"}),
    )
    assert [(answer.status, answer.code) for answer in answers] == [(404, "NotFound")] * 4


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


def test_the_same_key_twice_at_once_begins_one_upload(api: Api, served: Served, catalog: Catalog) -> None:
    """In S3 too: the one that came second takes its own back."""
    with ThreadPoolExecutor(4) as pool:
        begun = list(pool.map(lambda _: begin(api, **SAME_KEY), range(4)))
    assert len({upload["upload_id"] for upload in begun}) == 1
    (row,) = query(catalog, "SELECT object_key, multipart_id FROM uploads")
    assert served.list_uploads(row["object_key"]) == [row["multipart_id"]]
    assert complete(api, begun[3], send_parts(begun[0], cut(begun[0]))).status == 200


def test_the_same_key_for_another_file_is_refused(api: Api) -> None:
    begin(api, **SAME_KEY)
    sent = json.dumps({"filename": "other.mp4", "size_bytes": 1}).encode()
    answer = api.call("POST", "/uploads", sent, **{"idempotency-key": "k1"})
    assert (answer.status, answer.code) == (422, "KeyReused")


def test_a_forgotten_key_of_another_file_is_refused_again(api: Api, catalog: Catalog) -> None:
    begin(api, **SAME_KEY)
    with catalog.transaction() as connection:
        connection.execute("DELETE FROM idempotency_keys")
    sent = json.dumps({"filename": "other.mp4", "size_bytes": len(FILE)}).encode()
    answer = api.call("POST", "/uploads", sent, **{"idempotency-key": "k1"})
    assert (answer.status, answer.code) == (422, "KeyReused")


def test_a_key_whose_upload_was_aborted_begins_nothing(api: Api) -> None:
    """Its URLs would lead nowhere."""
    abort(api, begin(api, **SAME_KEY))
    sent = json.dumps({"filename": NAME, "size_bytes": len(FILE)}).encode()
    answer = api.call("POST", "/uploads", sent, **{"idempotency-key": "k1"})
    assert (answer.status, answer.code) == (409, "UploadClosed")
