"""Versioned objects on disk: bytes in files, everything else in one SQLite index, so that a kill -9 loses nothing.

Knows buckets, keys, versions, tags and multipart uploads; nothing of HTTP (s3.py) or events (events.py).
"""

import hashlib
import json
import threading
import time
import uuid
from collections.abc import Iterable
from pathlib import Path

from local_cloud.s3.object_index import ObjectIndex, forget_upload, insert_version, read_version
from local_cloud.s3.objects import Upload, Version, read_blocks

_LAST = "\U0010ffff"  # sorts after every key


class ObjectStore:
    """All buckets under one folder. Methods may be called from many threads."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "data"
        self._incoming = folder / "incoming"
        self._data.mkdir(parents=True, exist_ok=True)
        self._incoming.mkdir(exist_ok=True)
        self._placing = threading.Lock()
        """Held while a part's file and row change together, and while parts become an object."""
        self._index = ObjectIndex(folder / "index.sqlite")
        self._remove_strays()

    def receive(self, blocks: Iterable[bytes]) -> tuple[Path, int, str]:
        """Write a body to a file that belongs to no object yet: its path, size in bytes and MD5."""
        path = self._incoming / f"body-{uuid.uuid4()}"
        digest, size = hashlib.md5(usedforsecurity=False), 0
        try:
            with path.open("wb") as file:
                for block in blocks:
                    digest.update(block)
                    file.write(block)
                    size += len(block)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path, size, digest.hexdigest()

    def put(
        self,
        bucket: str,
        key: str,
        body: tuple[Path, int, str],
        headers: dict[str, str],
        tags: dict[str, str],
    ) -> Version:
        """Make a received body the newest version of `key`."""
        path, size, etag = body
        version_id = uuid.uuid4().hex
        path.rename(self._file(version_id))
        version = Version(
            key=key, version_id=version_id, size=size, etag=etag, modified_s=time.time(), headers=headers, tags=tags
        )  # fmt: skip
        self._index.change(insert_version(bucket, version))
        return version

    def get(self, bucket: str, key: str, version_id: str | None = None) -> Version | None:
        """The newest version or the one named; a delete marker is returned as such, nothing as None."""
        which = "AND version_id = ?" if version_id else ""
        values = (bucket, key, version_id) if version_id else (bucket, key)
        rows = self._index.query(
            f"SELECT * FROM versions WHERE bucket = ? AND key = ? {which} ORDER BY seq DESC LIMIT 1",  # noqa: S608 - fixed text
            values,
        )
        return read_version(rows[0]) if rows else None

    def path(self, version: Version) -> Path:
        """The file that holds a version's bytes; never written to again."""
        return self._file(version.version_id)

    def delete(self, bucket: str, key: str, version_id: str | None = None) -> Version | None:
        """Put a delete marker on top, or remove the version named. Returns the marker, or what was removed."""
        if version_id is None:
            marker = Version(
                key=key, version_id=uuid.uuid4().hex, size=0, etag="", modified_s=time.time(), is_marker=True
            )
            self._index.change(insert_version(bucket, marker))
            return marker
        found = self.get(bucket, key, version_id)
        if found:
            self._index.change(
                (
                    "DELETE FROM versions WHERE bucket = ? AND key = ? AND version_id = ?",
                    (bucket, key, version_id),
                )
            )
            self._file(version_id).unlink(missing_ok=True)
        return found

    def newest(self, bucket: str, prefix: str, after: str, limit: int) -> list[Version]:
        """The newest version of each key that starts with `prefix` and sorts after `after`, in key order."""
        rows = self._index.query(
            "SELECT v.* FROM versions v JOIN (SELECT max(seq) AS seq FROM versions WHERE bucket = ? AND key > ? "
            "AND key >= ? AND key < ? GROUP BY key) n ON n.seq = v.seq WHERE NOT v.is_marker "
            "ORDER BY v.key LIMIT ?",
            (bucket, after, prefix, prefix + _LAST, limit),
        )
        return [read_version(row) for row in rows]

    def versions(self, bucket: str, prefix: str) -> list[Version]:
        """Every version under `prefix`, by key, newest first."""
        rows = self._index.query(
            "SELECT * FROM versions WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key, seq DESC",
            (bucket, prefix, prefix + _LAST),
        )
        return [read_version(row) for row in rows]

    def set_tags(self, bucket: str, version: Version, tags: dict[str, str]) -> None:
        self._index.change(
            (
                "UPDATE versions SET tags = ? WHERE bucket = ? AND key = ? AND version_id = ?",
                (json.dumps(tags), bucket, version.key, version.version_id),
            )
        )

    def start_upload(self, bucket: str, key: str, headers: dict[str, str], tags: dict[str, str]) -> str:
        upload_id = uuid.uuid4().hex
        values = (upload_id, bucket, key, json.dumps(headers), json.dumps(tags), time.time())
        self._index.change(("INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?)", values))
        return upload_id

    def upload(self, upload_id: str) -> Upload | None:
        rows = self._index.query("SELECT * FROM uploads WHERE upload_id = ?", (upload_id,))
        if not rows:
            return None
        row = rows[0]
        return Upload(
            upload_id=upload_id, bucket=row["bucket"], key=row["key"],
            headers=json.loads(row["headers"]), tags=json.loads(row["tags"]),
        )  # fmt: skip

    def put_part(self, upload_id: str, number: int, body: tuple[Path, int, str]) -> str | None:
        """Keep a part; sending a number again replaces it. Returns the ETag; None if the upload has ended meanwhile."""
        path, size, etag = body
        with self._placing:
            if self.upload(upload_id) is None:
                path.unlink()
                return None
            path.rename(self._part(upload_id, number))
            self._index.change(
                ("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?)", (upload_id, number, size, etag))
            )
        return etag

    def parts(self, upload_id: str) -> dict[int, tuple[int, str]]:
        """Size and ETag by part number."""
        rows = self._index.query("SELECT * FROM parts WHERE upload_id = ? ORDER BY number", (upload_id,))
        return {row["number"]: (row["size"], row["etag"]) for row in rows}

    def complete_upload(self, upload: Upload, numbers: list[int]) -> Version | None:
        """Join the parts, in order, into the newest version of the upload's key; None if it has ended meanwhile.

        The version appears and the upload disappears in one transaction: whoever is killed leaves one of the two.
        """
        with self._placing:
            known = self.parts(upload.upload_id)
            if self.upload(upload.upload_id) is None or not set(numbers) <= set(known):
                return None
            path, size, _ = self.receive(
                block for number in numbers for block in read_blocks(self._part(upload.upload_id, number))
            )
            digests = b"".join(bytes.fromhex(known[number][1]) for number in numbers)
            version = Version(
                key=upload.key, version_id=uuid.uuid4().hex, size=size, modified_s=time.time(),
                etag=f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(numbers)}",
                headers=upload.headers, tags=upload.tags,
            )  # fmt: skip
            path.rename(self._file(version.version_id))
            self._index.change(insert_version(upload.bucket, version), *forget_upload(upload.upload_id))
            self._unlink_parts(upload.upload_id, known)
        return version

    def abort_upload(self, upload_id: str) -> None:
        with self._placing:
            known = self.parts(upload_id)
            self._index.change(*forget_upload(upload_id))
            self._unlink_parts(upload_id, known)

    def close(self) -> None:
        self._index.close()

    def _remove_strays(self) -> None:
        """What a killed process had received but not given to an object, or taken from an upload but not removed."""
        rows = self._index.query("SELECT upload_id, number FROM parts", ())
        known = {self._part(row["upload_id"], row["number"]) for row in rows}
        for path in self._incoming.iterdir():
            if path not in known:
                path.unlink(missing_ok=True)

    def _unlink_parts(self, upload_id: str, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._part(upload_id, number).unlink(missing_ok=True)

    def _file(self, version_id: str) -> Path:
        folder = self._data / version_id[:2]
        folder.mkdir(exist_ok=True)
        return folder / version_id

    def _part(self, upload_id: str, number: int) -> Path:
        return self._incoming / f"part-{upload_id}-{number}"
