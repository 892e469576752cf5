"""The bucket behaves as S3 does for the SDK, survives a restart, and hands out links that expire."""

import http.client
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from local_cloud.s3 import presigned
from tests.local_cloud.s3.served_bucket import BUCKET, Served


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    kept = Served(tmp_path / "objects")
    yield kept
    kept.close()


@pytest.fixture
def s3(served: Served) -> Any:
    return served.client


def read(s3: Any, key: str, **more: Any) -> bytes:
    body: bytes = s3.get_object(Bucket=BUCKET, Key=key, **more)["Body"].read()
    return body


def test_an_object_comes_back_with_its_type_tags_and_metadata(s3: Any) -> None:
    s3.put_object(
        Bucket=BUCKET, Key="uploads/ä b/1.txt", Body=b"hello", ContentType="text/plain", Tagging="a=1&b=%26",
        Metadata={"title": "x"},
    )  # fmt: skip
    found = s3.get_object(Bucket=BUCKET, Key="uploads/ä b/1.txt")
    assert (found["Body"].read(), found["ContentType"], found["Metadata"]) == (
        b"hello", "text/plain", {"title": "x"},
    )  # fmt: skip
    tags = s3.get_object_tagging(Bucket=BUCKET, Key="uploads/ä b/1.txt")["TagSet"]
    assert tags == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "&"}]


def test_ranges_are_exact(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=bytes(range(100)))
    found = s3.get_object(Bucket=BUCKET, Key="k", Range="bytes=10-19")
    assert found["Body"].read() == bytes(range(10, 20))
    assert found["ContentRange"] == "bytes 10-19/100"
    assert read(s3, "k", Range="bytes=-5") == bytes(range(95, 100))
    with pytest.raises(ClientError, match="InvalidRange"):
        s3.get_object(Bucket=BUCKET, Key="k", Range="bytes=100-")


def test_every_put_makes_a_version_and_old_ones_can_be_read(s3: Any) -> None:
    first = s3.put_object(Bucket=BUCKET, Key="k", Body=b"one")["VersionId"]
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"two")
    assert (read(s3, "k"), read(s3, "k", VersionId=first)) == (b"two", b"one")


def test_a_deleted_object_is_gone_but_its_version_is_not(s3: Any) -> None:
    version = s3.put_object(Bucket=BUCKET, Key="k", Body=b"one")["VersionId"]
    s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "k"}, {"Key": "never there"}]})
    with pytest.raises(ClientError, match="NoSuchKey"):
        read(s3, "k")
    assert read(s3, "k", VersionId=version) == b"one"
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET)


def test_multipart_uploads_join_their_parts_in_order(s3: Any, tmp_path: Path, served: Served) -> None:
    path = tmp_path / "big"
    path.write_bytes(bytes(range(256)) * 80_000)
    config = TransferConfig(multipart_threshold=5 * 1024**2, multipart_chunksize=5 * 1024**2)
    s3.upload_file(
        str(path), BUCKET, "big", Config=config, ExtraArgs={"ContentType": "video/mp4", "Tagging": "a=b"}
    )
    found = s3.get_object(Bucket=BUCKET, Key="big")
    assert found["Body"].read() == path.read_bytes()
    assert found["ContentType"] == "video/mp4"
    assert found["ETag"].endswith('-4"')
    assert served.created == [(BUCKET, "big", "CompleteMultipartUpload")]


def test_a_part_that_was_not_sent_cannot_be_completed(s3: Any) -> None:
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="k")["UploadId"]
    with pytest.raises(ClientError, match="InvalidPart"):
        s3.complete_multipart_upload(
            Bucket=BUCKET,
            Key="k",
            UploadId=upload,
            MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": '"x"'}]},
        )


def test_listing_pages_through_keys_in_order_and_folds_folders(s3: Any) -> None:
    for number in range(7):
        s3.put_object(Bucket=BUCKET, Key=f"a/{number}", Body=b"")
    s3.put_object(Bucket=BUCKET, Key="b", Body=b"")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 3})
    assert [o["Key"] for page in pages for o in page["Contents"]] == [*(f"a/{n}" for n in range(7)), "b"]
    folded = s3.list_objects_v2(Bucket=BUCKET, Delimiter="/")
    assert [p["Prefix"] for p in folded["CommonPrefixes"]] == ["a/"]
    assert [o["Key"] for o in folded["Contents"]] == ["b"]


def test_a_copy_keeps_content_and_type(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="from", Body=b"x", ContentType="image/jpeg", Tagging="a=b")
    s3.copy_object(Bucket=BUCKET, Key="to", CopySource={"Bucket": BUCKET, "Key": "from"})
    assert s3.head_object(Bucket=BUCKET, Key="to")["ContentType"] == "image/jpeg"


def test_a_body_that_was_changed_on_its_way_is_refused(served: Served) -> None:
    md5 = {"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}
    connection = http.client.HTTPConnection("127.0.0.1", served.server.port)
    connection.request("PUT", f"/{BUCKET}/k", b"changed", md5)
    assert connection.getresponse().status == 400
    connection.close()


def test_objects_versions_and_half_done_uploads_survive_a_restart(tmp_path: Path) -> None:
    first = Served(tmp_path / "objects")
    version = first.client.put_object(
        Bucket=BUCKET, Key="k", Body=b"kept", Tagging="a=b", ContentType="image/jpeg"
    )
    upload = first.client.create_multipart_upload(Bucket=BUCKET, Key="half")["UploadId"]
    part = first.client.upload_part(Bucket=BUCKET, Key="half", UploadId=upload, PartNumber=1, Body=b"half")
    first.close()
    second = Served(tmp_path / "objects")
    found = second.client.get_object(Bucket=BUCKET, Key="k")
    assert (found["Body"].read(), found["VersionId"], found["TagCount"]) == (b"kept", version["VersionId"], 1)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    second.client.complete_multipart_upload(Bucket=BUCKET, Key="half", UploadId=upload, MultipartUpload=parts)
    assert read(second.client, "half") == b"half"
    assert second.created == [(BUCKET, "half", "CompleteMultipartUpload")]
    second.close()


def as_request(url: str, host: str) -> Request:
    path, _, query = url.removeprefix(f"http://{host}").partition("?")
    return Request(EnvironBuilder(path=path, query_string=query, base_url=f"http://{host}").get_environ())


def test_a_presigned_link_is_good_for_its_object_until_it_expires(s3: Any, served: Served) -> None:
    host = served.server.url.removeprefix("http://")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "a b/ü.mp4"}, ExpiresIn=60)
    later = datetime.now(UTC) + timedelta(seconds=90)
    assert presigned.verify(as_request(url, host), secret_key="secret")
    assert not presigned.verify(as_request(url, host), secret_key="secret", now=later)
    assert not presigned.verify(as_request(url, host), secret_key="guessed")
    assert not presigned.verify(as_request(url.replace("mp4", "mp3"), host), secret_key="secret")
