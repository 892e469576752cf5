"""S3 as a WSGI application over an ObjectStore: the operations that Heaters and the AWS SDKs use on a versioned bucket.

Path style only (`/bucket/key`). Signatures are checked where strangers can reach it (presigned.py), not here.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import parse_qsl, quote, unquote
from xml.etree import ElementTree

from werkzeug import Request, Response

from infra.local import s3_xml
from infra.local.object_store import ObjectStore
from infra.local.objects import Upload, Version, read_blocks
from infra.local.s3_body import BadDigest, read_body

_KEPT_HEADERS = ("Content-Type", "Cache-Control", "Content-Disposition", "Content-Language", "Expires")
_OVERRIDES = ("content-type", "content-disposition", "cache-control", "content-language", "expires")

ObjectCreated = Callable[[str, Version, str], None]
"""Told `(bucket, version, reason)` of every object that a request created."""


class S3Error(Exception):
    """An answer that is an error, in S3's words."""

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(message)
        self.code, self.status, self.message = code, status, message


class S3:
    """`created` is called after an object is there, before the client hears of it."""

    def __init__(self, *, store: ObjectStore, buckets: frozenset[str], created: ObjectCreated) -> None:
        self.buckets = buckets
        self._store = store
        self._created = created

    def answer(self, request: Request) -> Response:
        try:
            return self._route(request)
        except S3Error as exc:
            return _error(exc.code, exc.status, exc.message)
        except BadDigest as exc:
            return _error("BadDigest", 400, f"The body does not match {exc}.")

    def _route(self, request: Request) -> Response:
        bucket, _, key = request.path.lstrip("/").partition("/")
        if not bucket:
            return _xml(s3_xml.buckets(self.buckets))
        if bucket not in self.buckets:
            raise S3Error("NoSuchBucket", 404, f"The bucket {bucket} does not exist.")
        flags = request.args
        if not key:
            return self._bucket(request, bucket)
        if "tagging" in flags:
            return self._tagging(request, bucket, key)
        if "uploadId" in flags or "uploads" in flags:
            return self._multipart(request, bucket, key)
        handlers = {"GET": self._get, "HEAD": self._get, "PUT": self._put, "DELETE": self._delete}
        if request.method not in handlers:
            raise S3Error("MethodNotAllowed", 405, f"{request.method} is not for objects.")
        return handlers[request.method](request, bucket, key)

    def _bucket(self, request: Request, bucket: str) -> Response:
        flags = request.args
        if request.method == "POST" and "delete" in flags:
            return self._delete_many(request, bucket)
        if request.method == "HEAD":
            return Response(headers={"x-amz-bucket-region": "us-east-1"})
        if request.method != "GET":
            raise S3Error(
                "NotImplemented", 501, f"{request.method} on a bucket is not part of the local cloud."
            )
        if "location" in flags:
            return _xml(s3_xml.location())
        if "versioning" in flags:
            return _xml(s3_xml.versioning())
        if "versions" in flags:
            return _xml(s3_xml.versions(bucket, self._store.versions(bucket, flags.get("prefix", ""))))
        return _xml(s3_xml.listing(bucket, flags, self._store))

    def _get(self, request: Request, bucket: str, key: str) -> Response:
        version = self._find(bucket, key, request.args.get("versionId"))
        headers = _object_headers(version, request.args)
        if request.headers.get("If-None-Match") == f'"{version.etag}"':
            return Response(status=304, headers=headers)
        if (wanted := request.headers.get("If-Match")) and wanted.strip('"') != version.etag:
            raise S3Error("PreconditionFailed", 412, "The object has another ETag.")
        start, size, status = 0, version.size, 200
        if "Range" in request.headers:
            start, size = _range(request, version.size)
            status, headers["Content-Range"] = 206, f"bytes {start}-{start + size - 1}/{version.size}"
        headers["Content-Length"] = str(size)
        body = [] if request.method == "HEAD" else read_blocks(self._store.path(version), start, size)
        return Response(body, status=status, headers=headers, direct_passthrough=True)

    def _put(self, request: Request, bucket: str, key: str) -> Response:
        if len(key.encode()) > 1024:
            raise S3Error("KeyTooLongError", 400, "A key has at most 1,024 bytes.")
        if request.headers.get("If-None-Match") == "*" and self._exists(bucket, key):
            raise S3Error("PreconditionFailed", 412, "There is an object already.")
        source = request.headers.get("x-amz-copy-source")
        if source:
            return self._copy(request, bucket, key, source)
        body = self._store.receive(read_body(request))
        version = self._store.put(bucket, key, body, _kept_headers(request), _tags(request))
        self._created(bucket, version, "PutObject")
        return Response(headers={"ETag": f'"{version.etag}"', "x-amz-version-id": version.version_id})

    def _copy(self, request: Request, bucket: str, key: str, source: str) -> Response:
        path, _, query = unquote(source).lstrip("/").partition("?versionId=")
        from_bucket, _, from_key = path.partition("/")
        found = self._find(from_bucket, from_key, query or None)
        replace = request.headers.get("x-amz-metadata-directive") == "REPLACE"
        retag = request.headers.get("x-amz-tagging-directive") == "REPLACE"
        version = self._store.put(
            bucket,
            key,
            self._store.receive(read_blocks(self._store.path(found))),
            _kept_headers(request) if replace else found.headers,
            _tags(request) if retag else found.tags,
        )
        self._created(bucket, version, "CopyObject")
        return _xml(s3_xml.copied(version), {"x-amz-version-id": version.version_id})

    def _delete(self, request: Request, bucket: str, key: str) -> Response:
        gone = self._store.delete(bucket, key, request.args.get("versionId"))
        headers = {"x-amz-version-id": gone.version_id} if gone else {}
        if gone and gone.is_marker:
            headers["x-amz-delete-marker"] = "true"
        return Response(status=204, headers=headers)

    def _delete_many(self, request: Request, bucket: str) -> Response:
        wanted, quiet = s3_xml.parse_delete(b"".join(read_body(request)))
        for key, version_id in wanted:
            self._store.delete(bucket, key, version_id)
        return _xml(s3_xml.deleted([] if quiet else wanted))

    def _tagging(self, request: Request, bucket: str, key: str) -> Response:
        version = self._find(bucket, key, request.args.get("versionId"))
        if request.method == "GET":
            return _xml(s3_xml.tagging(version.tags))
        tags = s3_xml.parse_tagging(b"".join(read_body(request))) if request.method == "PUT" else {}
        self._store.set_tags(bucket, version, tags)
        return Response(status=200 if request.method == "PUT" else 204)

    def _multipart(self, request: Request, bucket: str, key: str) -> Response:
        if "uploads" in request.args:
            upload_id = self._store.start_upload(bucket, key, _kept_headers(request), _tags(request))
            return _xml(s3_xml.upload_started(bucket, key, upload_id))
        upload = self._store.upload(request.args["uploadId"])
        if upload is None or (upload.bucket, upload.key) != (bucket, key):
            raise S3Error("NoSuchUpload", 404, "The upload does not exist; it was completed or aborted.")
        if request.method == "PUT":
            return self._put_part(request, upload)
        if request.method == "GET":
            return _xml(s3_xml.parts(bucket, key, upload.upload_id, self._store.parts(upload.upload_id)))
        if request.method == "DELETE":
            self._store.abort_upload(upload.upload_id)
            return Response(status=204)
        return self._complete(request, upload)

    def _put_part(self, request: Request, upload: Upload) -> Response:
        body = self._store.receive(read_body(request))
        etag = self._store.put_part(upload.upload_id, int(request.args["partNumber"]), body)
        return Response(headers={"ETag": f'"{etag}"'})

    def _complete(self, request: Request, upload: Upload) -> Response:
        wanted = s3_xml.parse_complete(b"".join(read_body(request)))
        known = self._store.parts(upload.upload_id)
        if not wanted or any(number not in known or known[number][1] != etag for number, etag in wanted):
            raise S3Error("InvalidPart", 400, "A part is missing or has another ETag.")
        numbers = [number for number, _ in wanted]
        if numbers != sorted(set(numbers)):
            raise S3Error("InvalidPartOrder", 400, "Parts must be listed in rising order.")
        version = self._store.complete_upload(upload, numbers)
        self._created(upload.bucket, version, "CompleteMultipartUpload")
        return _xml(s3_xml.completed(upload, version), {"x-amz-version-id": version.version_id})

    def _exists(self, bucket: str, key: str) -> bool:
        found = self._store.get(bucket, key)
        return found is not None and not found.is_marker

    def _find(self, bucket: str, key: str, version_id: str | None) -> Version:
        version = self._store.get(bucket, key, version_id)
        if version is None or version.is_marker:
            code = "NoSuchVersion" if version_id and version is None else "NoSuchKey"
            raise S3Error(code, 404, f"There is no object {key} in {bucket}.")
        return version


