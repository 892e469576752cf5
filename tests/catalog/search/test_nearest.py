"""Search by likeness on real vectors: what is found, in which order, and what a filter leaves out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from heaters.catalog.connection import Catalog
from heaters.catalog.search.nearest import Filters, Match, QueryVector, find_clips, get_clip_vector
from heaters.domain.errors import NotEmbedded
from heaters.domain.states import ClipState
from tests.catalog.review_videos import add_video_in_review, live_clips, query
from tests.catalog.search.vectors import MODEL, VERSION, Vectors, at_cosine, embed_clip, unit


def ask(vector: Vectors, *, model: str = MODEL, version: str = VERSION) -> QueryVector:
    text = "[" + ",".join(map(repr, vector.tolist())) + "]"
    return QueryVector(model=model, model_version=version, dimensions=len(vector), vector=text)


def find(
    catalog: Catalog, vector: Vectors, *, whole: bool = False, limit: int = 10, **filters: Any
) -> list[Match]:
    with catalog.transaction() as connection:
        return find_clips(connection, ask(vector), whole=whole, filters=Filters(**filters), limit=limit)


@pytest.fixture
def clip_ids(catalog: Catalog) -> list[str]:
    """Five clips of 20 frames at 24000/1001, each farther from `unit(1)` than the one before."""
    video_id = add_video_in_review(catalog, cuts=(20, 40, 60, 80))
    ids = [clip["clip_id"] for clip in live_clips(catalog, video_id)]
    for place, clip_id in enumerate(ids):
        embed_clip(catalog, clip_id, [at_cosine(0.9 - place / 10, axis=place + 1)])
    return ids


def test_the_nearest_clips_come_first_with_the_cosine_as_score(catalog: Catalog, clip_ids: list[str]) -> None:
    found = find(catalog, unit(1), limit=3)
    assert [match.clip_id for match in found] == clip_ids[:3]
    assert [match.score for match in found] == pytest.approx([0.9, 0.8, 0.7], abs=1e-6)


def test_a_clip_is_found_once_by_its_best_keyframe(catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog, cuts=(50,))
    many, one = (clip["clip_id"] for clip in live_clips(catalog, video_id))
    embed_clip(catalog, many, [at_cosine(c, axis=n + 1) for n, c in enumerate((0.5, 0.95, 0.9, 0.85, 0.8))])
    embed_clip(catalog, one, [at_cosine(0.6)])
    assert [(match.clip_id, match.position) for match in find(catalog, unit(1), limit=2)] == [
        (many, 1),
        (one, 0),
    ]


def test_vectors_of_another_model_or_version_are_never_compared(
    catalog: Catalog, clip_ids: list[str]
) -> None:
    embed_clip(catalog, clip_ids[4], [unit(1)], model="other")
    query(catalog, "UPDATE embeddings SET model_version = '0' WHERE clip_id = %s RETURNING 1", clip_ids[0])
    assert [match.clip_id for match in find(catalog, unit(1), limit=2)] == clip_ids[1:3]


@pytest.mark.parametrize("state", ["superseded", "archived", "review_archived"])
def test_superseded_and_archived_clips_are_never_found(
    catalog: Catalog, clip_ids: list[str], state: str
) -> None:
    with catalog.transaction() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(
            "UPDATE clips SET state = %s, decided_at = now() WHERE clip_id = %s", (state, clip_ids[0])
        )
    assert find(catalog, unit(1), limit=1)[0].clip_id == clip_ids[1]
    video_id = query(catalog, "SELECT video_id FROM clips WHERE clip_id = %s", clip_ids[0])[0]["video_id"]
    assert find(catalog, unit(1), limit=1, video_id=video_id)[0].clip_id == clip_ids[1]


def test_filters_leave_only_the_clips_that_are_asked_for(catalog: Catalog, clip_ids: list[str]) -> None:
    """Each filter on its own, against one other video whose clips lie nearer."""
    other = add_video_in_review(catalog, cuts=(), frame_count=240)
    (near,) = (clip["clip_id"] for clip in live_clips(catalog, other))
    embed_clip(catalog, near, [unit(1)])
    video_id = query(catalog, "SELECT video_id FROM clips WHERE clip_id = %s", clip_ids[0])[0]["video_id"]
    with catalog.transaction() as connection:
        connection.execute(
            "UPDATE clips SET state = 'review_skipped', decided_at = now() WHERE clip_id = %s", (near,)
        )
        connection.execute(
            "UPDATE clips SET created_at = now() - interval '9 days' WHERE clip_id = %s", (near,)
        )
    yesterday = datetime.now(UTC) - timedelta(days=1)
    for filters in (
        {"video_id": video_id}, {"states": [ClipState.PENDING_REVIEW]}, {"created_from": yesterday}, {"max_s": 0.9},
        {"except_clip_id": near},
    ):  # fmt: skip
        assert [match.clip_id for match in find(catalog, unit(1), **filters)] == clip_ids, filters
    for filters in (
        {"video_id": other}, {"states": [ClipState.REVIEW_SKIPPED]}, {"created_to": yesterday}, {"min_s": 10.0},
    ):  # fmt: skip
        assert [match.clip_id for match in find(catalog, unit(1), **filters)] == [near], filters


def test_both_ends_of_a_length_count(catalog: Catalog, clip_ids: list[str]) -> None:
    """20 frames at 24000/1001 are 0.834166… s; five seconds at that rate are no whole number of frames."""
    length_s = 20 * 1001 / 24000
    assert len(find(catalog, unit(1), min_s=length_s - 1e-9, max_s=length_s + 1e-9)) == 5
    assert (
        find(catalog, unit(1), max_s=length_s - 1e-3) == find(catalog, unit(1), min_s=length_s + 1e-3) == []
    )


def test_no_vectors_at_all_find_nothing(catalog: Catalog) -> None:
    assert (
        find(catalog, unit(1))
        == find(catalog, unit(1), whole=True)
        == find(catalog, unit(1), video_id="v")
        == []
    )


def test_a_size_without_an_index_is_searched_exactly(catalog: Catalog, clip_ids: list[str]) -> None:
    short = unit(1, 2, 3)[:3]
    embed_clip(catalog, clip_ids[2], [short], model="tiny")
    with catalog.transaction() as connection:
        found = find_clips(connection, ask(short, model="tiny"), whole=False, filters=Filters(), limit=5)
    assert [match.clip_id for match in found] == [clip_ids[2]]


def test_a_clip_is_asked_for_by_the_chosen_model_or_else_by_its_newest(
    catalog: Catalog, clip_ids: list[str]
) -> None:
    embed_clip(catalog, clip_ids[0], [unit(0, 1)], model="newer")
    with catalog.transaction() as connection:
        assert get_clip_vector(connection, clip_ids[0], model=MODEL).model == MODEL
        assert get_clip_vector(connection, clip_ids[0], model="gone").model == "newer"


def test_a_clip_without_vectors_says_that_it_is_not_embedded_yet(catalog: Catalog) -> None:
    (clip,) = live_clips(catalog, add_video_in_review(catalog, cuts=()))
    with catalog.transaction() as connection, pytest.raises(NotEmbedded, match="no vectors yet"):
        get_clip_vector(connection, clip["clip_id"], model=MODEL)
