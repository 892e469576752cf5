"""Near-duplicates across the catalog: pairs of clips that look alike, and what people decided about them.

A clip is compared once, with its few nearest neighbours, after its vectors were committed; so the work grows with the
number of clips, not with that of pairs. Clips themselves are never changed here: a decision is remembered, no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from heaters.catalog.connection import Connection
from heaters.catalog.search.nearest import Filters, find_clips, get_clip_vector
from heaters.domain.errors import NotEmbedded, NotFound, StaleVersion

THRESHOLD = 0.995
"""Cosine from which two whole clips are shown as a pair; measured in docs/decisions.md."""

NEIGHBOURS = 8
"""Pairs that one clip can bring in; of ten thousand black clips each is paired with eight."""


class DuplicateDecision(StrEnum):
    """What somebody found: the same picture twice, or two clips that only look alike; NONE: not decided (any more)."""

    NONE = "none"
    SAME = "same"
    DIFFERENT = "different"


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two clips that look alike."""

    clip_id: str
    other_id: str
    model: str
    model_version: str
    similarity: float


def queue_comparisons(connection: Connection, *, clip_ids: Sequence[str], model: str) -> None:
    """Note that these clips have new vectors; call it in the transaction that writes them."""
    connection.execute(
        """
        INSERT INTO clips_to_compare (clip_id, model)
        SELECT unnest(%(clip_ids)s::text[]), %(model)s ON CONFLICT DO NOTHING
        """,
        {"clip_ids": sorted(set(clip_ids)), "model": model},
    )


def compare_next_clips(connection: Connection, *, limit: int) -> int:
    """Compare up to `limit` clips that wait for it with their neighbours; returns how many, 0 when none is left.

    Clips that another transaction is comparing are left to it.
    """
    waiting = _take_waiting(connection, limit)
    pairs = [
        pair
        for row in waiting
        for pair in _find_pairs(connection, clip_id=row["clip_id"], model=row["model"])
    ]
    _insert_pairs(connection, pairs)
    return len(waiting)


def list_pairs(
    connection: Connection, *, decision: DuplicateDecision, after: tuple[float, int] | None, limit: int
) -> list[dict[str, Any]]:
    """Pairs with this decision, most alike first, from behind `after` (similarity, pair_id).

    A pair one of whose clips was superseded or archived is left out.
    """
    similarity, pair_id = after or (2.0, 0)
    return connection.execute(
        """
        SELECT pair.* FROM duplicate_pairs pair
        JOIN clips a ON a.clip_id = pair.clip_a JOIN clips b ON b.clip_id = pair.clip_b
        WHERE pair.decision = %(decision)s AND pair.similarity <= %(similarity)s
          AND (pair.similarity < %(similarity)s OR pair.pair_id > %(pair_id)s)
          AND a.state NOT IN ('superseded', 'review_archived', 'archived')
          AND b.state NOT IN ('superseded', 'review_archived', 'archived')
        ORDER BY pair.similarity DESC, pair.pair_id LIMIT %(limit)s
        """,
        {"decision": decision.value, "similarity": similarity, "pair_id": pair_id, "limit": limit},
    ).fetchall()


def decide_pair(
    connection: Connection, *, pair_id: int, decision: DuplicateDecision, reviewer: str, version: int | None
) -> dict[str, Any]:
    """Remember what `reviewer` decided; the pair as it is then. Deciding the same again changes nothing.

    What somebody else decided is replaced only by whoever saw it: `version` says so. Raises NotFound; StaleVersion,
    with the decision that stands, where it was not seen.
    """
    pair = _lock_pair(connection, pair_id)
    if pair["decision"] == decision:
        return pair
    _check_seen(pair, reviewer=reviewer, version=version)
    _append_decision(connection, pair_id=pair_id, decision=decision, reviewer=reviewer)
    return _write_decision(connection, pair_id=pair_id, decision=decision, reviewer=reviewer)


