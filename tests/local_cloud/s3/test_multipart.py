"""Multipart uploads of the local S3, by SDK and by signed URL: exact, and never half an object."""

import http.client
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from local_cloud.s3.object_store import ObjectStore
from tests.local_cloud.s3.served_bucket import BUCKET, SITE, Served, put

MIB = 1024**2
KEY = "uploads/x/source"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    kept = Served(tmp_path / "objects")
    yield kept
    kept.close()


def begin(served: Served) -> str:
    return str(served.client.create_multipart_upload(Bucket=BUCKET, Key=KEY)["UploadId"])


def sign(served: Served, upload: str, number: int, *, lasts_s: int = 60, method: str = "upload_part") -> str:
    parameters = {"Bucket": BUCKET, "Key": KEY, "UploadId": upload, "PartNumber": number}
    return str(served.client.generate_presigned_url(method, Params=parameters, ExpiresIn=lasts_s))


def complete(served: Served, upload: str, etags: dict[int, str]) -> Any:
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in etags.items()]
    return served.client.complete_multipart_upload(
        Bucket=BUCKET, Key=KEY, UploadId=upload, MultipartUpload={"Parts": parts}
    )


def test_parts_that_are_put_in_any_order_become_the_file(served: Served) -> None:
    upload = begin(served)
    pieces = {1: os.urandom(5 * MIB), 2: os.urandom(5 * MIB), 3: os.urandom(12_345)}
    etags = {}
    for number in (3, 1, 2):
        status, headers = put(sign(served, upload, number), pieces[number])
        assert status == 200
        etags[number] = headers["ETag"]
    listed = served.client.list_parts(Bucket=BUCKET, Key=KEY, UploadId=upload)["Parts"]
    assert [(p["PartNumber"], p["ETag"], p["Size"]) for p in listed] == [
        (number, etags[number], len(pieces[number])) for number in (1, 2, 3)
    ]
    version = complete(served, upload, dict(sorted(etags.items())))["VersionId"]
    found = served.client.get_object(Bucket=BUCKET, Key=KEY, VersionId=version)
    assert found["Body"].read() == b"".join(pieces[number] for number in (1, 2, 3))
    assert served.created == [(BUCKET, KEY, "CompleteMultipartUpload")]


def test_a_part_that_is_put_again_replaces_the_first(served: Served) -> None:
    upload = begin(served)
    put(sign(served, upload, 1), b"first")
    _, headers = put(sign(served, upload, 1), b"second")
    complete(served, upload, {1: headers["ETag"]})
    assert served.client.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == b"second"


def test_parts_are_listed_page_by_page(served: Served) -> None:
    upload = begin(served)
    for number in range(1, 6):
        put(sign(served, upload, number), b"x")
    pages = served.client.get_paginator("list_parts").paginate(
        Bucket=BUCKET, Key=KEY, UploadId=upload, PaginationConfig={"PageSize": 2}
    )
    assert [[part["PartNumber"] for part in page["Parts"]] for page in pages] == [[1, 2], [3, 4], [5]]


def test_a_signed_url_is_for_one_part_by_put_until_it_expires(served: Served) -> None:
    upload = begin(served)
    url = sign(served, upload, 1)
    assert put(url.replace("partNumber=1", "partNumber=2"), b"x")[0] == 403
    assert put(url, method="DELETE")[0] == 403
    assert put(url.replace("/x/", "/y/"), b"x")[0] == 403
    assert put(sign(served, upload, 1, lasts_s=-1), b"x")[0] == 403
    assert "Parts" not in served.client.list_parts(Bucket=BUCKET, Key=KEY, UploadId=upload)


def test_a_refusal_of_a_large_part_reaches_the_sender(served: Served) -> None:
    """Who is reset while sending cannot tell a URL that has run out from a server that is gone."""
    body = bytes(16 * MIB)
    upload = begin(served)
    assert put(sign(served, upload, 1, lasts_s=-1), body)[0] == 403
    served.client.abort_multipart_upload(Bucket=BUCKET, Key=KEY, UploadId=upload)
    assert put(sign(served, upload, 1), body)[0] == 404


@pytest.mark.parametrize("number", [0, 10_001])
def test_a_part_number_that_s3_does_not_have_is_refused(served: Served, number: int) -> None:
    assert put(sign(served, begin(served), number), b"x")[0] == 400


@pytest.mark.parametrize(
    ("etags", "code"),
    [
        ({1: '"x"'}, "InvalidPart"),
        ({7: '"x"'}, "InvalidPart"),
        ({2: "", 1: ""}, "InvalidPartOrder"),
        ({1: "", 2: ""}, "EntityTooSmall"),
    ],
)
def test_what_is_not_the_list_of_the_parts_is_refused_in_s3s_words(
    served: Served, etags: dict[int, str], code: str
) -> None:
    upload = begin(served)
    sent = {number: put(sign(served, upload, number), b"x")[1]["ETag"] for number in (1, 2)}
    with pytest.raises(ClientError, match=code):
        complete(served, upload, {number: etag or sent[number] for number, etag in etags.items()})


