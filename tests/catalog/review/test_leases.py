"""Leases: who is given which clip, for how long, and who gets it next."""

import uuid
from collections.abc import Sequence

import pytest

from heaters.catalog.connection import Catalog
from heaters.catalog.review import actions
from heaters.catalog.review.leases import LEASE_S, Lease, end_lease, lease_next, renew_lease
from heaters.domain.errors import NotFound
from heaters.domain.review.plans import Action
from tests.catalog.review_videos import add_video_in_review, live_clips, query


def _next(
    catalog: Catalog,
    reviewer: str = "ann",
    count: int = 2,
    video_id: str | None = None,
    holding: Sequence[str] = (),
) -> Lease | None:
    with catalog.transaction() as connection:
        return lease_next(
            connection,
            reviewer=reviewer,
            lease_id=str(uuid.uuid4()),
            count=count,
            video_id=video_id,
            holding=holding,
        )


def _ids(catalog: Catalog, *video_ids: str) -> tuple[str, ...]:
    return tuple(clip["clip_id"] for video_id in video_ids for clip in live_clips(catalog, video_id))


def _let_expire(catalog: Catalog) -> None:
    with catalog.transaction() as connection:
        connection.execute("UPDATE leases SET expires_at = now() - interval '1 second'")


def test_clips_come_in_order_of_their_videos_age_and_frames(catalog: Catalog) -> None:
    first, second = add_video_in_review(catalog), add_video_in_review(catalog)
    lease = _next(catalog, count=5)
    assert lease is not None
    assert lease.clip_ids == _ids(catalog, first, second)[:5]


def test_one_video_can_be_asked_for(catalog: Catalog) -> None:
    add_video_in_review(catalog)
    second = add_video_in_review(catalog)
    lease = _next(catalog, count=9, video_id=second)
    assert lease is not None
    assert lease.clip_ids == _ids(catalog, second)


def test_decided_clips_and_those_of_others_are_passed_over(catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog)
    first, second, third = _ids(catalog, video_id)
    with catalog.transaction() as connection:
        actions.decide_clip(connection, clip_id=first, action=Action.SKIP, version=1, reviewer="ben")
    assert getattr(_next(catalog, "ben", count=1), "clip_ids", None) == (second,)
    assert getattr(_next(catalog, "ann", count=5), "clip_ids", None) == (third,)
    assert _next(catalog, "cleo") is None


def test_a_page_that_was_reloaded_is_given_its_clips_again(catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog)
    _next(catalog, count=2)
    again = _next(catalog, count=2)
    assert again is not None
    assert again.clip_ids == _ids(catalog, video_id)[:2]


def test_a_page_that_holds_a_lease_is_given_what_comes_after_it(catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog)
    held = _next(catalog, count=2)
    assert held is not None
    more = _next(catalog, count=2, holding=[held.lease_id])
    assert more is not None
    assert held.clip_ids + more.clip_ids == _ids(catalog, video_id)
    assert _next(catalog, holding=[held.lease_id, more.lease_id]) is None


def test_an_expired_lease_is_as_good_as_none(catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog)
    _next(catalog, "ann", count=3)
    assert _next(catalog, "ben") is None
    _let_expire(catalog)
    taken = _next(catalog, "ben", count=3)
    assert taken is not None
    assert taken.clip_ids == _ids(catalog, video_id)


def test_a_lease_can_be_renewed_until_somebody_takes_its_clips(catalog: Catalog) -> None:
    add_video_in_review(catalog)
    lease = _next(catalog, "ann", count=3)
    assert lease is not None
    _let_expire(catalog)
    with catalog.transaction() as connection:
        renewed = renew_lease(connection, lease_id=lease.lease_id, reviewer="ann")
    (row,) = query(catalog, "SELECT now() AS now")
    assert LEASE_S - 30 < (renewed.expires_at - row["now"]).total_seconds() <= LEASE_S
    _let_expire(catalog)
    _next(catalog, "ben", count=3)
    with catalog.transaction() as connection, pytest.raises(NotFound, match="has ended"):
        renew_lease(connection, lease_id=lease.lease_id, reviewer="ann")


def test_nobody_renews_or_ends_the_lease_of_another(catalog: Catalog) -> None:
    add_video_in_review(catalog)
    lease = _next(catalog, "ann")
    assert lease is not None
    with catalog.transaction() as connection:
        with pytest.raises(NotFound):
            renew_lease(connection, lease_id=lease.lease_id, reviewer="ben")
        assert end_lease(connection, lease_id=lease.lease_id, reviewer="ben") == 0
        assert end_lease(connection, lease_id=lease.lease_id, reviewer="ann") == 2
        assert end_lease(connection, lease_id=lease.lease_id, reviewer="ann") == 0


def test_a_lease_stops_nobody_from_deciding(catalog: Catalog) -> None:
    """It is a courtesy: what guards a clip is its version."""
    video_id = add_video_in_review(catalog)
    _next(catalog, "ann", count=3)
    with catalog.transaction() as connection:
        actions.decide_clip(
            connection, clip_id=_ids(catalog, video_id)[0], action=Action.SKIP, version=1, reviewer="ben"
        )
    assert live_clips(catalog, video_id)[0]["state"] == "review_skipped"
