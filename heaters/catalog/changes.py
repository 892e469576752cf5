"""What changed lately in the catalog, for readers that come back with the position which they were given last.

Triggers write the rows (0013_changes.sql). A position says which transactions a reader has seen: all before `xmax` but
those in `in_progress`. So nothing that commits late is missed, and a transaction that takes long holds nobody back.
Nothing here waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from heaters.catalog.connection import Connection

KEPT_S = 3600
"""For so long a position can be read on from; what is older is pruned an hour later."""

MAX_ROWS = 500
"""A reader who has missed more begins again."""

MAX_IN_PROGRESS = 64
"""How many transactions a position names; where more are at work it ends before the others."""

ChangeKind = Literal["video", "progress", "gate", "clips"]


@dataclass(frozen=True, kw_only=True)
class Position:
    """What a reader has seen. `at_s` is when, in seconds of the database's clock."""

    xmax: int
    in_progress: tuple[int, ...]
    at_s: int


@dataclass(frozen=True, kw_only=True)
class Change:
    """What one transaction did to one video. `clip_ids` None: too many."""

    video_id: str
    kinds: tuple[ChangeKind, ...]
    clip_ids: tuple[str, ...] | None


@dataclass(frozen=True, kw_only=True)
class News:
    """Changes since a position, and the position after them; None: begin again, the position is of no use any more."""

    changes: tuple[Change, ...] | None
    position: Position


def find_position(connection: Connection) -> Position:
    """Where a reader stands who sees everything that is committed now."""
    row = connection.execute(
        "SELECT pg_current_snapshot()::text AS snapshot, extract(epoch FROM now())::bigint AS at_s"
    ).fetchone()
    assert row
    return read_position(row["snapshot"], at_s=row["at_s"])


def read_changes(connection: Connection, since: Position, *, video_id: str | None = None) -> News:
    """What became visible after `since`, of one video or of all. The position after it is of the same statement, so
    that no commit falls between. A position of the future is another database's.
    """
    rows = connection.execute(
        """
        WITH unseen AS (
            (
                SELECT video_id, kinds, clip_ids FROM changes
                WHERE xact >= %(xmax)s::xid8 AND (%(video_id)s::text IS NULL OR video_id = %(video_id)s)
                ORDER BY xact LIMIT %(limit)s
            )
            UNION ALL
            SELECT video_id, kinds, clip_ids FROM changes
            WHERE xact = ANY(%(in_progress)s::text[]::xid8[])
              AND (%(video_id)s::text IS NULL OR video_id = %(video_id)s)
        )
        SELECT pg_current_snapshot()::text AS snapshot, extract(epoch FROM now())::bigint AS at_s,
               %(xmax)s::xid8 > pg_snapshot_xmax(pg_current_snapshot()) AS is_foreign, unseen.*
        FROM (VALUES (1)) AS always LEFT JOIN unseen ON true LIMIT %(limit)s
        """,
        {
            "xmax": str(since.xmax),
            "in_progress": [str(xact) for xact in since.in_progress],
            "video_id": video_id,
            "limit": MAX_ROWS + 1,
        },
    ).fetchall()
    position = read_position(rows[0]["snapshot"], at_s=rows[0]["at_s"])
    changes = tuple(_read(row) for row in rows if row["video_id"] is not None)
    too_old = position.at_s - since.at_s > KEPT_S
    is_lost = rows[0]["is_foreign"] or too_old or len(changes) > MAX_ROWS
    return News(changes=None if is_lost else changes, position=position)


def read_position(snapshot: str, *, at_s: int) -> Position:
    """The position of a `pg_snapshot`, written `xmin:xmax:in,progress`. Of many transactions at work the later ones
    count as not begun: what was finished between them is told twice, and nothing is missed.
    """
    _, xmax, names = snapshot.split(":")
    in_progress = sorted(int(name) for name in names.split(",") if name)
    kept, others = in_progress[:MAX_IN_PROGRESS], in_progress[MAX_IN_PROGRESS:]
    return Position(xmax=min([int(xmax), *others]), in_progress=tuple(kept), at_s=at_s)


def prune_changes(connection: Connection, *, older_than_s: int = 2 * KEPT_S) -> int:
    """Forget what nobody can ask for any more; returns how many rows. The hour between is for transactions that take
    long: their rows are older than their commit.
    """
    return connection.execute(
        "DELETE FROM changes WHERE at < now() - make_interval(secs => %(older_than_s)s)",
        {"older_than_s": older_than_s},
    ).rowcount


def merge_changes(changes: Sequence[Change]) -> list[Change]:
    """One change per video, in the order of their first; too many clips stay too many."""
    merged: dict[str, Change] = {}
    for change in changes:
        known = merged.get(change.video_id)
        merged[change.video_id] = _merge(known, change) if known else change
    return list(merged.values())


def _merge(one: Change, other: Change) -> Change:
    clip_ids = None
    if one.clip_ids is not None and other.clip_ids is not None:
        clip_ids = tuple(dict.fromkeys(one.clip_ids + other.clip_ids))
    kinds = tuple(dict.fromkeys(one.kinds + other.kinds))
    return Change(video_id=one.video_id, kinds=kinds, clip_ids=clip_ids)


def _read(row: dict[str, Any]) -> Change:
    clip_ids = row["clip_ids"]
    return Change(
        video_id=row["video_id"],
        kinds=tuple(row["kinds"]),
        clip_ids=None if clip_ids is None else tuple(dict.fromkeys(clip_ids)),
    )
