"""A video from the upload to review: begin and complete, twice and late."""

import pytest

from functions import (
    begin_stage,
    begin_video,
    complete_stage,
    complete_video,
    create_clips,
    fail_stage,
    record_progress,
)
from functions.support import runtime
from heaters.catalog.connection import Connection
from heaters.domain.errors import TransitionRefused
from tests.catalog.stages import pipeline as at
from tests.catalog.stages.pipeline import VIDEO, call
from tests.catalog.step_functions import FakeStepFunctions

pytestmark = pytest.mark.usefixtures("surroundings")


def test_an_upload_goes_straight_to_its_proxy() -> None:
    at.add_video()
    step = at.begin()
    assert step == {
        "next": "proxy",
        "job": {"video_id": VIDEO, "source": {"key": "uploads/u/raw.mp4", "version_id": "v1"}},
    }
    assert at.video_row()["state"] == "preprocessing"


def test_a_url_is_downloaded_first_and_then_becomes_a_proxy() -> None:
    at.add_video(title="https://example.org/v", source=None, url="https://example.org/v")
    assert at.begin()["job"] == {"video_id": VIDEO, "url": "https://example.org/v"}
    result = {
        "source": {"key": f"sources/{VIDEO}/source", "size_bytes": 7},
        "title": "A film",
        "webpage_url": "https://example.org/v",
    }
    runtime.store().write_json(f"results/{VIDEO}/download.json", result)
    for _ in range(2):
        step = call(complete_stage, stage="download", video_id=VIDEO, attempt=1)
        assert step["next"] == "proxy"
        assert step["job"]["source"] == {"key": f"sources/{VIDEO}/source", "version_id": None}
    assert at.video_row()["title"] == "A film"


def test_a_repaired_download_is_said_before_and_after_the_proxy() -> None:
    at.add_video(title="https://example.org/v", source=None, url="https://example.org/v")
    at.begin()
    said = "It was encoded again."
    result = {
        "source": {"key": f"sources/{VIDEO}/source", "size_bytes": 7},
        "title": "A film",
        "webpage_url": "https://example.org/v",
        "uploader": "A studio",
        "upload_date": "2026-11-21",
        "licence": "CC BY 4.0",
        "repair": "re-encoded",
        "warnings": [said],
    }
    runtime.store().write_json(f"results/{VIDEO}/download.json", result)
    call(complete_stage, stage="download", video_id=VIDEO, attempt=1)
    row = at.video_row()
    assert row["warnings"] == [said]
    assert row["origin"] == {name: value for name, value in result.items() if name != "source"}
    at.leave_proxy(100)
    for _ in range(2):
        call(complete_stage, stage="proxy", video_id=VIDEO, attempt=1)
    assert at.video_row()["warnings"] == ["1 frame could not be decoded.", said]


def test_beginning_twice_gives_the_same_step() -> None:
    at.add_video()
    assert at.begin() == at.begin()


def test_recording_a_proxy_twice_gives_the_same_rows_and_the_same_step(connection: Connection) -> None:
    at.add_video()
    at.begin()
    at.leave_proxy(100)
    steps = [call(complete_stage, stage="proxy", video_id=VIDEO, attempt=1) for _ in range(2)]
    assert steps[0] == steps[1]
    assert steps[0]["next"] == "detect_scenes"
    row = at.video_row()
    assert (row["state"], row["frame_count"], row["fps_num"], row["fps_den"]) == (
        "detecting_scenes", 100, 30000, 1001,
    )  # fmt: skip
    assert row["warnings"] == ["1 frame could not be decoded."]
    kinds = connection.execute("SELECT kind FROM artifacts ORDER BY kind").fetchall()
    assert [kind["kind"] for kind in kinds] == [
        "proxy",
        "frame_index",
        "scores",
        "facts",
        "sound",
        "storyboard",
    ]
    runs = connection.execute("SELECT stage, seconds, compute_s, requests FROM stage_runs").fetchall()
    assert runs == [{"stage": "proxy", "seconds": 1.5, "compute_s": 2.5, "requests": 3}]


def test_creating_clips_twice_gives_the_same_clips() -> None:
    at.bring_to_review(frame_count=100, cuts=(40, 70))
    before = at.clips()
    assert call(create_clips, video_id=VIDEO, attempt=1)["next"] == "review"
    assert at.clips() == before
    assert [(clip["start_frame"], clip["end_frame"]) for clip in before] == [(0, 40), (40, 70), (70, 100)]
    assert at.video_row()["state"] == "in_review"


