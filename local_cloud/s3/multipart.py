"""S3's multipart uploads over an ObjectStore. Parts and objects are streamed to disk, never held in memory."""

from collections.abc import Callable

from werkzeug import Request, Response

from local_cloud.s3 import documents
from local_cloud.s3.answers import S3Error, kept_headers, read_tags, xml
from local_cloud.s3.body import read_body
from local_cloud.s3.object_store import ObjectStore
from local_cloud.s3.objects import Upload, Version

ObjectCreated = Callable[[str, Version, str], None]
"""Told `(bucket, version, reason)` of every object that a request created."""

_MIN_PART_BYTES = 5 * 1024**2
_MAX_PART_NUMBER = 10_000


class Multipart:
    """The requests on one key that have `uploads` or `uploadId` in their query."""

    def __init__(self, *, store: ObjectStore, created: ObjectCreated) -> None:
        self._store = store
        self._created = created

    def answer(self, request: Request, bucket: str, key: str) -> Response:
        if "uploads" in request.args:
            upload_id = self._store.start_upload(bucket, key, kept_headers(request), read_tags(request))
            return xml(documents.upload_started(bucket, key, upload_id))
        upload = self._store.upload(request.args["uploadId"])
        if upload is None or (upload.bucket, upload.key) != (bucket, key):
            raise _no_such_upload()
        if request.method == "PUT":
            return self._put_part(request, upload)
        if request.method == "GET":
            return xml(documents.parts(upload, request.args, self._store.parts(upload.upload_id)))
        if request.method == "DELETE":
            self._store.abort_upload(upload.upload_id)
            return Response(status=204)
        return self._complete(request, upload)

    def _put_part(self, request: Request, upload: Upload) -> Response:
        number = request.args.get("partNumber", type=int)
        if number is None or not 1 <= number <= _MAX_PART_NUMBER:
            raise S3Error("InvalidArgument", 400, f"Part numbers go from 1 to {_MAX_PART_NUMBER}.")
        body = self._store.receive(read_body(request))
        etag = self._store.put_part(upload.upload_id, number, body)
        if etag is None:
            raise _no_such_upload()
        return Response(headers={"ETag": f'"{etag}"'})

    def _complete(self, request: Request, upload: Upload) -> Response:
        wanted = documents.parse_complete(b"".join(read_body(request)))
        known = self._store.parts(upload.upload_id)
        if not wanted or any(number not in known or known[number][1] != etag for number, etag in wanted):
            raise S3Error("InvalidPart", 400, "A part is missing or has another ETag.")
        numbers = [number for number, _ in wanted]
        if numbers != sorted(set(numbers)):
            raise S3Error("InvalidPartOrder", 400, "Parts must be listed in rising order.")
        if any(known[number][0] < _MIN_PART_BYTES for number in numbers[:-1]):
            raise S3Error("EntityTooSmall", 400, "Every part but the last has at least 5 MiB.")
        version = self._store.complete_upload(upload, numbers)
        if version is None:
            raise _no_such_upload()
        self._created(upload.bucket, version, "CompleteMultipartUpload")
        return xml(documents.completed(upload, version), {"x-amz-version-id": version.version_id})


def _no_such_upload() -> S3Error:
    return S3Error("NoSuchUpload", 404, "The upload does not exist; it was completed or aborted.")
