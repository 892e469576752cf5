"""Whoever takes several rows takes them in one order: Postgres never has to tear reviewers, waves and leases apart."""

import contextlib
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from heaters.catalog.connection import Catalog
from heaters.catalog.review import actions, clip_records
from heaters.catalog.review.leases import end_lease, lease_next, renew_lease
from heaters.catalog.review.undo import undo
from heaters.catalog.stages.unfinished import delete_expired_leases
from heaters.catalog.videos import lock_video
from heaters.catalog.waves import begin_embedding, claim_wave, fail_embedding
from heaters.domain.errors import NotFound, NothingToUndo, WorkerLost
from heaters.domain.review.plans import Action, Decision
from tests.catalog.review_videos import add_video_in_review, live_clips, query

ROUNDS, CLIPS = 60, 60


def _side_by_side(catalog: Catalog, *jobs: Callable[[], None]) -> int:
    """Do each job ROUNDS times, all at once; how many deadlocks Postgres had to break. An error of a job is raised."""
    start = threading.Barrier(len(jobs))

    def repeat(job: Callable[[], None]) -> None:
        start.wait()
        for _ in range(ROUNDS):
            job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        for done in [pool.submit(repeat, job) for job in jobs]:
            done.result()
    found = query(catalog, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    return int(found[0]["deadlocks"])


def test_an_undo_that_comes_too_late_and_the_steps_of_its_wave_never_deadlock(catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog, cuts=range(1, CLIPS))
    clip_ids = [clip["clip_id"] for clip in live_clips(catalog, video_id)]
    decisions = [Decision(clip_id=clip_id, version=1, action=Action.APPROVE) for clip_id in clip_ids]
    with catalog.transaction() as connection:
        actions.decide_clips(connection, decisions, reviewer="ann")
        lock_video(connection, video_id)
        claim_wave(connection, video_id=video_id, new_wave_id="w", undo_window_s=0)

    def take_back() -> None:
        with contextlib.suppress(NothingToUndo), catalog.transaction() as connection:
            undo(connection, reviewer="ann")

    def go_on() -> None:
        """Through the wave and back to its beginning, as no real wave goes, so that it can be done again."""
        with catalog.transaction() as connection:
            connection.execute("SET LOCAL session_replication_role = replica")
            clip_records.lock_clips(connection, clip_ids)
            connection.execute("UPDATE clips SET state = 'keyframed' WHERE clip_id = ANY(%s)", (clip_ids,))
        with catalog.transaction() as connection:
            begin_embedding(connection, "w")
        with catalog.transaction() as connection:
            fail_embedding(connection, wave_id="w", error=WorkerLost("gone"))

    assert _side_by_side(catalog, take_back, go_on) == 0


def test_asking_for_clips_renewing_and_ending_leases_and_the_sweeper_never_deadlock(catalog: Catalog) -> None:
    add_video_in_review(catalog, cuts=range(1, CLIPS))
    held = [str(uuid.uuid4())]

    def ask(reviewer: str) -> None:
        """In another window, which knows nothing of the leases of the first."""
        held.append(lease_id := str(uuid.uuid4()))
        with catalog.transaction() as connection:
            lease_next(connection, reviewer=reviewer, lease_id=lease_id, count=CLIPS, lease_s=0)

    def renew() -> None:
        with contextlib.suppress(NotFound), catalog.transaction() as connection:
            renew_lease(connection, lease_id=held[-1], reviewer="ann", lease_s=0)

    def end() -> None:
        with catalog.transaction() as connection:
            end_lease(connection, lease_id=held[-1], reviewer="ann")

    def sweep() -> None:
        with catalog.transaction() as connection:
            delete_expired_leases(connection)

    assert _side_by_side(catalog, lambda: ask("ann"), lambda: ask("ben"), renew, end, sweep) == 0


def test_a_lease_whose_rows_lie_in_any_order_is_ended_while_its_clips_are_asked_for(catalog: Catalog) -> None:
    """A page goes away while another of the same person's opens; where rows come to lie is Postgres' affair."""
    video_id = add_video_in_review(catalog, cuts=range(1, 400), frame_count=400)
    backwards = [clip["clip_id"] for clip in live_clips(catalog, video_id)][::-1]

    def end() -> None:
        with catalog.transaction() as connection:
            end_lease(connection, lease_id="old", reviewer="ann")

    def ask() -> None:
        with catalog.transaction() as connection:
            lease_next(connection, reviewer="ann", lease_id=str(uuid.uuid4()), count=len(backwards))

    with ThreadPoolExecutor(2) as pool:
        for _ in range(20):
            _give_lease(catalog, "old", backwards)
            for done in [pool.submit(end), pool.submit(ask)]:
                done.result()


def _give_lease(catalog: Catalog, lease_id: str, clip_ids: list[str]) -> None:
    """To ann, in place of whatever leases there are; the rows lie in the order of `clip_ids`."""
    with catalog.transaction() as connection:
        connection.execute("DELETE FROM leases")
        connection.execute(
            """
            INSERT INTO leases (clip_id, lease_id, reviewer, expires_at)
            SELECT clip_id, %s, 'ann', now() + interval '1 hour' FROM unnest(%s::text[]) AS clip_id
            """,
            (lease_id, clip_ids),
        )