def test_a_stage_cannot_be_completed_before_it_runs() -> None:
    at.add_video()
    at.leave_proxy(100)
    with pytest.raises(TransitionRefused, match="Make proxy was not running"):
        call(complete_stage, stage="proxy", video_id=VIDEO, attempt=1)


def test_a_later_attempt_goes_on_where_the_earlier_one_stopped() -> None:
    at.add_video()
    at.begin(attempt=1)
    at.leave_proxy(100)
    call(complete_stage, stage="proxy", video_id=VIDEO, attempt=1)
    assert at.begin(attempt=2)["next"] == "detect_scenes"


def test_an_attempt_that_was_replaced_is_refused_everywhere() -> None:
    at.add_video()
    at.begin(attempt=2)
    at.leave_proxy(100)
    late = {"video_id": VIDEO, "attempt": 1}
    with pytest.raises(TransitionRefused, match="attempt 1 came late"):
        at.begin(attempt=1)
    with pytest.raises(TransitionRefused, match="attempt 1 came late"):
        call(complete_stage, stage="proxy", **late)
    with pytest.raises(TransitionRefused, match="attempt 1 came late"):
        call(fail_stage, stage="proxy", **late, error=at.LOST)
    with pytest.raises(TransitionRefused, match="attempt 1 came late"):
        call(begin_stage, stage="master", **late)


def test_a_second_execution_of_the_same_attempt_is_refused() -> None:
    at.add_video()
    at.begin()
    with pytest.raises(TransitionRefused):
        call(begin_video, video_id=VIDEO, attempt=1, execution_arn="arn:another")


def test_progress_is_noted_while_its_stage_runs_and_never_goes_back() -> None:
    at.add_video()
    at.begin()
    for fraction, recorded in ((0.5, True), (0.25, False), (0.75, True)):
        detail = {"video_id": VIDEO, "stage": "proxy", "fraction": fraction, "eta_s": 3.0, "speed": 2.0}
        assert call(record_progress, detail=detail)["recorded"] is recorded
    assert at.video_row()["progress"] == {"stage": "proxy", "fraction": 0.75, "eta_s": 3.0, "speed": 2.0}
    at.leave_proxy(100)
    call(complete_stage, stage="proxy", video_id=VIDEO, attempt=1)
    assert at.video_row()["progress"] is None
    assert call(record_progress, detail=detail)["recorded"] is False


def test_progress_of_a_wave_is_no_progress_of_its_video() -> None:
    """A large wave is embedded on Batch, which reports like every job there."""
    at.bring_to_review()
    detail = {"video_id": VIDEO, "stage": "embed", "fraction": 0.5, "eta_s": None, "speed": None}
    assert call(record_progress, detail=detail) == {"recorded": False}


def test_a_master_is_archived_once() -> None:
    at.add_video()
    at.begin()
    step = call(begin_stage, stage="master", video_id=VIDEO, attempt=1)
    assert step["next"] == "master"
    assert step["job"]["policy"] == "ffv1"
    result = {
        "policy": "ffv1",
        "segments": [{"key": f"masters/{VIDEO}/{n:05d}.mkv", "size_bytes": 5} for n in range(2)],
        "frame_count": 100,
    }
    runtime.store().write_json(f"results/{VIDEO}/master.json", result)
    for _ in range(2):
        call(complete_stage, stage="master", video_id=VIDEO, attempt=1)
    assert at.video_row()["master_state"] == "archived"
    assert call(begin_stage, stage="master", video_id=VIDEO, attempt=1)["next"] == "skip"


def test_completing_a_video_twice_is_fine_and_completing_a_new_one_is_refused(
    surroundings: FakeStepFunctions,
) -> None:
    assert surroundings.started == []
    at.bring_to_review()
    call(complete_video, video_id=VIDEO)
    call(complete_video, video_id=VIDEO)
    assert at.video_row()["state"] == "complete"
    other = "1b7c2a1e-6a56-5c1f-8a9d-0f6c3f2d9e11"
    at.add_video(other)
    with pytest.raises(TransitionRefused):
        call(complete_video, video_id=other)


def test_a_new_attempt_at_a_complete_video_reopens_its_review() -> None:
    at.bring_to_review()
    call(complete_video, video_id=VIDEO)
    assert at.begin(attempt=2) == {"next": "review", "job": {}}
    assert at.video_row()["state"] == "in_review"
