"""Objects under uploads/, as S3 tells of them, and the videos that are made from them."""

from dataclasses import dataclass
from typing import Any

from functions.support import runtime
from heaters.catalog.videos import Video
from heaters.domain.ids import video_id_of_upload
from heaters.domain.jobs import ObjectRef
from heaters.domain.object_keys import UPLOADS
from heaters.intake import ingest


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One version of one object. In EventBridge's events the key is plain text, not URL-encoded."""

    bucket: str
    key: str
    version_id: str | None

    @property
    def video_id(self) -> str:
        return video_id_of_upload(bucket=self.bucket, key=self.key, version_id=self.version_id or "null")


def parse_upload(event: dict[str, Any]) -> Upload | None:
    """The upload that an EventBridge event tells of; None for a test event, a folder or another prefix."""
    detail = event.get("detail") or {}
    if event.get("detail-type") != "Object Created" or "object" not in detail:
        return None
    key, version_id = detail["object"]["key"], detail["object"].get("version-id")
    if not key.startswith(UPLOADS) or key.endswith("/"):
        return None
    return Upload(bucket=detail["bucket"]["name"], key=key, version_id=version_id or None)


def accept_upload(upload: Upload) -> Video:
    """Make the upload a video with an execution, once however often it is accepted."""
    settings = runtime.settings()
    return ingest.accept_upload(
        runtime.catalog(),
        runtime.workflow(),
        state_machine_arn=runtime.state_machine_arn(),
        bucket=upload.bucket,
        source=ObjectRef(key=upload.key, version_id=upload.version_id),
        undo_window_s=settings.undo_window_s,
        release_size=settings.release_size,
    )
