"""The media bucket: the one place in the library that talks to S3. It counts what it moves, and never decides keys."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from heaters.domain.errors import SourceUnavailable, StorageUnavailable, TooLong
from heaters.domain.jobs import ObjectRef
from heaters.domain.results import StoredObject

_MISSING = frozenset({"NoSuchKey", "NoSuchVersion", "NoSuchUpload", "404", "NotFound"})
_DELETE_BATCH = 1000  # S3's limit for one DeleteObjects call
_TRANSFER = TransferConfig(multipart_chunksize=64 * 1024**2, multipart_threshold=64 * 1024**2)


@dataclass(kw_only=True)
class Traffic:
    """Bytes and requests moved through one store since it was made."""

    read_bytes: int = 0
    written_bytes: int = 0
    requests: int = 0


def open_client() -> Any:
    """The client that a store talks through unless it is given another."""
    return boto3.client(
        "s3",
        config=Config(
            retries={"mode": "adaptive"},
            signature_version="s3v4",
            # Or links name the global host, which redirects browsers to the region, and CORS forbids that.
            s3={"addressing_style": "virtual"},
        ),
    )


class MediaStore:
    """Objects of one bucket. Errors: SourceUnavailable for a missing object, StorageUnavailable for the rest."""

    def __init__(self, *, bucket: str, client: Any = None) -> None:
        self.bucket = bucket
        self.traffic = Traffic()
        self._client = client or open_client()

    def size_bytes(self, ref: ObjectRef) -> int:
        with self._translated(ref.key):
            return int(self._client.head_object(**self._locate(ref))["ContentLength"])

    def exists(self, key: str) -> bool:
        try:
            self.size_bytes(ObjectRef(key=key))
        except SourceUnavailable:
            return False
        return True

    def read(self, ref: ObjectRef) -> bytes:
        return self._get(ref)

    def read_if_changed(
        self, ref: ObjectRef, *, etag: str | None, max_bytes: int
    ) -> tuple[str, bytes] | None:
        """`(etag, body)` by one request; None where the object still has this `etag`. Raises TooLong, unread."""
        known = {"IfNoneMatch": etag} if etag else {}
        with self._translated(ref.key):
            try:
                answer = self._client.get_object(**self._locate(ref), **known)
            except ClientError as exc:
                if exc.response.get("Error", {}).get("Code") == "304":
                    return None
                raise
            with closing(answer["Body"]) as stream:
                if (size := int(answer["ContentLength"])) > max_bytes:
                    raise TooLong(
                        f"Object {ref.key} has {size} bytes, more than the {max_bytes} that are read at once.",
                        size_bytes=size,
                        limit_bytes=max_bytes,
                    )
                body: bytes = stream.read()
        self.traffic.read_bytes += len(body)
        return str(answer["ETag"]), body

    def read_range(self, ref: ObjectRef, *, start: int, size_bytes: int) -> bytes:
        """Exactly the bytes `[start, start + size_bytes)` of the object, by one ranged request."""
        return self._get(ref, Range=f"bytes={start}-{start + size_bytes - 1}")

    def range_reader(self, ref: ObjectRef) -> Callable[[int, int], bytes]:
        """`(start, size_bytes) -> bytes`: `read_range` of this one object."""
        return lambda start, size_bytes: self.read_range(ref, start=start, size_bytes=size_bytes)

    def read_json(self, key: str) -> Any:
        return json.loads(self._get(ObjectRef(key=key)))

    def fetch(self, ref: ObjectRef, path: Path) -> int:
        """Copy the object to `path`; returns its size in bytes."""
        with self._translated(ref.key):
            extra = {"VersionId": ref.version_id} if ref.version_id else None
            self._client.download_file(self.bucket, ref.key, str(path), ExtraArgs=extra, Config=_TRANSFER)
        size = path.stat().st_size
        self.traffic.read_bytes += size
        return size

    def write(
        self,
        key: str,
        body: bytes,
        *,
        content_type: str = "application/octet-stream",
        tags: Mapping[str, str] | None = None,
    ) -> StoredObject:
        with self._translated(key):
            tagging = {"Tagging": urlencode(tags)} if tags else {}
            self._client.put_object(
                Bucket=self.bucket, Key=key, Body=body, ContentType=content_type, **tagging
            )
        self.traffic.written_bytes += len(body)
        return StoredObject(key=key, size_bytes=len(body))

    def write_json(self, key: str, value: Any) -> StoredObject:
        body = json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
        return self.write(key, body, content_type="application/json")

    def put_file(
        self, path: Path, key: str, *, content_type: str, tags: Mapping[str, str] | None = None
    ) -> StoredObject:
        size = path.stat().st_size
        extra: dict[str, str] = {"ContentType": content_type}
        if tags:
            extra["Tagging"] = urlencode(tags)
        with self._translated(key):
            self._client.upload_file(str(path), self.bucket, key, ExtraArgs=extra, Config=_TRANSFER)
        self.traffic.written_bytes += size
        return StoredObject(key=key, size_bytes=size)

    def put_version(self, path: Path, key: str, *, content_type: str) -> ObjectRef:
        """Store a file of at most 5 GB by one request, which tells the very version that it became."""
        with self._translated(key), path.open("rb") as body:
            answer = self._client.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)
        self.traffic.written_bytes += path.stat().st_size
        return ObjectRef(key=key, version_id=answer.get("VersionId"))

    def keys_under(self, prefix: str) -> Iterator[str]:
        """Every key that starts with `prefix`."""
        with self._translated(prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
            for page in pages:
                self.traffic.requests += 1
                yield from (item["Key"] for item in page.get("Contents", []))

    def last_change(self, prefix: str) -> datetime | None:
        """When an object whose key starts with `prefix` was last written; None when there is none."""
        with self._translated(prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
            return max(
                (item["LastModified"] for page in pages for item in page.get("Contents", [])), default=None
            )

    def versions_under(self, prefix: str) -> Iterator[ObjectRef]:
        """Every version of every key that starts with `prefix`, but for keys whose newest state is deleted."""
        with self._translated(prefix):
            pages = self._client.get_paginator("list_object_versions").paginate(
                Bucket=self.bucket, Prefix=prefix
            )
            gone: set[str] = set()  # a marker precedes its key's versions, which may be on the next page
            for page in pages:
                self.traffic.requests += 1
                gone |= {marker["Key"] for marker in page.get("DeleteMarkers", []) if marker["IsLatest"]}
                for version in page.get("Versions", []):
                    if version["Key"] not in gone:
                        yield ObjectRef(key=version["Key"], version_id=version["VersionId"])

    def delete(self, keys: Iterable[str]) -> int:
        """Delete objects, 1,000 keys a call; a key that is already gone is fine. Returns how many were named."""
        pending = list(keys)
        for at in range(0, len(pending), _DELETE_BATCH):
            batch = pending[at : at + _DELETE_BATCH]
            with self._translated(batch[0]):
                answer = self._client.delete_objects(
                    Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True}
                )
            if errors := answer.get("Errors"):
                first = errors[0]
                raise StorageUnavailable(
                    f"S3 did not delete {len(errors)} objects, first {first['Key']}: {first.get('Message')}; try again."
                )
        return len(pending)

    def presigned_get(self, ref: ObjectRef, *, expires_s: int = 600) -> str:
        """A URL that reads this one object for `expires_s` seconds."""
        return self.presigned("get_object", self._locate(ref), expires_s=expires_s)

    def presigned(self, operation: str, parameters: Mapping[str, Any], *, expires_s: int) -> str:
        """A URL for exactly this request; made here, without asking S3."""
        return str(
            self._client.generate_presigned_url(operation, Params=dict(parameters), ExpiresIn=expires_s)
        )

    def ask(self, operation: str, key: str, **parameters: Any) -> dict[str, Any]:
        """One request about one key, by boto3's name of the operation; its errors are ours."""
        with self._translated(key):
            answer: dict[str, Any] = getattr(self._client, operation)(
                Bucket=self.bucket, Key=key, **parameters
            )
        return answer

    def _get(self, ref: ObjectRef, **extra: str) -> bytes:
        with self._translated(ref.key):
            body: bytes = self._client.get_object(**self._locate(ref), **extra)["Body"].read()
        self.traffic.read_bytes += len(body)
        return body

    def _locate(self, ref: ObjectRef) -> dict[str, str]:
        version = {"VersionId": ref.version_id} if ref.version_id else {}
        return {"Bucket": self.bucket, "Key": ref.key, **version}

    @contextmanager
    def _translated(self, key: str) -> Iterator[None]:
        self.traffic.requests += 1
        try:
            yield
        except ClientError as exc:
            if exc.response.get("Error", {}).get("Code") in _MISSING:
                raise SourceUnavailable(
                    f"Object {key} is not in bucket {self.bucket}; was it deleted?"
                ) from exc
            raise StorageUnavailable(f"S3 refused {key} in bucket {self.bucket}: {exc}; try again.") from exc
        except (
            BotoCoreError,
            Boto3Error,
        ) as exc:  # transfers of whole files wrap even throttling in the latter
            raise StorageUnavailable(
                f"S3 did not answer for {key} in {self.bucket}: {exc}; try again."
            ) from exc
