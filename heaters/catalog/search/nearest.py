"""Search by likeness: the clips whose vectors lie nearest to a vector, among those that a filter lets through.

Vectors of different models, or of different versions of one, are never compared. Superseded and archived clips are
never found. Nothing here knows what a vector means or where it came from.

How it finds them: an HNSW index walks from near to far and stops once enough rows have passed the filter
(`hnsw.iterative_scan`). A filter so narrow that the walk ends before that is answered exactly, from the clips that it
lets through; a filter on one video always is, and so is a size of vector that has no index. Statements are planned
for the very filter at hand, never prepared: which way is short depends on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from heaters.catalog.connection import Connection
from heaters.domain.errors import NotEmbedded
from heaters.domain.states import ClipState

Row = dict[str, Any]

EF_SEARCH = 200
"""How many candidates the index keeps while it walks. Chosen for recall@10 by bench/search/recall.py."""

MAX_SCAN_TUPLES = 20_000
"""How many rows the walk looks at before it gives up; pgvector's own default."""

ROWS_PER_CLIP = 4
"""Rows asked for where `n` clips are wanted: a clip has about three keyframes, and all may be near."""

FILTERED_TIMES = 2
"""Under a filter the walk comes to rows less in order: so many times as many are asked for, and the best kept."""

_ROWS_TRIED = (1, 5)
"""Asked for again, this many times as many, where so many rows were of too few clips."""

EXACT_CLIPS = 20_000
"""Up to so many clips are compared one by one where the walk found too few."""

_SIZES: Mapping[int, tuple[LiteralString, LiteralString]] = {
    512: ("e.dimensions = 512", "e.vector::vector(512) <=> %(vector)s::vector(512)"),
    768: ("e.dimensions = 768", "e.vector::vector(768) <=> %(vector)s::vector(768)"),
}
"""Size and cosine distance in the words of each partial index; it is not used for a size that is a parameter."""

_OTHER_SIZE: tuple[LiteralString, LiteralString] = (
    "e.dimensions = %(dimensions)s",
    "e.vector <=> %(vector)s::vector",
)

_KIND: Mapping[bool, LiteralString] = {True: "e.position = -1", False: "e.position >= 0"}

_LIVE: LiteralString = "c.state NOT IN ('superseded', 'review_archived', 'archived')"

_CLAUSES: Mapping[str, LiteralString] = {
    "video_id": "c.video_id = %(video_id)s",
    "states": "c.state = ANY(%(states)s::clip_state[])",
    "created_from": "c.created_at >= %(created_from)s",
    "created_to": "c.created_at < %(created_to)s",
    "min_s": "(c.end_frame - c.start_frame)::bigint * v.fps_den >= %(min_s)s::float8 * v.fps_num",
    "max_s": "(c.end_frame - c.start_frame)::bigint * v.fps_den <= %(max_s)s::float8 * v.fps_num",
    "except_clip_id": "c.clip_id <> %(except_clip_id)s",
}
"""What each filter asks of a clip `c` of a video `v`."""


