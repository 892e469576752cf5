"""Near-duplicates: found once, whoever was embedded first; decided on once, and remembered."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from heaters.catalog.connection import Catalog
from heaters.catalog.search.duplicates import (
    NEIGHBOURS,
    THRESHOLD,
    DuplicateDecision,
    compare_next_clips,
    decide_pair,
    list_pairs,
)
from heaters.domain.errors import NotFound, StaleVersion
from tests.catalog.review_videos import add_video_in_review, live_clips, query
from tests.catalog.search.vectors import at_cosine, embed_clip, unit

NONE, SAME, DIFFERENT = DuplicateDecision.NONE, DuplicateDecision.SAME, DuplicateDecision.DIFFERENT


def add_clips(catalog: Catalog, count: int) -> list[str]:
    video_id = add_video_in_review(catalog, cuts=range(1, count))
    return [clip["clip_id"] for clip in live_clips(catalog, video_id)]


def compare_all(catalog: Catalog, at_once: int = 100) -> int:
    compared = 0
    while True:
        with catalog.transaction() as connection:
            done = compare_next_clips(connection, limit=at_once)
        if not done:
            return compared
        compared += done


def pairs(catalog: Catalog, decision: DuplicateDecision = NONE) -> list[dict[str, Any]]:
    with catalog.transaction() as connection:
        return list_pairs(connection, decision=decision, after=None, limit=1000)


def decide(
    catalog: Catalog, pair_id: int, decision: DuplicateDecision, who: str = "ann", version: int | None = None
) -> dict[str, Any]:
    with catalog.transaction() as connection:
        return decide_pair(connection, pair_id=pair_id, decision=decision, reviewer=who, version=version)


@pytest.fixture
def pair(catalog: Catalog) -> dict[str, Any]:
    """Two clips with the same picture, undecided."""
    for clip_id in add_clips(catalog, 2):
        embed_clip(catalog, clip_id, [unit(1)])
    compare_all(catalog)
    (found,) = pairs(catalog)
    return found


def test_two_clips_above_the_threshold_are_one_pair_and_below_it_none(catalog: Catalog) -> None:
    first, near, far = add_clips(catalog, 3)
    embed_clip(catalog, first, [unit(1)])
    embed_clip(catalog, near, [at_cosine(THRESHOLD + 0.002)])
    embed_clip(catalog, far, [at_cosine(THRESHOLD - 0.002, axis=2)])
    assert compare_all(catalog) == 3
    (found,) = pairs(catalog)
    assert {found["clip_a"], found["clip_b"]} == {first, near}
    assert found["similarity"] == pytest.approx(THRESHOLD + 0.002, abs=1e-6)


def test_a_clip_that_is_embedded_later_is_paired_with_one_that_was_compared_before(catalog: Catalog) -> None:
    first, second = add_clips(catalog, 2)
    embed_clip(catalog, first, [unit(1)])
    compare_all(catalog)
    embed_clip(catalog, second, [unit(1)])
    assert (compare_all(catalog), len(pairs(catalog))) == (1, 1)


def test_comparing_again_changes_nothing(catalog: Catalog, pair: dict[str, Any]) -> None:
    decide(catalog, pair["pair_id"], SAME)
    with catalog.transaction() as connection:
        connection.execute(
            "INSERT INTO clips_to_compare (clip_id, model) SELECT clip_id, model FROM embeddings WHERE position = -1"
        )
    compare_all(catalog)
    assert (pairs(catalog), len(pairs(catalog, SAME))) == ([], 1)


def test_of_many_clips_with_the_same_picture_each_brings_in_a_few_pairs_only(catalog: Catalog) -> None:
    clips = add_clips(catalog, 60)
    for clip_id in clips:
        embed_clip(catalog, clip_id, [unit(1)])
    compare_all(catalog)
    found = pairs(catalog)
    assert len(found) <= NEIGHBOURS * len(clips)
    assert {pair[side] for pair in found for side in ("clip_a", "clip_b")} == set(clips)


def test_clips_compared_at_once_by_two_are_compared_once_and_nobody_deadlocks(catalog: Catalog) -> None:
    clips = add_clips(catalog, 40)
    for clip_id in clips:
        embed_clip(catalog, clip_id, [unit(1)])
    with ThreadPoolExecutor(4) as pool:
        compared = sum(pool.map(lambda _: compare_all(catalog, at_once=5), range(4)))
    assert compared == len(clips)
    assert query(catalog, "SELECT FROM clips_to_compare") == []
    assert {pair[side] for pair in pairs(catalog) for side in ("clip_a", "clip_b")} == set(clips)


def test_a_clip_whose_vectors_are_gone_is_passed_over(catalog: Catalog) -> None:
    (clip_id,) = add_clips(catalog, 1)
    embed_clip(catalog, clip_id, [unit(1)])
    with catalog.transaction() as connection:
        connection.execute("DELETE FROM embeddings")
    assert (compare_all(catalog), pairs(catalog)) == (1, [])


@pytest.mark.parametrize("state", ["superseded", "archived", "review_archived"])
def test_a_pair_leaves_the_list_with_either_of_its_clips(
    catalog: Catalog, pair: dict[str, Any], state: str
) -> None:
    with catalog.transaction() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(
            "UPDATE clips SET state = %s, decided_at = now() WHERE clip_id = %s", (state, pair["clip_b"])
        )
    assert pairs(catalog) == []


def test_a_decision_is_remembered_with_who_and_when_and_logged(
    catalog: Catalog, pair: dict[str, Any]
) -> None:
    decided = decide(catalog, pair["pair_id"], DIFFERENT)
    assert (decided["decision"], decided["decided_by"], decided["version"]) == ("different", "ann", 2)
    assert decided["decided_at"] is not None
    assert (pairs(catalog), len(pairs(catalog, DIFFERENT))) == ([], 1)
    taken_back = decide(catalog, pair["pair_id"], NONE)
    assert (taken_back["decided_by"], taken_back["decided_at"]) == (None, None)
    assert len(pairs(catalog)) == 1
    log = query(catalog, "SELECT reviewer, decision FROM duplicate_decisions ORDER BY decision_id")
    assert log == [{"reviewer": "ann", "decision": "different"}, {"reviewer": "ann", "decision": "none"}]


def test_deciding_the_same_twice_is_logged_once(catalog: Catalog, pair: dict[str, Any]) -> None:
    assert decide(catalog, pair["pair_id"], SAME) == decide(catalog, pair["pair_id"], SAME, who="bob")
    assert len(query(catalog, "SELECT FROM duplicate_decisions")) == 1


@pytest.mark.parametrize("after", [DIFFERENT, NONE])
def test_what_somebody_else_decided_is_replaced_only_by_who_saw_it(
    catalog: Catalog, pair: dict[str, Any], after: DuplicateDecision
) -> None:
    decide(catalog, pair["pair_id"], SAME, who="ann")
    for version in (None, 1):
        with pytest.raises(StaleVersion, match="ann found it same") as refusal:
            decide(catalog, pair["pair_id"], after, who="bob", version=version)
        assert refusal.value.details == {"decision": "same", "decided_by": "ann", "version": 2}
    assert decide(catalog, pair["pair_id"], after, who="bob", version=2)["decision"] == after


def test_of_two_who_decide_at_once_one_is_refused(catalog: Catalog, pair: dict[str, Any]) -> None:
    def attempt(who: str, decision: DuplicateDecision) -> str:
        try:
            return str(decide(catalog, pair["pair_id"], decision, who=who)["decided_by"])
        except StaleVersion:
            return "refused"

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(attempt, ("ann", "bob"), (SAME, DIFFERENT)))
    assert sorted(answers)[-1] == "refused"
    assert len(query(catalog, "SELECT FROM duplicate_decisions")) == 1


def test_a_pair_that_is_not_there_cannot_be_decided_on(catalog: Catalog) -> None:
    with pytest.raises(NotFound, match="no pair 7"):
        decide(catalog, 7, SAME)


def test_pages_hold_every_pair_once_also_among_equals(catalog: Catalog) -> None:
    clips = add_clips(catalog, 12)
    for clip_id in clips:
        embed_clip(catalog, clip_id, [unit(1)])
    compare_all(catalog)
    everything = [pair["pair_id"] for pair in pairs(catalog)]
    seen: list[int] = []
    after: tuple[float, int] | None = None
    while True:
        with catalog.transaction() as connection:
            page = list_pairs(connection, decision=NONE, after=after, limit=7)
        if not page:
            break
        seen += [pair["pair_id"] for pair in page]
        after = (page[-1]["similarity"], page[-1]["pair_id"])
    assert seen == everything
    assert len(set(seen)) == len(seen) > 20
