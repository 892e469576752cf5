"""What must be true after any load: each accepted answer is in the log exactly once, every log leads to what the
catalog has, every gate that was released was answered, and Postgres never had to break a deadlock.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from heaters.catalog.connection import Catalog, CatalogSettings
from heaters.catalog.review.replay import check_log

Accepted = tuple[int, str, tuple[str, ...]]
"""Event, person and clips, as an answer told them."""


@dataclass(frozen=True, kw_only=True)
class Audit:
    """`untold`: events in the log that no answer named."""

    accepted: int
    logged_once: int
    untold: int
    videos: int
    differences: tuple[str, ...]
    resumed_gates: int
    unresumed_gates: int
    deadlocks: int

    @property
    def is_clean(self) -> bool:
        lost = self.accepted - self.logged_once
        return not (lost or self.untold or self.differences or self.unresumed_gates or self.deadlocks)


def audit(
    database_url: str, *, accepted: Sequence[Accepted], released: int, answered: Collection[str]
) -> Audit:
    """Read everything back. `released` asks for a release were accepted; `answered` tokens reached Step Functions."""
    catalog = Catalog(CatalogSettings(conninfo=database_url))
    logged = {
        row["event_id"]: (row["event_id"], row["reviewer"], tuple(row["clip_ids"]))
        for row in _query(
            catalog, "SELECT event_id, reviewer, clip_ids FROM review_events WHERE action <> 'release'"
        )
    }
    told = Counter(accepted)
    videos = [
        row["video_id"]
        for row in _query(catalog, "SELECT DISTINCT unnest(video_ids) AS video_id FROM review_events")
    ]
    releases = _query(catalog, "SELECT count(*) AS n FROM review_events WHERE action = 'release'")[0]["n"]
    gates = _query(catalog, "SELECT token, state FROM review_gates WHERE released_at IS NOT NULL")
    unresumed = [gate for gate in gates if gate["state"] != "resumed"]
    missing = [gate for gate in gates if gate["state"] == "resumed" and gate["token"] not in answered]
    deadlocks = _query(catalog, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    result = Audit(
        accepted=len(accepted) + released,
        logged_once=sum(told[event] == 1 for event in logged.values()) + min(releases, released),
        untold=sum(told[event] == 0 for event in logged.values()) + max(0, releases - released),
        videos=len(videos),
        differences=tuple(found for video_id in videos for found in check_log(catalog, video_id)),
        resumed_gates=len(gates) - len(unresumed),
        unresumed_gates=len(unresumed) + len(missing),
        deadlocks=deadlocks[0]["deadlocks"],
    )
    catalog.close()
    return result


def _query(catalog: Catalog, statement: str) -> list[dict[str, Any]]:
    with catalog.transaction() as connection:
        return connection.execute(statement.encode()).fetchall()