def test_after_abort_or_completion_nothing_can_be_added_and_nothing_is_left(
    served: Served, tmp_path: Path
) -> None:
    for end in ("abort", "complete"):
        upload = begin(served)
        _, headers = put(sign(served, upload, 1), b"x")
        if end == "abort":
            served.client.abort_multipart_upload(Bucket=BUCKET, Key=KEY, UploadId=upload)
        else:
            complete(served, upload, {1: headers["ETag"]})
        assert put(sign(served, upload, 1), b"x")[0] == 404
        with pytest.raises(ClientError, match="NoSuchUpload"):
            complete(served, upload, {1: headers["ETag"]})
    assert list((tmp_path / "objects" / "incoming").iterdir()) == []


def test_of_two_who_complete_at_once_one_makes_the_object(served: Served) -> None:
    upload = begin(served)
    _, headers = put(sign(served, upload, 1), os.urandom(8 * MIB))
    clients = [served.open_client() for _ in range(4)]
    start = threading.Barrier(len(clients))

    def try_to_complete(client: Any) -> str:
        start.wait()
        try:
            return str(
                client.complete_multipart_upload(
                    Bucket=BUCKET, Key=KEY, UploadId=upload,
                    MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": headers["ETag"]}]},
                )["VersionId"]
            )  # fmt: skip
        except ClientError as exc:
            return str(exc.response["Error"]["Code"])

    with ThreadPoolExecutor(len(clients)) as pool:
        outcomes = sorted(pool.map(try_to_complete, clients))
    assert outcomes.count("NoSuchUpload") == len(clients) - 1
    assert len(served.store.versions(BUCKET, KEY)) == 1


def test_a_body_that_breaks_off_leaves_no_part(served: Served, tmp_path: Path) -> None:
    upload = begin(served)
    parts = urlsplit(sign(served, upload, 1))
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    connection.putrequest("PUT", f"{parts.path}?{parts.query}")
    connection.putheader("Content-Length", str(MIB))
    connection.endheaders(b"only the beginning")
    assert connection.sock is not None
    connection.sock.shutdown(1)
    assert connection.getresponse().status == 400
    connection.close()
    assert served.store.parts(upload) == {}
    assert list((tmp_path / "objects" / "incoming").iterdir()) == []


_DIE_WHILE_JOINING = """
import os, sys
from pathlib import Path
from local_cloud.s3 import object_store
store = object_store.ObjectStore(Path(sys.argv[1]))
upload = store.upload(store.start_upload("media", "k", {}, {}))
for number in (1, 2):
    store.put_part(upload.upload_id, number, store.receive([b"x" * 1000]))
print(upload.upload_id, flush=True)
read = object_store.read_blocks
def read_one_then_die(path):
    yield from read(path)
    os.kill(os.getpid(), 9)
object_store.read_blocks = read_one_then_die
store.complete_upload(upload, [1, 2])
"""


def test_a_kill_while_parts_are_joined_leaves_the_upload_as_it_was(tmp_path: Path) -> None:
    died = subprocess.run(
        [sys.executable, "-c", _DIE_WHILE_JOINING, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert died.returncode == -9, died.stderr
    store = ObjectStore(tmp_path)
    upload = store.upload(died.stdout.strip())
    assert upload is not None
    assert store.versions("media", "") == []
    assert sorted(path.name.rsplit("-", 1)[1] for path in (tmp_path / "incoming").iterdir()) == ["1", "2"]
    version = store.complete_upload(upload, [1, 2])
    assert version is not None
    assert store.path(version).read_bytes() == b"x" * 2000
    store.close()


def test_a_page_of_the_site_may_put_parts_and_read_their_etags(served: Served) -> None:
    upload = begin(served)
    url = sign(served, upload, 1)
    asked: dict[str, Any] = {
        "Origin": SITE,
        "Access_Control_Request_Method": "PUT",
        "Access_Control_Request_Headers": "content-type",
    }
    status, headers = put(url, method="OPTIONS", **asked)
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, SITE)
    assert headers["Access-Control-Allow-Headers"] == "content-type"
    status, headers = put(url, b"x", Origin=SITE, Content_Type="video/mp4")
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, SITE)
    assert (headers["Access-Control-Expose-Headers"], headers["ETag"]) == (
        "ETag",
        '"9dd4e461268c8034f5c8564e155c67a6"',
    )


@pytest.mark.parametrize(("origin", "method"), [("https://evil.example", "PUT"), (SITE, "DELETE")])
def test_no_other_page_and_no_other_method_is_let_through(served: Served, origin: str, method: str) -> None:
    url = sign(served, begin(served), 1)
    status, headers = put(url, method="OPTIONS", Origin=origin, Access_Control_Request_Method=method)
    assert status == 403
    assert "Access-Control-Allow-Origin" not in headers
