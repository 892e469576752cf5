"""Uploads that somebody else sends to S3 part by part, through URLs that are signed here. No byte passes through us."""

from collections.abc import Mapping

from heaters.domain.errors import SourceUnavailable
from heaters.domain.jobs import ObjectRef
from heaters.domain.uploads import StoredPart
from heaters.s3.store import MediaStore

URL_LASTS_S = 3600
"""S3 looks at the time when a part begins to arrive; whoever comes later asks for fresh URLs."""


def begin_multipart(store: MediaStore, key: str) -> str:
    """S3's id of a new upload to `key`."""
    answer = store.ask("create_multipart_upload", key, ContentType="application/octet-stream")
    return str(answer["UploadId"])


def sign_part(store: MediaStore, key: str, multipart_id: str, part_number: int) -> str:
    """A URL that takes this one part by PUT, for URL_LASTS_S seconds."""
    parameters = {
        "Bucket": store.bucket, "Key": key, "UploadId": multipart_id, "PartNumber": part_number,
    }  # fmt: skip
    return store.presigned("upload_part", parameters, expires_s=URL_LASTS_S)


def list_parts(store: MediaStore, key: str, multipart_id: str) -> list[StoredPart]:
    """The parts that S3 has, by number. Raises SourceUnavailable where S3 knows no such upload (any more)."""
    found: list[StoredPart] = []
    after = 0
    while True:
        page = store.ask("list_parts", key, UploadId=multipart_id, PartNumberMarker=after)
        found += [
            StoredPart(part_number=p["PartNumber"], etag=p["ETag"].strip('"'), size_bytes=p["Size"])
            for p in page.get("Parts", [])
        ]
        if not page.get("IsTruncated"):
            return found
        after = int(page["NextPartNumberMarker"])


def complete_multipart(store: MediaStore, key: str, multipart_id: str, etags: Mapping[int, str]) -> ObjectRef:
    """Join the parts into an object. Raises SourceUnavailable where S3 knows no such upload (any more)."""
    parts = [{"PartNumber": number, "ETag": f'"{etags[number]}"'} for number in sorted(etags)]
    answer = store.ask(
        "complete_multipart_upload", key, UploadId=multipart_id, MultipartUpload={"Parts": parts}
    )
    return ObjectRef(key=key, version_id=answer.get("VersionId"))


def abort_multipart(store: MediaStore, key: str, multipart_id: str) -> bool:
    """Have S3 forget the parts; False where it knows no such upload (any more)."""
    try:
        store.ask("abort_multipart_upload", key, UploadId=multipart_id)
    except SourceUnavailable:
        return False
    return True


def find_object(store: MediaStore, key: str) -> ObjectRef | None:
    """What became of a key that is written once."""
    try:
        answer = store.ask("head_object", key)
    except SourceUnavailable:
        return None
    return ObjectRef(key=key, version_id=answer.get("VersionId"))