def _object_headers(version: Version, query: Mapping[str, str]) -> dict[str, str]:
    headers = {"Content-Type": "binary/octet-stream"} | version.headers | {
        "ETag": f'"{version.etag}"',
        "Last-Modified": format_datetime(datetime.fromtimestamp(version.modified_s, UTC), usegmt=True),
        "Accept-Ranges": "bytes",
        "x-amz-version-id": version.version_id,
    }  # fmt: skip
    if version.tags:
        headers["x-amz-tagging-count"] = str(len(version.tags))
    asked = {name: query[f"response-{name}"] for name in _OVERRIDES if f"response-{name}" in query}
    return headers | {name.title(): value for name, value in asked.items()}


def _range(request: Request, size: int) -> tuple[int, int]:
    wanted = request.range
    if wanted is None or wanted.units != "bytes" or len(wanted.ranges) != 1:
        return 0, size
    found = wanted.range_for_length(size)
    if found is None:
        raise S3Error("InvalidRange", 416, f"The object has {size} bytes.")
    return found[0], found[1] - found[0]


def _kept_headers(request: Request) -> dict[str, str]:
    kept = {name: request.headers[name] for name in _KEPT_HEADERS if name in request.headers}
    return kept | {n.lower(): v for n, v in request.headers.items() if n.lower().startswith("x-amz-meta-")}


def _tags(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.headers.get("x-amz-tagging", ""), keep_blank_values=True))


def _xml(root: ElementTree.Element, headers: Mapping[str, str] | None = None) -> Response:
    body = b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root)
    return Response(body, content_type="application/xml", headers=headers)


def _error(code: str, status: int, message: str) -> Response:
    answer = _xml(s3_xml.error(code, message))
    answer.status_code = status
    return answer


def object_path(bucket: str, key: str) -> str:
    """Where an object is found on this server."""
    return f"/{bucket}/{quote(key)}"
