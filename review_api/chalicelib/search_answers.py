"""What search found, as the API shows it: clips with their video's title and the picture that was nearest.

Rows are read within a transaction and shown after it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from chalicelib.clip_answers import show_clips
from chalicelib.models.clips import Clip
from chalicelib.models.search import ClipOfVideo, DuplicatePair, FoundClip

from heaters.catalog import listing
from heaters.catalog.connection import Connection
from heaters.catalog.search.nearest import Match
from heaters.s3.store import MediaStore

Row = Mapping[str, Any]

_SAME_IN_PAIR = ("similarity", "found_at", "decision", "decided_by", "decided_at", "version")


class ClipRows(NamedTuple):
    """Clips in the order of video and frames, and the titles of their videos by id."""

    clips: Sequence[Row]
    titles: Mapping[str, str]


def read_matches(connection: Connection, matches: Sequence[Match]) -> ClipRows:
    return _read_clips(connection, (match.clip_id for match in matches))


def read_pairs(connection: Connection, rows: Sequence[Row]) -> ClipRows:
    return _read_clips(connection, (row[side] for row in rows for side in ("clip_a", "clip_b")))


def show_found(found: ClipRows, store: MediaStore, matches: Sequence[Match]) -> list[FoundClip]:
    """The clips of these matches, in their order; one that is gone by now is left out."""
    clips = _show_clips(found, store)
    return [
        FoundClip(**_with_picture(*clips[match.clip_id], match.position), score=match.score)
        for match in matches
        if match.clip_id in clips
    ]


def show_pairs(found: ClipRows, store: MediaStore, rows: Sequence[Row]) -> list[DuplicatePair]:
    """These pairs with their clips."""
    clips = _show_clips(found, store)
    order = {clip_id: place for place, clip_id in enumerate(clips)}
    return [
        DuplicatePair(
            pair_id=str(row["pair_id"]),
            clips=[
                ClipOfVideo(**_with_picture(*clips[clip_id], None))
                for clip_id in sorted((row["clip_a"], row["clip_b"]), key=order.__getitem__)
            ],
            **{name: row[name] for name in _SAME_IN_PAIR},
        )
        for row in rows
    ]


def _read_clips(connection: Connection, clip_ids: Iterable[str]) -> ClipRows:
    rows = listing.get_clips(connection, sorted(set(clip_ids)))
    return ClipRows(clips=rows, titles=listing.get_titles(connection, {row["video_id"] for row in rows}))


def _show_clips(found: ClipRows, store: MediaStore) -> dict[str, tuple[Clip, str]]:
    """Each clip with its video's title, by id, in the order of video and frames."""
    return {clip.clip_id: (clip, found.titles[clip.video_id]) for clip in show_clips(found.clips, store)}


def _with_picture(clip: Clip, title: str, position: int | None) -> dict[str, Any]:
    """The keyframe at `position`; for a clip as a whole, the middle one."""
    pictures = clip.keyframes
    place = len(pictures) // 2 if position is None or not 0 <= position < len(pictures) else position
    url = pictures[place].url if pictures else None
    return {
        **{name: getattr(clip, name) for name in Clip.model_fields},
        "video_title": title,
        "keyframe_url": url,
    }
