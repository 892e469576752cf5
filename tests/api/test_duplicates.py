"""Pairs of clips that look alike, through the API: listed, decided on by one person at a time, paged."""

from typing import Any

import pytest

from heaters.catalog.connection import Catalog
from heaters.catalog.search.duplicates import compare_next_clips
from tests.api.api_client import Answer, Api
from tests.catalog.review_videos import add_video_in_review, live_clips
from tests.catalog.search.vectors import embed_clip, unit


@pytest.fixture
def pair(api: Api, catalog: Catalog) -> Any:
    for clip in live_clips(catalog, add_video_in_review(catalog, cuts=(50,), title="twice.mp4")):
        embed_clip(catalog, clip["clip_id"], [unit(1)])
    with catalog.transaction() as connection:
        compare_next_clips(connection, limit=10)
    (found,) = api.get("/duplicates").body["items"]
    return found


def test_a_pair_shows_both_clips_with_pictures_and_title(pair: Any) -> None:
    assert pair["similarity"] == pytest.approx(1)
    assert (pair["decision"], pair["decided_by"], pair["version"]) == ("none", None, 1)
    assert [clip["start_frame"] for clip in pair["clips"]] == [0, 50]
    assert all(clip["video_title"] == "twice.mp4" and clip["keyframe_url"] for clip in pair["clips"])


def test_a_pair_that_was_decided_leaves_the_list_and_is_found_under_its_decision(api: Api, pair: Any) -> None:
    decided = api.post(f"/duplicates/{pair['pair_id']}", decision="same")
    assert (decided.status, decided.body["decision"], decided.body["decided_by"]) == (200, "same", "ann")
    assert api.get("/duplicates").body == {"items": [], "next_cursor": None}
    assert [item["pair_id"] for item in api.get("/duplicates?decision=same").body["items"]] == [
        pair["pair_id"]
    ]
    assert api.get("/duplicates?decision=different").body["items"] == []


def test_two_people_do_not_overrule_each_other_unseen(api: Api, pair: Any) -> None:
    path = f"/duplicates/{pair['pair_id']}"
    api.post(path, decision="same")
    bob = api.as_person("bob")
    refused = bob.post(path, decision="different")
    assert (refused.status, refused.code) == (409, "StaleVersion")
    version = refused.body["error"]["details"]["version"]
    assert bob.post(path, decision="different", version=version).body["decided_by"] == "bob"


@pytest.mark.parametrize("pair_id", ["0", "9" * 30, "none", "-1"])
def test_a_pair_that_is_not_there_is_not_found(api: Api, pair_id: str) -> None:
    answer = api.post(f"/duplicates/{pair_id}", decision="same")
    assert (answer.status, answer.code) == (404, "NotFound")


def test_a_decision_that_nobody_knows_is_refused(api: Api, pair: Any) -> None:
    assert api.post(f"/duplicates/{pair['pair_id']}", decision="maybe").code == "InvalidRequest"


def test_duplicates_come_a_page_at_a_time(api: Api, catalog: Catalog) -> None:
    for clip in live_clips(catalog, add_video_in_review(catalog, cuts=(25, 50, 75))):
        embed_clip(catalog, clip["clip_id"], [unit(1)])
    with catalog.transaction() as connection:
        compare_next_clips(connection, limit=10)
    seen, path = [], "/duplicates?limit=4"
    page = api.get(path)
    seen += page.body["items"]
    while page.body["next_cursor"]:
        page = api.get(f"{path}&cursor={page.body['next_cursor']}")
        seen += page.body["items"]
    assert len({item["pair_id"] for item in seen}) == len(seen) == 6


@pytest.mark.parametrize("cursor", ["!!", "W10", "WyJ4IiwxXQ", "WyJuYW4iLDFd", "WyI1IiwxXQ"])
def test_a_cursor_of_another_list_is_refused(api: Api, cursor: str) -> None:
    answer: Answer = api.get(f"/duplicates?cursor={cursor}")
    assert (answer.status, answer.code) == (400, "InvalidRequest")
