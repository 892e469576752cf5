"""Waves: claimed once, processed clip by clip, embedded, archived; every call may come twice."""

import json
import uuid
from typing import Any

import pytest

from functions import archive_clips, begin_embedding, complete_stage, fail_stage
from functions.support import runtime
from heaters.catalog.clips import insert_clips
from heaters.catalog.connection import Connection
from heaters.catalog.cuts import insert_cuts
from heaters.domain import object_keys
from heaters.domain.errors import StorageUnavailable, TransitionRefused
from heaters.domain.timebase import FrameRange
from tests.catalog.stages import pipeline as at
from tests.catalog.stages.pipeline import VIDEO, call

pytestmark = pytest.mark.usefixtures("surroundings")


def _ids() -> list[str]:
    return [clip["clip_id"] for clip in at.clips()]


def _states() -> list[str]:
    return [clip["state"] for clip in at.clips()]


def test_a_wave_takes_what_is_approved_and_nothing_else() -> None:
    at.bring_to_review(frame_count=100, cuts=(20, 40, 60))
    one, two, three, _ = _ids()
    at.decide("review_approved", one)
    at.decide("review_skipped", two)
    at.decide("review_archived", three)
    wave = at.collect()
    assert wave["count"] == 1
    assert _states() == ["exporting", "review_skipped", "review_archived", "pending_review"]
    (item,) = runtime.store().read_json(wave["manifest_key"])
    assert item == {
        "video_id": VIDEO,
        "clip_id": one,
        "job": {
            "video_id": VIDEO,
            "clip_id": one,
            "frames": {"start_frame": 0, "end_frame": 20},
            "proxy": {"key": object_keys.proxy(VIDEO), "version_id": None},
            "frame_index_key": object_keys.frame_index(VIDEO),
        },
        "bulk": False,
    }


def test_a_clip_of_two_gibibytes_goes_to_batch(connection: Connection) -> None:
    """Estimated by its share of the proxy's frames: 100 frames of 50 MiB each here."""
    at.bring_to_review(frame_count=100, cuts=(41, 81))
    connection.execute("UPDATE source_videos SET proxy_size_bytes = 100 * 50 * 1024 * 1024::bigint")
    at.decide("review_approved", *_ids())
    items = runtime.store().read_json(at.collect()["manifest_key"])
    assert [item["bulk"] for item in items] == [True, False, False]


def test_a_decision_inside_the_undo_window_is_left_alone() -> None:
    at.bring_to_review()
    at.decide("review_approved", *_ids())
    assert at.collect(undo_window_s=60) == {"wave_id": "", "manifest_key": "", "count": 0}
    assert _states() == ["review_approved"] * 3


def test_collecting_again_after_a_crash_finds_the_same_wave() -> None:
    at.bring_to_review()
    at.decide("review_approved", *_ids())
    wave = at.collect()
    runtime.store().delete([wave["manifest_key"]])
    assert at.collect() == wave
    assert len(runtime.store().read_json(wave["manifest_key"])) == 3


def test_a_wave_that_a_dead_attempt_left_is_collected_with_what_was_approved_since() -> None:
    at.bring_to_review()
    one, two, three = _ids()
    at.decide("review_approved", one, two)
    wave = at.collect()
    at.process(one)
    at.decide("review_approved", three)
    at.begin(attempt=2)
    assert at.collect() == wave | {"count": 3}
    at.process(one)
    assert _states() == ["keyframed", "exporting", "exporting"]


def test_a_wave_goes_from_approved_to_embedded(connection: Connection) -> None:
    at.bring_to_review()
    at.decide("review_approved", *_ids())
    wave = at.collect()
    for clip_id in _ids():
        at.process(clip_id)
    step = at.embed(wave["wave_id"])
    assert (step["next"], step["count"], step["bulk"]) == ("embed", 3, False)
    assert _states() == ["embedded"] * 3
    row = connection.execute("SELECT count(*) AS n, min(position) AS least FROM embeddings").fetchone()
    assert row == {"n": 12, "least": -1}
    assert at.archive() == {"archived": 0, "more_to_review": False}
    assert at.collect()["count"] == 0
    runs = connection.execute("SELECT stage, count(*) AS n FROM stage_runs GROUP BY stage").fetchall()
    assert {run["stage"]: run["n"] for run in runs} == {
        "proxy": 1, "detect_scenes": 1, "export": 3, "keyframes": 3, "embed": 1,
    }  # fmt: skip


