"""Ranged reads of one object, in the shape in which the media library asks for them."""

from heaters.domain.jobs import ObjectRef
from heaters.media.clip_samples import ReadRange
from heaters.storage import MediaStore


def reader_of(store: MediaStore, ref: ObjectRef) -> ReadRange:
    """`read(start, size_bytes)` of the object, one request each."""

    def read(start: int, size_bytes: int) -> bytes:
        return store.read_range(ref, start=start, size_bytes=size_bytes)

    return read
