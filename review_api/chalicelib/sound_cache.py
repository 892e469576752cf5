"""Levels of videos' sound, kept for the next request: a reviewer scrolls and zooms.

Kept per process, least recently used first out, and never more bytes than the cache holds. Levels are true to what
the catalog knows: made anew, they have another time. So what is known is not asked for again. The media library is
imported by the first waveform, so that other requests do not wait for it.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from heaters.catalog.measurements import Measured
from heaters.domain.errors import InvalidJob, SourceUnavailable, TooLong, TransitionRefused
from heaters.domain.jobs import ObjectRef
from heaters.s3.store import MediaStore

if TYPE_CHECKING:
    from heaters.media.sound.levels import SoundLevels

MAX_LEVELS_BYTES = 32 * 1024**2
"""Forty hours of sound."""


class SoundCache:
    """Levels by where they are stored."""

    def __init__(self, *, max_bytes: int = MAX_LEVELS_BYTES) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[Measured, SoundLevels] = OrderedDict()
        self._lock = Lock()

    def read(self, store: MediaStore, sound: Measured) -> SoundLevels:
        """Raises TransitionRefused where no levels can be read, TooLong for more than the cache holds."""
        with self._lock:
            if sound not in self._kept:
                self._make_room(sound.size_bytes)
                self._kept[sound] = _read(store, sound)
            self._kept.move_to_end(sound)
            return self._kept[sound]

    def _make_room(self, size_bytes: int) -> None:
        if size_bytes > self._max_bytes:
            raise TooLong(
                "The video is too long to show its sound.", size_bytes=size_bytes, limit_bytes=self._max_bytes
            )
        while sum(kept.size_bytes for kept in self._kept) + size_bytes > self._max_bytes:
            self._kept.popitem(last=False)


def _read(store: MediaStore, sound: Measured) -> SoundLevels:
    from heaters.media.sound.levels import SoundLevels  # noqa: PLC0415 - numpy is for requests that need it

    try:
        return SoundLevels.from_bytes(store.read(ObjectRef(key=sound.key)))
    except SourceUnavailable as exc:
        raise TransitionRefused(
            "What was measured of the sound is gone; ask an operator to retry the video."
        ) from exc
    except InvalidJob as exc:
        raise TransitionRefused(f"{exc.message} Ask an operator to retry the video.") from exc
