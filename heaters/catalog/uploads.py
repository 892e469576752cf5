"""Uploads by browsers: whose they are, what the file is called, and what became of them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from heaters.catalog.connection import Connection
from heaters.domain.errors import NotFound
from heaters.domain.uploads import PartPlan

KEPT_DAYS = 10
"""S3 gives an unfinished upload up after seven days, within a day or two; a finished one is a video long before."""


class UploadState(StrEnum):
    OPEN = "open"
    COMPLETE = "complete"
    ABORTED = "aborted"


@dataclass(frozen=True, kw_only=True)
class Upload:
    """`multipart_id` is S3's name of it. `version_id` and `video_id` are known once it is complete."""

    upload_id: str
    begun_by: str
    filename: str
    plan: PartPlan
    key: str
    multipart_id: str
    state: UploadState = UploadState.OPEN
    version_id: str | None = None
    video_id: str | None = None


def insert_upload(connection: Connection, upload: Upload) -> bool:
    """Add an open upload; False when there is one of that id already, which then stays as it is."""
    cursor = connection.execute(
        """
        INSERT INTO uploads (
            upload_id, begun_by, filename, size_bytes, part_size_bytes, object_key, multipart_id
        ) VALUES (
            %(upload_id)s, %(begun_by)s, %(filename)s, %(size_bytes)s, %(part_size_bytes)s, %(key)s,
            %(multipart_id)s
        )
        ON CONFLICT DO NOTHING -- Of the id or of its object key, whichever of two at once meets first.
        """,
        {
            "upload_id": upload.upload_id,
            "begun_by": upload.begun_by,
            "filename": upload.filename,
            "size_bytes": upload.plan.size_bytes,
            "part_size_bytes": upload.plan.part_size_bytes,
            "key": upload.key,
            "multipart_id": upload.multipart_id,
        },
    )
    return cursor.rowcount == 1


def find_upload(connection: Connection, *, upload_id: str, begun_by: str) -> Upload | None:
    """The upload, if this person began it."""
    row = connection.execute(
        "SELECT * FROM uploads WHERE upload_id = %(upload_id)s AND begun_by = %(begun_by)s",
        {"upload_id": upload_id, "begun_by": begun_by},
    ).fetchone()
    return _read_upload(row) if row else None


def get_upload(connection: Connection, *, upload_id: str, begun_by: str) -> Upload:
    """The upload that this person began. Raises NotFound, also for somebody else's."""
    upload = find_upload(connection, upload_id=upload_id, begun_by=begun_by)
    if upload is None:
        raise NotFound(f"There is no upload {upload_id} of yours; begin a new one.", upload_id=upload_id)
    return upload


def find_filename(connection: Connection, key: str) -> str | None:
    """What the file behind a key of ours was called; None for a key that no browser's upload has."""
    row = connection.execute(
        "SELECT filename FROM uploads WHERE object_key = %(key)s", {"key": key}
    ).fetchone()
    return row["filename"] if row else None


def mark_complete(connection: Connection, *, upload_id: str, version_id: str | None, video_id: str) -> None:
    """Note what S3 made of the parts. S3 decides between completing and aborting, so this holds in any state."""
    connection.execute(
        """
        UPDATE uploads SET state = 'complete', version_id = %(version_id)s, video_id = %(video_id)s
        WHERE upload_id = %(upload_id)s
        """,
        {"upload_id": upload_id, "version_id": version_id, "video_id": video_id},
    )


def mark_aborted(connection: Connection, *, upload_id: str) -> None:
    """Note that S3 has the parts no more. One that is complete stays so."""
    connection.execute(
        "UPDATE uploads SET state = 'aborted' WHERE upload_id = %(upload_id)s AND state = 'open'",
        {"upload_id": upload_id},
    )


def delete_old_uploads(connection: Connection) -> int:
    """Forget uploads that nothing can become of any more; how many there were."""
    cursor = connection.execute(
        "DELETE FROM uploads WHERE begun_at < now() - make_interval(days => %(days)s)", {"days": KEPT_DAYS}
    )
    return cursor.rowcount


def _read_upload(row: dict[str, Any]) -> Upload:
    same = ("upload_id", "begun_by", "filename", "multipart_id", "version_id", "video_id")
    return Upload(
        **{name: row[name] for name in same},
        plan=PartPlan(size_bytes=row["size_bytes"], part_size_bytes=row["part_size_bytes"]),
        key=row["object_key"],
        state=UploadState(row["state"]),
    )
