"""The route of playing a clip as a file of its own."""

from datetime import UTC, datetime, timedelta

from chalicelib.clip_files import find_file
from chalicelib.endpoints import Call, Endpoints
from chalicelib.models.playback import Playback

from heaters.domain.errors import (
    DamagedMedia,
    ExportMismatch,
    NotFound,
    SourceUnavailable,
    StorageUnavailable,
    TooLong,
    TransitionRefused,
)

playback = Endpoints(__name__)

URL_LASTS_S = 600


@playback.endpoint(
    "POST", "/clips/{clip_id}/playback", answers=Playback,
    refuses=(
        NotFound, TransitionRefused, TooLong, SourceUnavailable, DamagedMedia, ExportMismatch, StorageUnavailable,
    ),
)  # fmt: skip
def play_clip(call: Call, clip_id: str) -> Playback:
    """Get a URL of the clip as an MP4 of its own, which is made if there is none yet; good for ten minutes."""
    ref, size_bytes = find_file(call.services, clip_id)
    expires_at = datetime.now(UTC) + timedelta(seconds=URL_LASTS_S)
    url = call.services.store.presigned_get(ref, expires_s=URL_LASTS_S)
    return Playback(url=url, expires_at=expires_at, size_bytes=size_bytes)
