"""S3 as a WSGI application over an ObjectStore: the operations that Heaters and the AWS SDKs use on a versioned bucket.

Path style only (`/bucket/key`). Signatures are checked where strangers can reach it (presigned.py), not here.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import unquote
from xml.etree import ElementTree

from werkzeug import Request, Response
from werkzeug.exceptions import ClientDisconnected

from local_cloud.s3 import cors, documents
from local_cloud.s3.answers import S3Error, error, kept_headers, read_tags, xml
from local_cloud.s3.body import BadDigest, read_body
from local_cloud.s3.multipart import Multipart, ObjectCreated
from local_cloud.s3.object_store import ObjectStore
from local_cloud.s3.objects import Version, read_blocks

_OVERRIDES = ("content-type", "content-disposition", "cache-control", "content-language", "expires")


class S3:
    """`created` is called after an object is there, before the client hears of it."""

    def __init__(
        self,
        *,
        store: ObjectStore,
        buckets: frozenset[str],
        created: ObjectCreated,
        cors_rules: Mapping[str, Sequence[cors.CorsRule]] | None = None,
    ) -> None:
        self.buckets = buckets
        self._store = store
        self._created = created
        self._multipart = Multipart(store=store, created=created)
        self._cors_rules = cors_rules or {}

    def answer(self, request: Request) -> Response:
        rules = self._rules_for(request)
        if request.method == "OPTIONS":
            refusal = error("AccessForbidden", 403, "CORSResponse: the bucket's rules do not allow this.")
            return cors.answer_preflight(rules, request) or refusal
        answer = self._answer(request)
        if answer.status_code >= 400:
            _read_to_the_end(request)
        return cors.add_headers(rules, request, answer)

    def refuse(self, request: Request, message: str) -> Response:
        """The answer to a request that nobody with the right to it has signed."""
        _read_to_the_end(request)
        return cors.add_headers(self._rules_for(request), request, error("AccessDenied", 403, message))

    def _rules_for(self, request: Request) -> Sequence[cors.CorsRule]:
        return self._cors_rules.get(request.path.lstrip("/").partition("/")[0], ())

    def _answer(self, request: Request) -> Response:
        try:
            return self._route(request)
        except S3Error as exc:
            return error(exc.code, exc.status, exc.message)
        except BadDigest as exc:
            return error("BadDigest", 400, f"The body does not match {exc}.")
        except ClientDisconnected:
            return error("IncompleteBody", 400, "The body is shorter than its Content-Length.")
        except ElementTree.ParseError:
            return error("MalformedXML", 400, "The body is not the XML that this operation takes.")

    def _route(self, request: Request) -> Response:
        bucket, _, key = request.path.lstrip("/").partition("/")
        if not bucket:
            return xml(documents.buckets(self.buckets))
        if bucket not in self.buckets:
            raise S3Error("NoSuchBucket", 404, f"The bucket {bucket} does not exist.")
        flags = request.args
        if not key:
            return self._bucket(request, bucket)
        if "tagging" in flags:
            return self._tagging(request, bucket, key)
        if "uploadId" in flags or "uploads" in flags:
            return self._multipart.answer(request, bucket, key)
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
            return xml(documents.location())
        if "versioning" in flags:
            return xml(documents.versioning())
        if "versions" in flags:
            return xml(documents.versions(bucket, self._store.versions(bucket, flags.get("prefix", ""))))
        return xml(documents.listing(bucket, flags, self._store))

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
        version = self._store.put(bucket, key, body, kept_headers(request), read_tags(request))
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
            kept_headers(request) if replace else found.headers,
            read_tags(request) if retag else found.tags,
        )
        self._created(bucket, version, "CopyObject")
        return xml(documents.copied(version), {"x-amz-version-id": version.version_id})

    def _delete(self, request: Request, bucket: str, key: str) -> Response:
        gone = self._store.delete(bucket, key, request.args.get("versionId"))
        headers = {"x-amz-version-id": gone.version_id} if gone else {}
        if gone and gone.is_marker:
            headers["x-amz-delete-marker"] = "true"
        return Response(status=204, headers=headers)

    def _delete_many(self, request: Request, bucket: str) -> Response:
        wanted, quiet = documents.parse_delete(b"".join(read_body(request)))
        for key, version_id in wanted:
            self._store.delete(bucket, key, version_id)
        return xml(documents.deleted([] if quiet else wanted))

    def _tagging(self, request: Request, bucket: str, key: str) -> Response:
        version = self._find(bucket, key, request.args.get("versionId"))
        if request.method == "GET":
            return xml(documents.tagging(version.tags))
        tags = documents.parse_tagging(b"".join(read_body(request))) if request.method == "PUT" else {}
        self._store.set_tags(bucket, version, tags)
        return Response(status=200 if request.method == "PUT" else 204)

    def _exists(self, bucket: str, key: str) -> bool:
        found = self._store.get(bucket, key)
        return found is not None and not found.is_marker

    def _find(self, bucket: str, key: str, version_id: str | None) -> Version:
        version = self._store.get(bucket, key, version_id)
        if version is None or version.is_marker:
            code = "NoSuchVersion" if version_id and version is None else "NoSuchKey"
            raise S3Error(code, 404, f"There is no object {key} in {bucket}.")
        return version


def _read_to_the_end(request: Request) -> None:
    """Or the connection is reset while the client still sends, and it never sees why it was refused."""
    with suppress(ClientDisconnected):
        while request.stream.read(1024 * 1024):
            pass


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