@dataclass(frozen=True, kw_only=True)
class QueryVector:
    """What to look for, as Postgres writes a vector: `[0.1,-0.2,…]`."""

    model: str
    model_version: str
    dimensions: int
    vector: str


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a clip must be like; None lets every clip through. Times are half-open, lengths in seconds inclusive."""

    video_id: str | None = None
    states: Sequence[ClipState] | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    min_s: float | None = None
    max_s: float | None = None
    except_clip_id: str | None = None

    def given(self) -> dict[str, Any]:
        """The filters that are set."""
        named = {name: getattr(self, name) for name in _CLAUSES}
        named["states"] = [state.value for state in self.states] if self.states is not None else None
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class Match:
    """A clip, the position of its vector that is nearest (-1: the whole clip), and the cosine of the two."""

    clip_id: str
    position: int
    score: float


def get_clip_vector(connection: Connection, clip_id: str, *, model: str) -> QueryVector:
    """The vector of the whole clip, by `model` or else by the newest. Raises NotEmbedded where it has none."""
    row = connection.execute(
        """
        SELECT model, model_version, dimensions, vector::text AS vector FROM embeddings
        WHERE clip_id = %(clip_id)s AND position = -1
        ORDER BY model = %(model)s DESC, created_at DESC LIMIT 1
        """,
        {"clip_id": clip_id, "model": model},
    ).fetchone()
    if row is None:
        raise NotEmbedded(
            f"Clip {clip_id} has no vectors yet: they are made after it was approved and exported. "
            "Approve it, or wait until it is embedded.",
            clip_id=clip_id,
        )
    return QueryVector(**row)


def find_clips(
    connection: Connection, query: QueryVector, *, whole: bool, filters: Filters, limit: int
) -> list[Match]:
    """Up to `limit` clips, nearest first, each by its best vector: of the `whole` clip, or of one of its keyframes.

    Sets the transaction's HNSW settings.
    """
    if filters.video_id is not None or query.dimensions not in _SIZES:
        return _best_of_clips(
            scan_exactly(connection, query, whole=whole, filters=filters, limit=limit), limit
        )
    set_search(connection, ef_search=EF_SEARCH)
    for times in _ROWS_TRIED:
        wanted = limit * times * (1 if whole else ROWS_PER_CLIP)
        wanted *= FILTERED_TIMES if filters.given() else 1
        rows = walk_index(connection, query, whole=whole, filters=filters, limit=wanted)
        if len(rows) < wanted:
            rows += scan_exactly(connection, query, whole=whole, filters=filters, limit=limit)
            break
        if len({row["clip_id"] for row in rows}) >= limit:
            break
    return _best_of_clips(rows, limit)


def _best_of_clips(rows: Sequence[Row], limit: int) -> list[Match]:
    """One match per clip from rows in any order; ties by id, so that a search answers the same twice."""
    best: dict[str, Match] = {}
    for row in sorted(rows, key=lambda row: (row["distance"], row["clip_id"], row["position"])):
        match = Match(clip_id=row["clip_id"], position=row["position"], score=1.0 - row["distance"])
        best.setdefault(match.clip_id, match)
    return list(best.values())[:limit]


def set_search(connection: Connection, *, ef_search: int) -> None:
    """For this transaction: walk on until enough rows pass the filter, at most MAX_SCAN_TUPLES."""
    connection.execute(
        """
        SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true),
               set_config('hnsw.ef_search', %(ef_search)s, true),
               set_config('hnsw.max_scan_tuples', %(max_scan_tuples)s, true)
        """,
        {"ef_search": str(ef_search), "max_scan_tuples": str(MAX_SCAN_TUPLES)},
    )


def walk_index(
    connection: Connection, query: QueryVector, *, whole: bool, filters: Filters, limit: int
) -> list[Row]:
    """Up to `limit` vectors, nearly in order of their distance, and nearly the nearest ones."""
    given = filters.given()
    size, distance = _SIZES[query.dimensions]
    return connection.execute(
        f"""
        SELECT e.clip_id, e.position, {distance} AS distance
        FROM embeddings e JOIN clips c ON c.clip_id = e.clip_id {_join(given)}
        WHERE {size} AND e.model = %(model)s AND e.model_version = %(model_version)s
          AND {_KIND[whole]} AND {_where(given)}
        ORDER BY {distance} LIMIT %(limit)s
        """,  # noqa: S608 - made of fixed texts
        {**given, **vars(query), "limit": limit},
        prepare=False,
    ).fetchall()


def scan_exactly(
    connection: Connection,
    query: QueryVector,
    *,
    whole: bool,
    filters: Filters,
    limit: int,
    clip_count: int = EXACT_CLIPS,
) -> list[Row]:
    """The nearest vector of each of the `limit` nearest clips, among `clip_count` that the filters let through."""
    given = filters.given()
    size, distance = _SIZES.get(query.dimensions, _OTHER_SIZE)
    return connection.execute(
        f"""
        WITH candidates AS MATERIALIZED (
            SELECT c.clip_id FROM clips c {_join(given)} WHERE {_where(given)} LIMIT %(clip_count)s
        )
        SELECT * FROM (
            SELECT DISTINCT ON (e.clip_id) e.clip_id, e.position, {distance} AS distance
            FROM candidates JOIN embeddings e ON e.clip_id = candidates.clip_id AND e.model = %(model)s
            WHERE {size} AND e.model_version = %(model_version)s AND {_KIND[whole]}
            ORDER BY e.clip_id, distance
        ) best ORDER BY distance, clip_id LIMIT %(limit)s
        """,  # noqa: S608 - made of fixed texts
        {**given, **vars(query), "limit": limit, "clip_count": clip_count},
        prepare=False,
    ).fetchall()


def _join(given: Mapping[str, Any]) -> LiteralString:
    """Only lengths need the video: its rate."""
    needed = given.keys() & {"min_s", "max_s"}
    return "JOIN source_videos v ON v.video_id = c.video_id" if needed else ""


def _where(given: Mapping[str, Any]) -> LiteralString:
    where: LiteralString = _LIVE
    for name, clause in _CLAUSES.items():
        if name in given:
            where += " AND " + clause
    return where
