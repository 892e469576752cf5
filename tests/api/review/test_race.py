"""Two reviewers race for one clip after the other, each through an API function of its own as in AWS."""

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier

import pytest

from bench.review.api_function import Answered, ApiFunction
from heaters.catalog.connection import Catalog
from heaters.catalog.review.replay import check_log
from tests.catalog.review_videos import add_video_in_review, live_clips, query
from tests.profile import scaled

RACES = scaled(1000)
DECISIONS = {"ann": "approve", "ben": "archive"}
STATES = {"approve": "review_approved", "archive": "review_archived"}
START_DEADLINE_S = 120

_start: Barrier


def _enter(start: Barrier) -> None:
    global _start  # noqa: PLW0603 - a barrier reaches a spawned process when that begins, and only then
    _start = start


def _race(database_url: str, clip_ids: Sequence[str], person: str) -> list[Answered]:
    """Decide on every clip at the moment when the other one does."""
    api = ApiFunction(database_url=database_url)
    api.call("GET", f"/clips/{clip_ids[0]}", person=person)
    answers = []
    for clip_id in clip_ids:
        _start.wait(START_DEADLINE_S)
        body = {"action": DECISIONS[person], "version": 1}
        answers.append(api.call("POST", f"/clips/{clip_id}/actions", body, person=person))
    return answers


@pytest.fixture
def races(catalog: Catalog, database_url: str) -> list[dict[str, Answered]]:
    """What each of the two was answered, clip by clip."""
    video_id = add_video_in_review(catalog, cuts=range(1, RACES), frame_count=RACES)
    clip_ids = [clip["clip_id"] for clip in live_clips(catalog, video_id)]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn, initializer=_enter, initargs=(spawn.Barrier(2),)) as pool:
        racing = {person: pool.submit(_race, database_url, clip_ids, person) for person in DECISIONS}
        answers = {person: job.result() for person, job in racing.items()}
    return [dict(zip(answers, pair, strict=True)) for pair in zip(*answers.values(), strict=True)]


@pytest.mark.soak
def test_of_two_who_race_for_a_clip_one_wins_and_the_other_sees_what_it_has_become(
    races: list[dict[str, Answered]], catalog: Catalog
) -> None:
    """Every time; each winner is in the log once, and each loser gets 409 with the clip as the winner left it."""
    kept = {row["clip_id"]: row for row in query(catalog, "SELECT * FROM clips")}
    events = query(catalog, "SELECT * FROM review_events")
    logged = {event["event_id"]: (event["reviewer"], event["action"], event["clip_ids"]) for event in events}
    assert len(races) == len(logged) == RACES
    for answers in races:
        winner, loser = sorted(answers, key=lambda person: answers[person].status)
        assert (answers[winner].status, answers[loser].status) == (200, 409)
        won, lost = answers[winner].body, answers[loser].body["error"]
        (clip,) = won["clips"]
        assert logged[won["event_id"]] == (winner, DECISIONS[winner], [clip["clip_id"]])
        assert (lost["code"], lost["details"]["clip"]) == ("StaleVersion", clip)
        assert clip["state"] == STATES[DECISIONS[winner]] == kept[clip["clip_id"]]["state"]
        assert (clip["decided_by"], clip["version"]) == (winner, 2)
    (video_id,) = {clip["video_id"] for clip in kept.values()}
    assert check_log(catalog, video_id) == []
    assert _count_at_once(races) > RACES / 2
    assert {logged[event_id][0] for event_id in logged} == set(DECISIONS)


def _count_at_once(races: list[dict[str, Answered]]) -> int:
    """That they really raced: how often both were inside the API at the same moment."""
    return sum(
        max(answer.began_s for answer in pair.values()) < min(answer.ended_s for answer in pair.values())
        for pair in races
    )
