"""Archive what reviewers archived: first in the catalog, then the objects. Ends the wave.

A call that dies after the commit leaves clips marked as archived whose objects are not marked as deleted; the
next call, or the sweeper, finds and deletes them.
"""

from collections.abc import Iterator
from typing import Any

from functions.support import runtime
from heaters.catalog.artifacts import delete_clip_artifacts
from heaters.catalog.clips import (
    archive_decided_clips,
    is_more_to_review,
    list_clips_to_delete,
    record_objects_deleted,
)
from heaters.catalog.videos import lock_video
from heaters.catalog.waves import finish_waves
from heaters.domain import object_keys
from heaters.domain.pipeline import clip_objects


@runtime.function
def handler(event: runtime.Event) -> Any:
    """`{"video_id", "undo_window_s"}` → `{"archived", "more_to_review"}`."""
    video_id = event["video_id"]
    with runtime.catalog().transaction() as connection:
        lock_video(connection, video_id)
        archive_decided_clips(connection, video_id=video_id, undo_window_s=event["undo_window_s"])
        finish_waves(connection, video_id)
        clips = list_clips_to_delete(connection, video_id)
        more = is_more_to_review(connection, video_id)
    if clips:
        runtime.store().delete(_keys(video_id, clips))
        with runtime.catalog().transaction() as connection:
            delete_clip_artifacts(connection, [clip_id for clip_id, _ in clips])
            record_objects_deleted(connection, [clip_id for clip_id, _ in clips])
    return {"archived": len(clips), "more_to_review": more}


def _keys(video_id: str, clips: list[tuple[str, bool]]) -> Iterator[str]:
    """A clip that no wave ever claimed can have nothing but a playback copy, so only the others are listed."""
    for clip_id, claimed in clips:
        yield object_keys.playback(video_id, clip_id)
        for prefix in clip_objects(video_id, clip_id) if claimed else ():
            yield from runtime.store().keys_under(prefix)
