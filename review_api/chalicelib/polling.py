"""How a request waits for news: it looks, rests and looks again, and holds no connection while it rests.

Looking is one indexed statement of a fraction of a millisecond. Postgres could call instead (LISTEN/NOTIFY), but a
listener keeps a connection, and every commit that notifies waits for the one before it.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from heaters.catalog.changes import News, Position, read_changes
from heaters.catalog.connection import Catalog

LOOK_EVERY_S = 0.25

REST_S = 1.0
"""A video's progress is told no sooner into a request than this: it comes all the time and is never urgent."""

_LOOKS = threading.BoundedSemaphore(4)
"""However many pages wait in this process, so many look at once; connections and time are left for actions."""


@dataclass(frozen=True, kw_only=True)
class Wait:
    """How long to wait for which kinds of changes, of one video or of all; the clock and how to rest are given."""

    wait_s: float
    kinds: frozenset[str]
    video_id: str | None
    clock_s: Callable[[], float] = time.monotonic
    rest: Callable[[float], None] = time.sleep


def wait_for_news(catalog: Catalog, since: Position, wait: Wait) -> News:
    """The first news after `since` of a kind that is waited for; the last look, empty, when the time is over."""
    began_s = wait.clock_s()
    while True:
        news = _look(catalog, since, wait)
        spent_s = wait.clock_s() - began_s
        if news.changes is None or spent_s >= wait.wait_s or _is_worth_telling(news, spent_s):
            return news
        if not news.changes:
            since = news.position
        wait.rest(min(LOOK_EVERY_S, wait.wait_s - spent_s))


def _look(catalog: Catalog, since: Position, wait: Wait) -> News:
    with _LOOKS, catalog.transaction() as connection:
        news = read_changes(connection, since, video_id=wait.video_id)
    if news.changes is None:
        return news
    wanted = tuple(change for change in news.changes if not wait.kinds.isdisjoint(change.kinds))
    return News(changes=wanted, position=news.position)


def _is_worth_telling(news: News, spent_s: float) -> bool:
    changes = news.changes or ()
    return any(change.kinds != ("progress",) for change in changes) or (bool(changes) and spent_s >= REST_S)