def _check_seen(pair: dict[str, Any], *, reviewer: str, version: int | None) -> None:
    if version is None and pair["decided_by"] in (None, reviewer):
        return
    if version != pair["version"]:
        stands = (
            f"{pair['decided_by']} found it {pair['decision']}" if pair["decided_by"] else "it is undecided"
        )
        raise StaleVersion(
            f"Pair {pair['pair_id']} has changed since you saw it: {stands}. Look at it again, then decide.",
            decision=pair["decision"], decided_by=pair["decided_by"], version=pair["version"],
        )  # fmt: skip


def _take_waiting(connection: Connection, limit: int) -> list[dict[str, Any]]:
    return connection.execute(
        """
        DELETE FROM clips_to_compare WHERE (clip_id, model) IN (
            SELECT clip_id, model FROM clips_to_compare ORDER BY clip_id, model
            LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        ) RETURNING clip_id, model
        """,
        {"limit": limit},
    ).fetchall()


def _find_pairs(connection: Connection, *, clip_id: str, model: str) -> list[Pair]:
    """The clip's nearest neighbours above THRESHOLD; none for a clip whose vectors of `model` are gone again."""
    try:
        query = get_clip_vector(connection, clip_id, model=model)
    except NotEmbedded:
        return []
    near = find_clips(
        connection, query, whole=True, filters=Filters(except_clip_id=clip_id), limit=NEIGHBOURS
    )
    return [
        Pair(
            clip_id=clip_id,
            other_id=match.clip_id,
            model=query.model,
            model_version=query.model_version,
            similarity=min(match.score, 1.0),
        )
        for match in near
        if match.score >= THRESHOLD
    ]


def _insert_pairs(connection: Connection, pairs: Sequence[Pair]) -> None:
    """One row for each pair, in one order for everybody, so that two transactions at once only wait for each other."""
    connection.execute(
        """
        INSERT INTO duplicate_pairs (clip_a, clip_b, model, model_version, similarity)
        SELECT DISTINCT ON (1, 2) least(one, other), greatest(one, other), model, model_version, similarity
        FROM unnest(%(ones)s::text[], %(others)s::text[], %(models)s::text[], %(versions)s::text[],
                    %(similarities)s::float8[]) AS found (one, other, model, model_version, similarity)
        ORDER BY 1, 2
        ON CONFLICT (clip_a, clip_b) DO UPDATE
        SET similarity = excluded.similarity, model = excluded.model, model_version = excluded.model_version
        """,
        {
            "ones": [pair.clip_id for pair in pairs],
            "others": [pair.other_id for pair in pairs],
            "models": [pair.model for pair in pairs],
            "versions": [pair.model_version for pair in pairs],
            "similarities": [pair.similarity for pair in pairs],
        },
    )


def _lock_pair(connection: Connection, pair_id: int) -> dict[str, Any]:
    row = connection.execute(
        "SELECT * FROM duplicate_pairs WHERE pair_id = %(pair_id)s FOR UPDATE", {"pair_id": pair_id}
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no pair {pair_id}; list the duplicates to find it.")
    return row


def _append_decision(
    connection: Connection, *, pair_id: int, decision: DuplicateDecision, reviewer: str
) -> None:
    connection.execute(
        """
        INSERT INTO duplicate_decisions (pair_id, reviewer, decision)
        VALUES (%(pair_id)s, %(reviewer)s, %(decision)s)
        """,
        {"pair_id": pair_id, "reviewer": reviewer, "decision": decision.value},
    )


def _write_decision(
    connection: Connection, *, pair_id: int, decision: DuplicateDecision, reviewer: str
) -> dict[str, Any]:
    row = connection.execute(
        """
        UPDATE duplicate_pairs
        SET decision = %(decision)s, version = version + 1,
            decided_by = CASE WHEN %(decision)s <> 'none' THEN %(reviewer)s END,
            decided_at = CASE WHEN %(decision)s <> 'none' THEN now() END
        WHERE pair_id = %(pair_id)s RETURNING *
        """,
        {"pair_id": pair_id, "decision": decision.value, "reviewer": reviewer},
    ).fetchone()
    assert row is not None, "the row is locked"
    return row
