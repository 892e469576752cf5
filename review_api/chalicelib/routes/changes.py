"""The route of the live view: a page asks what changed since it asked last, and the answer comes when there is one."""

from collections.abc import Sequence

from chalicelib.clip_answers import show_clips
from chalicelib.cursors import read_cursor, refuse_cursor, write_cursor
from chalicelib.endpoints import Call, Endpoints
from chalicelib.models.changes import Change, ChangePage, ChangesQuery
from chalicelib.models.clips import Clip
from chalicelib.models.videos import Video
from chalicelib.polling import Wait, wait_for_news
from chalicelib.video_answers import show_video

from heaters.catalog import listing
from heaters.catalog.changes import MAX_IN_PROGRESS, Position, find_position, merge_changes
from heaters.catalog.changes import Change as NotedChange

changes = Endpoints(__name__)

KINDS = {"videos": frozenset({"video", "progress", "gate", "clips"}), "clips": frozenset({"clips", "gate"})}
"""What a page that shows videos, or clips, waits for."""

MAX_CLIPS = 50
"""An answer shows so many clips; of the other videos in it the clips are to be listed again."""

MAX_VIDEOS = 100
"""Where more videos changed, everything is read again: their list comes in pages."""


@changes.endpoint("GET", "/changes", query=ChangesQuery, answers=ChangePage)
def list_changes(call: Call) -> ChangePage:
    """Wait until something changes, for 20 seconds at most, and tell what; ask again with `next_cursor` at once."""
    query, catalog = call.query, call.services.catalog
    since = _read_position(query.cursor)
    if since is None:
        with catalog.transaction() as connection:
            return _page([], find_position(connection))
    wait = Wait(wait_s=query.wait_s, kinds=KINDS[query.show], video_id=query.video_id)
    news = wait_for_news(catalog, since, wait)
    noted = merge_changes(news.changes or ())
    if news.changes is None or len(noted) > MAX_VIDEOS:
        return _page([], news.position, reset=True)
    show = _show_videos if query.show == "videos" else _show_clips
    return _page(show(call, noted) if noted else [], news.position)


def _show_videos(call: Call, noted: Sequence[NotedChange]) -> list[Change]:
    with call.services.catalog.transaction() as connection:
        rows = listing.get_videos(connection, [change.video_id for change in noted])
    videos = {row["video_id"]: show_video(row) for row in rows}
    return [_item(change, video=videos.get(change.video_id)) for change in noted]


def _show_clips(call: Call, noted: Sequence[NotedChange]) -> list[Change]:
    chosen = _choose_clips(noted)
    with call.services.catalog.transaction() as connection:
        rows = listing.get_clips(connection, [clip_id for ids in chosen.values() for clip_id in ids])
    shown: dict[str, list[Clip]] = {video_id: [] for video_id in chosen}
    for clip in show_clips(rows, call.services.store):
        shown[clip.video_id].append(clip)
    return [_item(change, clips=shown.get(change.video_id)) for change in noted]


def _choose_clips(noted: Sequence[NotedChange]) -> dict[str, tuple[str, ...]]:
    """The clips to show by video, as long as there is room."""
    chosen: dict[str, tuple[str, ...]] = {}
    room = MAX_CLIPS
    for change in noted:
        if change.clip_ids is not None and len(change.clip_ids) <= room:
            chosen[change.video_id] = change.clip_ids
            room -= len(change.clip_ids)
    return chosen


def _item(change: NotedChange, *, video: Video | None = None, clips: list[Clip] | None = None) -> Change:
    return Change(video_id=change.video_id, kinds=list(change.kinds), video=video, clips=clips)


def _page(items: list[Change], position: Position, *, reset: bool = False) -> ChangePage:
    return ChangePage(items=items, next_cursor=_write_position(position), reset=reset)


def _write_position(position: Position) -> str:
    """Transactions at work as distances from `xmax`, which are short."""
    distances = ",".join(str(position.xmax - xact) for xact in position.in_progress)
    return write_cursor((position.xmax, position.at_s, distances))


def _read_position(cursor: str | None) -> Position | None:
    key = read_cursor(cursor, int, int, str)
    if key is None:
        return None
    xmax, at_s, text = key
    distances = text.split(",") if text else []
    if not all(part.isascii() and part.isdigit() and len(part) < 20 for part in distances):
        raise refuse_cursor(of="changes")
    in_progress = tuple(xmax - int(part) for part in distances)
    if len(in_progress) > MAX_IN_PROGRESS or not all(0 <= xact <= xmax for xact in (*in_progress, xmax)):
        raise refuse_cursor(of="changes")
    return Position(xmax=xmax, in_progress=in_progress, at_s=at_s)
