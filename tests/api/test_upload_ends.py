"""Uploads by browsers that end otherwise: aborted, given up, gone on with after a reload, begun twice."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from heaters.catalog.connection import Catalog
from heaters.s3.store import MediaStore
from tests.api.api_client import Api
from tests.api.browser_uploads import FILE, NAME, SAME_KEY, abort, begin, complete, cut, send, send_parts
from tests.catalog.review_videos import query
from tests.local_cloud.s3.served_bucket import BUCKET, Served, put


@pytest.fixture
def store(served: Served) -> MediaStore:
    return MediaStore(bucket=BUCKET, client=served.client)


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
