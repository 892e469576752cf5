"""The index finds what comparing with all vectors finds, whatever the filter; and it is the index that was asked."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from bench.search.many_vectors import MODEL, VERSION, ManyVectors, best_clips, fill_catalog, make_vectors
from heaters.catalog.connection import Catalog
from heaters.catalog.search.nearest import Filters, QueryVector, find_clips
from heaters.domain.states import ClipState
from tests.catalog.review_videos import query
from tests.waiting import wait_until

CLIPS, K = 1200, 10
SKIPPED = Filters(states=[ClipState.REVIEW_SKIPPED])
LONG = Filters(min_s=5.0)
EARLY = Filters(created_to=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=60))
RARE = Filters(states=[ClipState.REVIEW_SKIPPED], min_s=10.2)


@pytest.fixture(scope="module")
def made() -> ManyVectors:
    return make_vectors(CLIPS, seed=3)


@pytest.mark.parametrize(
    ("filters", "whole", "share"),
    [(Filters(), False, 1), (Filters(), True, 1), (SKIPPED, False, 0.2), (LONG, True, 0.6), (EARLY, False, 0.05),
     (RARE, False, 0.0125), (Filters(video_id="video-7"), False, 0.04)],
    ids=["all", "whole clips", "a fifth", "three fifths", "a twentieth", "a hundredth", "one video"],
)  # fmt: skip
def test_nineteen_of_twenty_nearest_clips_are_found(
    catalog: Catalog, made: ManyVectors, filters: Filters, whole: bool, share: float
) -> None:
    """Recall at 10 over thirty queries that are no vector of the catalog."""
    fill_catalog(catalog, made)
    allowed = _allowed(filters)
    assert allowed.mean() == pytest.approx(share, rel=0.25)
    found = wanted = 0
    for asked in _queries(made):
        best = best_clips(made, asked, whole=whole, allowed=allowed, k=K)
        with catalog.transaction() as connection:
            connection.execute("SET LOCAL enable_sort = off")  # so few vectors are sooner sorted than walked
            matches = find_clips(connection, _ask(asked), whole=whole, filters=filters, limit=K)
        found += len(best & {match.clip_id for match in matches})
        wanted += len(best)
        assert [match.score for match in matches] == sorted((match.score for match in matches), reverse=True)
    assert found >= 0.95 * wanted > 0
    if filters.video_id is None:
        catalog.close()
        wait_until(lambda: _index_scans(catalog) >= 30, "the session to report that it asked the index")


def _allowed(filters: Filters) -> np.ndarray:
    """Which clips a filter lets through, told from how the catalog was filled."""
    number = np.arange(CLIPS)
    allowed = np.ones(CLIPS, dtype=bool)
    if filters.states:
        allowed &= number % 5 == 0
    if filters.min_s:
        allowed &= 24 + number % 240 >= 24 * filters.min_s
    if filters.created_to:
        allowed &= number < 60
    if filters.video_id:
        allowed &= number // 50 == 7
    return allowed


def _queries(made: ManyVectors) -> np.ndarray:
    random = np.random.default_rng(4)
    mixed = made.whole[random.integers(CLIPS, size=30)] + 0.4 * made.whole[random.integers(CLIPS, size=30)]
    return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), dtype=np.float32)


def _ask(asked: np.ndarray) -> QueryVector:
    text = "[" + ",".join(map(repr, asked.tolist())) + "]"
    return QueryVector(model=MODEL, model_version=VERSION, dimensions=len(asked), vector=text)


def _index_scans(catalog: Catalog) -> int:
    """As sessions report them, each a moment after it has ended."""
    (row,) = query(
        catalog,
        "SELECT pg_stat_force_next_flush(), idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'embeddings_512'",
    )
    return int(row["idx_scan"])
