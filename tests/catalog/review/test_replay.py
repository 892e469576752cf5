"""The check of the log against the catalog itself: what nobody logged is found, what a wave does is not counted."""

import uuid

import pytest

from heaters.catalog.connection import Catalog
from heaters.catalog.review import actions
from heaters.catalog.review.replay import check_log
from heaters.catalog.review.undo import redo, undo
from heaters.catalog.videos import lock_video
from heaters.catalog.waves import claim_wave
from heaters.domain.errors import NotFound
from heaters.domain.review.plans import Action, Decision
from tests.catalog.review_videos import add_video_in_review, live_clips, query


@pytest.fixture
def video_ids(catalog: Catalog) -> tuple[str, str]:
    """Two videos with a batch over both, a split that was undone and redone, and a clip that failed and was retried."""
    first, second = add_video_in_review(catalog), add_video_in_review(catalog)
    clips = [live_clips(catalog, video_id)[0]["clip_id"] for video_id in (first, second)]
    decisions = [Decision(clip_id=clip_id, version=1, action=Action.APPROVE) for clip_id in clips]
    with catalog.transaction() as connection:
        actions.decide_clips(connection, decisions, reviewer="ann")
        new_ids = (str(uuid.uuid4()), str(uuid.uuid4()))
        actions.add_cut(connection, video_id=first, frame=50, version=1, new_ids=new_ids, reviewer="ann")
        undo(connection, reviewer="ann")
        redo(connection, reviewer="ann")
        lock_video(connection, first)
        claim_wave(connection, video_id=first, new_wave_id="w", undo_window_s=0)
        connection.execute(
            "UPDATE clips SET state = 'export_failed', error_name = 'WorkerLost' WHERE clip_id = %s",
            (clips[0],),
        )
        actions.retry_clip(connection, clip_id=clips[0], version=4, reviewer="ben")
    return first, second


def test_a_log_of_everything_leads_to_the_catalog(catalog: Catalog, video_ids: tuple[str, str]) -> None:
    assert [check_log(catalog, video_id) for video_id in video_ids] == [[], []]


def test_a_decision_without_its_event_is_found(catalog: Catalog, video_ids: tuple[str, str]) -> None:
    query(
        catalog,
        """
        UPDATE clips SET state = 'review_skipped', decided_at = now()
        WHERE video_id = %s AND state = 'pending_review' RETURNING clip_id
        """,
        video_ids[1],
    )
    assert len(check_log(catalog, video_ids[1])) == 2


def test_a_video_of_which_nothing_is_known_yet_has_nothing_to_check(catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog)
    assert check_log(catalog, video_id) == []
    with pytest.raises(NotFound):
        check_log(catalog, str(uuid.uuid4()))
