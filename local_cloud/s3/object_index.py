"""The index of all buckets: one SQLite file with versions, uploads and their parts. Knows no bytes of objects."""

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

from local_cloud.s3.objects import Version

Statement = tuple[str, tuple[Any, ...]]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS versions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, bucket TEXT NOT NULL, key TEXT NOT NULL, version_id TEXT NOT NULL,
    size INTEGER NOT NULL, etag TEXT NOT NULL, modified_s REAL NOT NULL, is_marker INTEGER NOT NULL,
    headers TEXT NOT NULL, tags TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS by_version ON versions (bucket, key, version_id);
CREATE INDEX IF NOT EXISTS by_key ON versions (bucket, key, seq);
CREATE TABLE IF NOT EXISTS uploads (
    upload_id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, headers TEXT NOT NULL,
    tags TEXT NOT NULL, started_s REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS parts (
    upload_id TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    PRIMARY KEY (upload_id, number)
);
"""


class ObjectIndex:
    """Methods may be called from many threads."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._file.row_factory = sqlite3.Row
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=NORMAL")
        self._file.executescript(_SCHEMA)

    def change(self, *statements: Statement) -> None:
        """All of them or none."""
        with self._lock, self._file:
            self._file.execute("BEGIN IMMEDIATE")
            for statement, values in statements:
                self._file.execute(statement, values)

    def query(self, statement: str, values: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._file.execute(statement, values).fetchall()

    def close(self) -> None:
        with self._lock:
            self._file.close()


def insert_version(bucket: str, version: Version) -> Statement:
    return (
        "INSERT INTO versions (bucket, key, version_id, size, etag, modified_s, is_marker, headers, tags) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            bucket, version.key, version.version_id, version.size, version.etag, version.modified_s,
            int(version.is_marker), json.dumps(version.headers), json.dumps(version.tags),
        ),
    )  # fmt: skip


def forget_upload(upload_id: str) -> tuple[Statement, ...]:
    return (
        ("DELETE FROM parts WHERE upload_id = ?", (upload_id,)),
        ("DELETE FROM uploads WHERE upload_id = ?", (upload_id,)),
    )


def read_version(row: sqlite3.Row) -> Version:
    return Version(
        key=row["key"], version_id=row["version_id"], size=row["size"], etag=row["etag"],
        modified_s=row["modified_s"], is_marker=bool(row["is_marker"]),
        headers=json.loads(row["headers"]), tags=json.loads(row["tags"]),
    )  # fmt: skip