def test_every_step_of_a_clip_may_come_twice(connection: Connection) -> None:
    at.bring_to_review(cuts=())
    (one,) = _ids()
    at.decide("review_approved", one)
    wave = at.collect()
    for _ in range(2):
        at.process(one)
    for _ in range(2):
        at.embed(wave["wave_id"])
    call(complete_stage, stage="embed", video_id=VIDEO, wave_id=wave["wave_id"])
    assert _states() == ["embedded"]
    assert connection.execute("SELECT count(*) AS n FROM embeddings").fetchone() == {"n": 4}
    artifacts = connection.execute(
        "SELECT kind, position, facts FROM artifacts WHERE clip_id = %s ORDER BY kind, position", (one,)
    ).fetchall()
    assert [artifact["kind"] for artifact in artifacts] == ["export", "keyframe", "keyframe", "keyframe"]
    assert artifacts[0]["facts"]["frame_count"] == 40
    assert [artifact["facts"] for artifact in artifacts[1:]] == [{"frame": 0}, {"frame": 1}, {"frame": 2}]


def test_a_clip_that_no_wave_claimed_cannot_be_exported() -> None:
    at.bring_to_review()
    at.leave_export(_ids()[0])
    with pytest.raises(TransitionRefused, match="is pending_review; it cannot become exported"):
        call(complete_stage, stage="export", video_id=VIDEO, clip_id=_ids()[0])


def test_a_clip_that_fails_is_recorded_and_the_others_go_on() -> None:
    at.bring_to_review()
    one, two, three = _ids()
    at.decide("review_approved", one, two, three)
    wave = at.collect()
    cause = json.dumps({"errorType": "ExportMismatch", "errorMessage": "Frame 3 differs."})
    error = {"Error": "ExportMismatch", "Cause": cause}
    for _ in range(2):
        assert call(fail_stage, video_id=VIDEO, clip_id=one, error=error)["next"] == "done"
    at.process(two)
    at.embed(wave["wave_id"])
    failed, done, left_over = at.clips()
    assert (failed["state"], failed["error_name"], failed["error_message"]) == (
        "export_failed", "ExportMismatch", "Frame 3 differs.",
    )  # fmt: skip
    assert done["state"] == "embedded"
    assert (left_over["clip_id"], left_over["state"], left_over["error_name"]) == (
        three, "export_failed", "WorkerLost",
    )  # fmt: skip


def test_a_failed_clip_that_is_approved_again_joins_the_next_wave() -> None:
    at.bring_to_review(cuts=())
    (one,) = _ids()
    at.decide("review_approved", one)
    first = at.collect()
    call(fail_stage, video_id=VIDEO, clip_id=one, error={"Error": "States.Timeout", "Cause": ""})
    call(begin_embedding, video_id=VIDEO, wave_id=first["wave_id"])
    assert at.archive()["more_to_review"] is False
    at.decide("review_approved", one)
    second = at.collect()
    assert second["count"] == 1
    assert second["wave_id"] != first["wave_id"]


def test_an_embedding_that_fails_is_recorded_on_the_clips_and_raises_nothing() -> None:
    at.bring_to_review(cuts=())
    at.decide("review_approved", *_ids())
    wave = at.collect()
    at.process(_ids()[0])
    call(begin_embedding, video_id=VIDEO, wave_id=wave["wave_id"])
    error = {"Error": "ModelRejected", "Cause": json.dumps({"errorMessage": "Wrong hash."})}
    assert (
        call(fail_stage, stage="embed", video_id=VIDEO, wave_id=wave["wave_id"], error=error)["next"]
        == "skip"
    )
    (clip,) = at.clips()
    assert (clip["state"], clip["error_name"]) == ("embedding_failed", "ModelRejected")


