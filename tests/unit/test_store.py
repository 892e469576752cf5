"""The media bucket's errors and listings, with scripted answers in place of S3's."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from heaters.domain.errors import StorageUnavailable
from heaters.domain.jobs import ObjectRef
from heaters.s3.store import MediaStore


@pytest.fixture
def stubber() -> Iterator[Stubber]:
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t")
    with Stubber(client) as stubber:
        yield stubber


def test_an_upload_that_s3_throttles_may_be_tried_again(stubber: Stubber, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"clip")
    stubber.add_client_error("put_object", "SlowDown", http_status_code=503)
    store = MediaStore(bucket="media", client=stubber.client)
    with pytest.raises(StorageUnavailable, match="exports/a"):
        store.put_file(path, "exports/a.mp4", content_type="video/mp4")


def test_a_download_that_keeps_breaking_off_may_be_tried_again(stubber: Stubber, tmp_path: Path) -> None:
    stubber.add_response("head_object", {"ContentLength": 5, "ETag": '"e"'})
    for _ in range(5):
        stubber.add_response(
            "get_object", {"Body": StreamingBody(BytesIO(b"abc"), 5), "ContentLength": 5, "ETag": '"e"'}
        )
    store = MediaStore(bucket="media", client=stubber.client)
    with pytest.raises(StorageUnavailable, match="uploads/a"):
        store.fetch(ObjectRef(key="uploads/a.mp4"), tmp_path / "source")


def test_a_deleted_key_stays_deleted_when_its_versions_are_on_the_next_page() -> None:
    """S3 lists a key's versions newest first, a thousand entries a page."""
    pages = [
        {
            "Versions": [{"Key": "uploads/a", "VersionId": "1"}],
            "DeleteMarkers": [{"Key": "uploads/b", "IsLatest": True}],
        },
        {"Versions": [{"Key": "uploads/b", "VersionId": "2"}, {"Key": "uploads/c", "VersionId": "3"}]},
    ]
    paginator: Any = SimpleNamespace(paginate=lambda **_: pages)
    store = MediaStore(bucket="media", client=SimpleNamespace(get_paginator=lambda _: paginator))
    assert [ref.key for ref in store.versions_under("uploads/")] == ["uploads/a", "uploads/c"]


@pytest.mark.parametrize(
    ("region", "endpoint", "host"),
    [
        ("eu-west-1", None, "https://media.s3.eu-west-1.amazonaws.com/uploads/a?"),
        ("us-east-1", None, "https://media.s3.amazonaws.com/uploads/a?"),
        ("us-east-1", "http://127.0.0.1:8700", "http://127.0.0.1:8700/media/uploads/a?"),
    ],
)
def test_a_link_names_the_bucket_in_its_own_region(
    monkeypatch: pytest.MonkeyPatch, region: str, endpoint: str | None, host: str
) -> None:
    """A browser follows no redirect from the global host: it comes without CORS headers."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers the region of the first client
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    assert MediaStore(bucket="media").presigned_get(ObjectRef(key="uploads/a")).startswith(host)
