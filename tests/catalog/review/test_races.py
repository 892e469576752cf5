"""Reviewers, waves and undo at the same moment, on connections of their own: one wins, the other is told."""

import random
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from heaters.catalog.connection import Catalog
from heaters.catalog.review import actions
from heaters.catalog.review.leases import lease_next
from heaters.catalog.review.replay import check_log
from heaters.catalog.review.undo import redo, undo
from heaters.catalog.videos import lock_video
from heaters.catalog.waves import claim_wave
from heaters.domain.errors import RefusedError, StaleVersion
from heaters.domain.review.plans import Action
from tests.catalog.review_videos import add_video_in_review, live_clips, query, wait_at_gate

DECISIONS = (Action.APPROVE, Action.SKIP, Action.ARCHIVE)


def _at_once(*jobs: Callable[[], Any]) -> list[Any]:
    """Run jobs in threads that start together; what each returned, or the refusal that it got."""
    start = threading.Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return job()
        except RefusedError as exc:
            return exc

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def _decide(catalog: Catalog, clip_id: str, action: Action, version: int, reviewer: str) -> actions.Outcome:
    with catalog.transaction() as connection:
        return actions.decide_clip(
            connection, clip_id=clip_id, action=action, version=version, reviewer=reviewer
        )


def test_of_two_who_decide_on_the_same_version_exactly_one_wins(catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog, cuts=range(1, 60))
    for clip in live_clips(catalog, video_id):
        outcomes = _at_once(
            partial(_decide, catalog, clip["clip_id"], Action.APPROVE, 1, "ann"),
            partial(_decide, catalog, clip["clip_id"], Action.SKIP, 1, "ben"),
        )
        assert sum(isinstance(outcome, actions.Outcome) for outcome in outcomes) == 1
        assert sum(isinstance(outcome, StaleVersion) for outcome in outcomes) == 1
    assert len(query(catalog, "SELECT FROM review_events")) == 60


def test_an_undo_and_a_wave_never_both_get_the_clip(catalog: Catalog) -> None:
    for _ in range(30):
        video_id = add_video_in_review(catalog, cuts=(), frame_count=10)
        (clip,) = live_clips(catalog, video_id)
        _decide(catalog, clip["clip_id"], Action.APPROVE, 1, "ann")

        def claim(video_id: str = video_id) -> str | None:
            with catalog.transaction() as connection:
                lock_video(connection, video_id)
                return claim_wave(
                    connection, video_id=video_id, new_wave_id=str(uuid.uuid4()), undo_window_s=0
                )

        def take_back() -> actions.Outcome:
            with catalog.transaction() as connection:
                return undo(connection, reviewer="ann")

        claimed, undone = _at_once(claim, take_back)
        (clip,) = live_clips(catalog, video_id)
        if isinstance(undone, actions.Outcome):
            assert (claimed, clip["state"]) == (None, "pending_review")
        else:
            assert (claimed, clip["state"]) == (clip["wave_id"], "exporting")


def test_the_gate_is_released_once_however_many_decide_at_once(catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog, cuts=range(1, 12))
    wait_at_gate(catalog, video_id, release_size=3)
    jobs = [
        lambda clip=clip: _decide(catalog, clip["clip_id"], Action.APPROVE, 1, "ann")
        for clip in live_clips(catalog, video_id)[:8]
    ]
    released = [gate for outcome in _at_once(*jobs) for gate in outcome.gates]
    assert [gate.reason for gate in released] == ["enough_decided"]


def test_reviewers_who_ask_at_once_are_given_different_clips(catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog, cuts=range(1, 40))

    def ask(reviewer: str) -> tuple[str, ...]:
        with catalog.transaction() as connection:
            lease = lease_next(connection, reviewer=reviewer, lease_id=str(uuid.uuid4()), count=5)
            return lease.clip_ids if lease else ()

    leased = [
        clip_id for clips in _at_once(*(lambda n=n: ask(f"r{n}") for n in range(8))) for clip_id in clips
    ]
    assert len(leased) == len(set(leased)) == 40
    assert set(leased) == {clip["clip_id"] for clip in live_clips(catalog, video_id)}


def test_a_crowd_leaves_a_partition_and_a_log_that_replays_to_it(catalog: Catalog) -> None:
    """Random actions, undos and redos by five reviewers on two videos, with no error but refusals."""
    videos = [add_video_in_review(catalog, cuts=(10, 20, 30, 40)) for _ in range(2)]
    _at_once(*(lambda n=n: _review_at_random(catalog, videos, reviewer=f"r{n}", seed=n) for n in range(5)))
    for video_id in videos:
        clips = live_clips(catalog, video_id)
        assert [f for c in clips for f in range(c["start_frame"], c["end_frame"])] == list(range(100))
        assert check_log(catalog, video_id) == []
    assert len(query(catalog, "SELECT FROM review_events")) > 100


def _review_at_random(catalog: Catalog, videos: list[str], *, reviewer: str, seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(60):
        clip = rng.choice(live_clips(catalog, rng.choice(videos)))
        try:
            with catalog.transaction() as connection:
                _do_anything(connection, clip, reviewer, rng)
        except RefusedError:
            continue


def _do_anything(connection: Any, clip: dict[str, Any], reviewer: str, rng: random.Random) -> None:
    where = {"video_id": clip["video_id"], "version": clip["version"], "reviewer": reviewer}
    new_ids = (str(uuid.uuid4()), str(uuid.uuid4()))
    match rng.choice(["decide", "decide", "undo", "undo", "redo", "add_cut", "remove_cut"]):
        case "decide":
            actions.decide_clip(
                connection,
                clip_id=clip["clip_id"],
                action=rng.choice(DECISIONS),
                version=clip["version"],
                reviewer=reviewer,
            )
        case "undo":
            undo(connection, reviewer=reviewer)
        case "redo":
            redo(connection, reviewer=reviewer)
        case "add_cut":
            frame = rng.randrange(clip["start_frame"], clip["end_frame"])
            actions.add_cut(connection, frame=frame, new_ids=new_ids, **where)
        case "remove_cut":
            actions.remove_cut(connection, frame=clip["start_frame"], new_id=new_ids[0], **where)
