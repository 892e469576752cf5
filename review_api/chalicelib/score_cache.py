"""What the stored scores of videos show, kept for the next request with other settings: a reviewer drags a slider.

Kept per process, least recently used first out, and never more bytes than the cache holds. The media library is
imported by the first detection, so that other requests do not wait for it.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from heaters.domain.errors import InvalidJob, SourceUnavailable, TooLong, TransitionRefused
from heaters.domain.jobs import ObjectRef
from heaters.s3.store import MediaStore

if TYPE_CHECKING:
    from heaters.media.scenes.evidence import Evidence

MAX_SCORES_BYTES = 128 * 1024**2
"""Scores of about ten hours of video at 30 frames a second."""


class _Kept(NamedTuple):
    etag: str
    size_bytes: int
    evidence: Evidence


class ScoreCache:
    """What scores show, by their key, true to the object that the bucket has now."""

    def __init__(self, *, max_bytes: int = MAX_SCORES_BYTES) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = Lock()

    def read(self, store: MediaStore, key: str) -> Evidence:
        """Raises TransitionRefused where no scores can be read, TooLong for more than the cache holds."""
        with self._lock:
            known = self._kept.get(key)
            changed = self._fetch(store, key, known)
            if changed is None and known is not None:
                self._kept.move_to_end(key)
                return known.evidence
            etag, body = changed or ("", b"")
            self._make_room(key, len(body))
            evidence = _weigh(body)
            self._kept[key] = _Kept(etag=etag, size_bytes=len(body), evidence=evidence)
            return evidence

    def _fetch(self, store: MediaStore, key: str, known: _Kept | None) -> tuple[str, bytes] | None:
        etag = known.etag if known else None
        try:
            return store.read_if_changed(ObjectRef(key=key), etag=etag, max_bytes=self._max_bytes)
        except SourceUnavailable as exc:
            raise TransitionRefused("The video's scores are gone; ask an operator to retry it.") from exc
        except TooLong as exc:
            raise TooLong(
                "The video is too long to detect its scenes at once; add and remove cuts by hand.",
                **exc.details,
            ) from exc

    def _make_room(self, key: str, size_bytes: int) -> None:
        self._kept.pop(key, None)
        while (
            self._kept and sum(kept.size_bytes for kept in self._kept.values()) + size_bytes > self._max_bytes
        ):
            self._kept.popitem(last=False)


def _weigh(body: bytes) -> Evidence:
    from heaters.media.scenes.evidence import weigh_scores  # noqa: PLC0415 - numpy is for requests that need it
    from heaters.media.scenes.scores import Scores  # noqa: PLC0415

    try:
        return weigh_scores(Scores.from_bytes(body))
    except InvalidJob as exc:
        raise TransitionRefused(f"{exc.message} Ask an operator to retry the video.") from exc