def test_a_clip_without_a_vector_does_not_wait_for_ever() -> None:
    at.bring_to_review(cuts=(40,))
    at.decide("review_approved", *_ids())
    wave = at.collect()
    for clip_id in _ids():
        at.process(clip_id)
    call(begin_embedding, video_id=VIDEO, wave_id=wave["wave_id"])
    at.leave_vectors(wave["wave_id"], _ids()[:1])
    call(complete_stage, stage="embed", video_id=VIDEO, wave_id=wave["wave_id"])
    assert _states() == ["embedded", "embedding_failed"]


def test_archived_clips_lose_their_objects_and_keep_their_rows() -> None:
    at.bring_to_review()
    one = _ids()[0]
    runtime.store().write(object_keys.playback(VIDEO, one), b"clip")
    at.decide("review_archived", one)
    assert at.archive(undo_window_s=60) == {"archived": 0, "more_to_review": True}
    assert at.archive() == {"archived": 1, "more_to_review": True}
    assert not runtime.store().exists(object_keys.playback(VIDEO, one))
    assert at.clips()[0]["state"] == "archived"
    assert at.archive()["archived"] == 0


def test_a_deletion_that_failed_is_done_by_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    at.bring_to_review(cuts=())
    (one,) = _ids()
    at.decide("review_approved", one)
    at.collect()
    at.leave_export(one)
    call(fail_stage, video_id=VIDEO, clip_id=one, error={"Error": "ExportMismatch", "Cause": "{}"})
    at.decide("review_approved", one)
    at.decide("review_archived", one)

    def refuse(keys: Any) -> int:
        raise StorageUnavailable(f"S3 refused {len(list(keys))} keys.")

    with monkeypatch.context() as broken:
        broken.setattr(runtime.store(), "delete", refuse)
        with pytest.raises(StorageUnavailable):
            at.archive()
    assert _states() == ["archived"]
    assert runtime.store().exists(object_keys.export(VIDEO, one))
    assert at.archive()["archived"] == 1
    assert not runtime.store().exists(object_keys.export(VIDEO, one))


def test_ten_thousand_clips_are_one_wave(connection: Connection) -> None:
    count = 10_000
    at.bring_to_review(frame_count=count * 10, cuts=tuple(range(10, count * 10, 10)))
    connection.execute("UPDATE clips SET state = 'review_approved', decided_at = now()")
    wave = at.collect()
    assert wave["count"] == count
    assert len(json.dumps(wave)) < 1_000
    connection.execute("UPDATE clips SET state = 'exported'")
    connection.execute("UPDATE clips SET state = 'keyframing'")
    connection.execute("UPDATE clips SET state = 'keyframed'")
    connection.execute(
        """
        INSERT INTO artifacts (key, video_id, clip_id, kind, size_bytes)
        SELECT 'k/' || clip_id, video_id, clip_id, 'keyframe', 1 FROM clips
        """
    )
    step = call(begin_embedding, video_id=VIDEO, wave_id=wave["wave_id"])
    assert (step["count"], step["bulk"]) == (count, True)
    assert len(runtime.store().read_json(step["job"]["manifest_key"])) == count


def test_archiving_thousands_of_clips_deletes_a_thousand_keys_a_call(connection: Connection) -> None:
    at.bring_to_review(frame_count=2_500, cuts=tuple(range(1, 2_500)))
    connection.execute("UPDATE clips SET state = 'review_archived', decided_at = now()")
    requests = runtime.store().traffic.requests
    assert call(archive_clips, video_id=VIDEO, undo_window_s=0) == {
        "archived": 2_500,
        "more_to_review": False,
    }
    assert runtime.store().traffic.requests - requests == 3


def test_clips_of_two_videos_never_meet(connection: Connection) -> None:
    other = str(uuid.UUID(int=7))
    at.bring_to_review()
    at.add_video(other)
    connection.execute("UPDATE source_videos SET frame_count = 100 WHERE video_id = %s", (other,))
    with connection.transaction():
        insert_cuts(connection, video_id=other, frames=[50])
        insert_clips(
            connection,
            video_id=other,
            segments=[
                ("a", FrameRange(start_frame=0, end_frame=50)),
                ("b", FrameRange(start_frame=50, end_frame=100)),
            ],
        )
    assert len(at.clips(other)) == 2
