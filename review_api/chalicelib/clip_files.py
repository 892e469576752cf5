"""A clip as a file, made when somebody wants to play it: its export, a copy that is kept, or a copy made now.

A copy has the very bytes of an export. Copies are kept as long as they fit under a cap; the least recently used ones
go first. The media library is imported by the first copy that is made, so that other requests do not wait for it.
"""

import logging
import tempfile
from functools import cache
from pathlib import Path

from chalicelib.services import Services

from heaters.catalog.playback import (
    PlayableClip,
    evict_copies,
    forget_copy,
    get_playable_clip,
    record_copy,
    use_copy,
)
from heaters.domain import object_keys
from heaters.domain.errors import HeatersError, SourceUnavailable, TooLong, TransitionRefused
from heaters.domain.jobs import ObjectRef
from heaters.domain.states import ClipState

log = logging.getLogger("heaters-review")

MAX_COPY_BYTES = 500_000_000
"""What a function's disk and half a minute have room for."""


def find_file(services: Services, clip_id: str) -> tuple[ObjectRef, int]:
    """The object that holds exactly the clip, and its size. Raises NotFound, TransitionRefused or TooLong."""
    with services.catalog.transaction() as connection:
        clip = get_playable_clip(connection, clip_id)
        known = use_copy(connection, clip_id)
    if clip.state is ClipState.ARCHIVED:
        raise TransitionRefused(
            f"Clip {clip_id} is archived and its files are deleted; play it in its video."
        )
    for ref in (ObjectRef(key=clip.export_key) if clip.export_key else None, known):
        if ref and (size_bytes := _size_if_there(services, ref)) is not None:
            return ref, size_bytes
    return _make_copy(services, clip, lost=known)


def _size_if_there(services: Services, ref: ObjectRef) -> int | None:
    try:
        return services.store.size_bytes(ref)
    except SourceUnavailable:
        return None


def _make_copy(services: Services, clip: PlayableClip, *, lost: ObjectRef | None) -> tuple[ObjectRef, int]:
    """Store first, then record, so that a row means an object; of two who make the same at once one is recorded."""
    with tempfile.TemporaryDirectory(prefix="heaters-playback-") as folder:
        path = Path(folder) / "clip.mp4"
        size_bytes = _cut_out(services, clip, path)
        key = object_keys.playback(clip.video_id, clip.clip_id)
        copy = services.store.put_version(path, key, content_type="video/mp4")
    with services.catalog.transaction() as connection:
        if lost:
            forget_copy(connection, clip_id=clip.clip_id, copy=lost)
        standing = record_copy(connection, clip_id=clip.clip_id, copy=copy, size_bytes=size_bytes)
    with services.catalog.transaction() as connection:
        evicted = evict_copies(connection, cap_bytes=services.settings.playback_cap_bytes)
    _delete(services, [ref.key for ref in evicted])
    return standing, size_bytes


def _cut_out(services: Services, clip: PlayableClip, path: Path) -> int:
    from heaters.media.clips.export import export_clip  # noqa: PLC0415
    from heaters.media.clips.samples import read_clip_samples  # noqa: PLC0415 - PyAV is for requests that need it

    read_index = cache(services.store.range_reader(ObjectRef(key=clip.frame_index_key)))
    samples = read_clip_samples(read_index, clip.frames)
    size_bytes = int(samples.video["size_bytes"].sum()) + int(samples.audio["size_bytes"].sum())
    if size_bytes > (limit_bytes := min(MAX_COPY_BYTES, services.settings.playback_cap_bytes)):
        raise TooLong(
            f"Clip {clip.clip_id} has {size_bytes / 1e6:.0f} MB, more than the {limit_bytes / 1e6:.0f} MB that are "
            "copied for playing; play it in its video, or cut it.",
            size_bytes=size_bytes,
            limit_bytes=limit_bytes,
        )
    read_proxy = services.store.range_reader(clip.proxy)
    return export_clip(frames=clip.frames, read_index=read_index, read_proxy=read_proxy, path=path).size_bytes


def _delete(services: Services, keys: list[str]) -> None:
    """What cannot be deleted now is left to the bucket's lifecycle rule: nobody refers to it any more."""
    try:
        services.store.delete(keys)
    except HeatersError as exc:
        log.warning("%d playback copies were not deleted: %s", len(keys), exc.message)
