"""Detecting scenes anew through the API: shown, applied to what nobody has reviewed, undone as one."""

import importlib
import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest

from heaters.catalog.connection import Catalog
from heaters.catalog.review.leases import lease_next
from heaters.domain import object_keys
from heaters.domain.errors import TooLong
from heaters.s3.store import MediaStore
from tests.api.api_client import Answer, Api
from tests.catalog.review_videos import add_video_in_review, claim_clip, live_clips, query
from tests.catalog.scored_videos import add_scored_video, make_scores

STRONG, WEAK = (100, 200, 300), (50, 150, 250, 350)
CONTENT = dict.fromkeys(STRONG, 100.0) | dict.fromkeys(WEAK, 30.0)
FRAME_COUNT = 400
ALL_CUTS = sorted(STRONG + WEAK)
SENSITIVE = {"adaptive_threshold": 2.5, "min_scene_len_s": 0.6}


@pytest.fixture
def video_id(catalog: Catalog, store: MediaStore) -> str:
    """As the default settings propose it: cut at what is strong."""
    return add_scored_video(catalog, store, cuts=STRONG, content_values=CONTENT, frame_count=FRAME_COUNT)


def test_another_detector_may_be_asked_for(api: Api, video_id: str) -> None:
    shown = _detect(api, video_id, detector="content", min_scene_len_s=0.6)
    assert shown.body["decided_by"] == shown.body["settings"]["detector"] == "content"
    assert shown.body["cuts"] == ALL_CUTS


@pytest.mark.parametrize(
    ("detector", "next_step"),
    [("hash", "scenedetect detect-hash"), ("threshold", "choose fused"), ("network", "make its proxy again")],
)
def test_a_detector_that_the_scores_cannot_answer_for_is_refused(
    api: Api, video_id: str, detector: str, next_step: str
) -> None:
    refused = _detect(api, video_id, detector=detector)
    assert (refused.status, refused.code) == (409, "TransitionRefused")
    assert next_step in refused.body["error"]["message"]


def _detect(api: Api, video_id: str, **body: Any) -> Answer:
    return api.post(f"/videos/{video_id}/detect", **body)


def _cuts(catalog: Catalog, video_id: str) -> list[int]:
    clips = live_clips(catalog, video_id)
    assert [a["end_frame"] for a, _ in pairwise(clips)] == [b["start_frame"] for _, b in pairwise(clips)]
    return [clip["start_frame"] for clip in clips[1:]]


def _events(catalog: Catalog) -> list[dict[str, Any]]:
    return query(catalog, "SELECT * FROM review_events ORDER BY event_id")


def test_what_would_change_is_shown_and_nothing_is_changed(api: Api, catalog: Catalog, video_id: str) -> None:
    before = live_clips(catalog, video_id)
    shown = _detect(api, video_id, **SENSITIVE, apply=False)
    assert shown.status == 200
    assert shown.body == {
        "settings": SENSITIVE | {"detector": "fused"}, "decided_by": "rules", "cuts": ALL_CUTS, "cut_count": 7,
        "added": list(WEAK), "removed": [], "kept": [], "clips": [], "clips_left_out": 0, "event_id": None,
    }  # fmt: skip
    fewer = _detect(api, video_id, adaptive_threshold=50)
    assert (fewer.body["cuts"], fewer.body["removed"]) == ([], list(STRONG))
    assert live_clips(catalog, video_id) == before
    assert _events(catalog) == []


def test_applied_cuts_are_one_event_with_its_settings_undone_and_redone_as_one(
    api: Api, catalog: Catalog, video_id: str
) -> None:
    before = live_clips(catalog, video_id)
    done = _detect(api, video_id, **SENSITIVE, apply=True)
    assert done.status == 200
    assert _cuts(catalog, video_id) == done.body["cuts"] == ALL_CUTS
    (event,) = _events(catalog)
    assert (event["action"], event["event_id"]) == ("detect", done.body["event_id"])
    assert {name: event["settings"][name] for name in SENSITIVE} == SENSITIVE
    shown = {clip["clip_id"]: clip["state"] for clip in done.body["clips"]}
    assert sorted(shown.values()) == ["pending_review"] * 8 + ["superseded"] * 4
    assert api.post("/undo").status == 200
    assert [c["clip_id"] for c in live_clips(catalog, video_id)] == [c["clip_id"] for c in before]
    assert api.post("/redo").status == 200
    assert _cuts(catalog, video_id) == ALL_CUTS
    origins = query(catalog, "SELECT DISTINCT origin FROM cuts WHERE video_id = %s", video_id)
    assert origins == [{"origin": "detected"}]


def test_the_second_time_nothing_is_left_to_change(api: Api, catalog: Catalog, video_id: str) -> None:
    _detect(api, video_id, **SENSITIVE, apply=True)
    before = live_clips(catalog, video_id)
    again = _detect(api, video_id, **SENSITIVE, apply=True)
    assert (again.status, again.body["event_id"], again.body["clips"]) == (200, None, [])
    assert again.body["added"] == again.body["removed"] == again.body["kept"] == []
    assert live_clips(catalog, video_id) == before
    assert len(_events(catalog)) == 1


@pytest.mark.parametrize("decision", ["approve", "skip", "archive"])
def test_a_decided_clip_stays_as_it_is(api: Api, catalog: Catalog, video_id: str, decision: str) -> None:
    second = live_clips(catalog, video_id)[1]["clip_id"]
    api.post(f"/clips/{second}/actions", action=decision, version=1)
    done = _detect(api, video_id, **SENSITIVE, apply=True)
    assert done.body["kept"] == [
        {"start_frame": 100, "end_frame": 200, "clip_count": 1, "because": "decided"}
    ]
    assert _cuts(catalog, video_id) == [50, 100, 200, 250, 300, 350]
    assert live_clips(catalog, video_id)[2]["clip_id"] == second


def test_a_claimed_clip_is_no_obstacle(api: Api, catalog: Catalog, video_id: str) -> None:
    first = live_clips(catalog, video_id)[0]["clip_id"]
    api.post(f"/clips/{first}/actions", action="approve", version=1)
    claim_clip(catalog, first)
    assert _detect(api, video_id, **SENSITIVE, apply=True).status == 200
    assert _cuts(catalog, video_id) == [100, 150, 200, 250, 300, 350]


def test_clips_that_a_person_cut_stay_as_they_are(api: Api, catalog: Catalog, video_id: str) -> None:
    api.post(f"/videos/{video_id}/cuts", op="add", frame=120, version=1)
    done = _detect(api, video_id, **SENSITIVE, apply=True)
    assert done.body["kept"] == [
        {"start_frame": 100, "end_frame": 200, "clip_count": 2, "because": "cut_by_hand"}
    ]
    assert _cuts(catalog, video_id) == [50, 100, 120, 200, 250, 300, 350]


def test_a_cut_that_was_taken_back_protects_nothing(api: Api, catalog: Catalog, video_id: str) -> None:
    api.post(f"/videos/{video_id}/cuts", op="add", frame=120, version=1)
    api.post("/undo")
    assert _detect(api, video_id, **SENSITIVE, apply=True).body["kept"] == []
    assert _cuts(catalog, video_id) == ALL_CUTS


def test_what_another_reviewer_looks_at_stays_and_what_i_look_at_does_not(
    api: Api, catalog: Catalog, video_id: str
) -> None:
    for reviewer, count in (("ben", 1), ("ann", 1)):
        with catalog.transaction() as connection:
            lease_next(connection, reviewer=reviewer, lease_id=str(uuid.uuid4()), count=count)
    done = _detect(api, video_id, **SENSITIVE, apply=True)
    assert done.body["kept"] == [
        {"start_frame": 0, "end_frame": 100, "clip_count": 1, "because": "with_somebody"}
    ]
    assert _cuts(catalog, video_id) == [100, 150, 200, 250, 300, 350]
    with catalog.transaction() as connection:
        connection.execute("UPDATE leases SET expires_at = now() - interval '1 second'")
    assert _detect(api, video_id, **SENSITIVE, apply=True).body["added"] == [50]


def test_settings_that_are_left_out_are_those_that_stand(api: Api, video_id: str) -> None:
    first = {"adaptive_threshold": 3.5, "min_scene_len_s": 0.6, "detector": "fused"}
    assert _detect(api, video_id).body["settings"] == first
    _detect(api, video_id, adaptive_threshold=2.5, apply=True)
    stands = _detect(api, video_id).body
    assert (stands["settings"], stands["added"], stands["removed"]) == (
        SENSITIVE | {"detector": "fused"},
        [],
        [],
    )
    api.post("/undo")
    assert _detect(api, video_id).body["settings"] == first


@pytest.mark.parametrize(
    "body",
    [
        {"adaptive_threshold": 0}, {"adaptive_threshold": 101}, {"adaptive_threshold": "3.5x"},
        {"min_scene_len_s": -1}, {"min_scene_len_s": 3601}, {"apply": "perhaps"}, {"threshold": 3},
    ],
)  # fmt: skip
def test_settings_out_of_bounds_get_400(api: Api, video_id: str, body: dict[str, Any]) -> None:
    answer = _detect(api, video_id, **body)
    assert (answer.status, answer.code) == (400, "InvalidRequest")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_setting_that_is_no_number_gets_400(api: Api, video_id: str, number: str) -> None:
    body = f'{{"adaptive_threshold": {number}}}'.encode()
    assert api.call("POST", f"/videos/{video_id}/detect", body).code == "InvalidRequest"


def test_a_video_without_clips_gets_409_and_an_unknown_one_404(api: Api) -> None:
    operator = api.as_person("olga", "operators")
    new = operator.post("/videos", url="https://example.org/a.mp4").body["video_id"]
    assert _detect(api, new).code == "TransitionRefused"
    assert _detect(api, str(uuid.uuid4())).status == 404


def test_scores_that_are_gone_or_no_scores_get_409(
    api: Api, catalog: Catalog, store: MediaStore, video_id: str
) -> None:
    store.write(object_keys.scores(video_id), b"no scores")
    assert (_detect(api, video_id).status, _detect(api, video_id).code) == (409, "TransitionRefused")
    assert _detect(api, add_video_in_review(catalog)).code == "TransitionRefused"


def test_more_cuts_than_anybody_reviews_get_409(
    api: Api, video_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.import_module("chalicelib.routes.detections"), "MAX_CUTS", 6)
    refused = _detect(api, video_id, **SENSITIVE)
    assert (refused.status, refused.code) == (409, "CutRefused")
    assert _detect(api, video_id, adaptive_threshold=5).status == 200


def test_scores_are_read_once_until_they_change(api: Api, store: MediaStore, video_id: str) -> None:
    _detect(api, video_id)
    read_bytes = store.traffic.read_bytes
    assert _detect(api, video_id, **SENSITIVE).body["cuts"] == ALL_CUTS
    assert store.traffic.read_bytes == read_bytes
    store.write(object_keys.scores(video_id), make_scores(FRAME_COUNT, {70: 100.0}))
    assert _detect(api, video_id, **SENSITIVE).body["cuts"] == [70]


def test_the_cache_keeps_what_was_used_last_and_never_more_than_it_holds(store: MediaStore) -> None:
    bodies = {name: make_scores(FRAME_COUNT, CONTENT, seed=seed) for seed, name in enumerate("abc")}
    for key, body in bodies.items():
        store.write(key, body)
    score_cache = importlib.import_module("chalicelib.score_cache")
    cache = score_cache.ScoreCache(max_bytes=2 * len(bodies["a"]))
    sizes = []
    for key in ("a", "b", "a", "c", "a", "b"):
        before = store.traffic.read_bytes
        cache.read(store, key)
        sizes.append((key, store.traffic.read_bytes - before > 0))
    assert sizes == [("a", True), ("b", True), ("a", False), ("c", True), ("a", False), ("b", True)]
    with pytest.raises(TooLong, match="by hand"):
        score_cache.ScoreCache(max_bytes=len(bodies["a"]) - 1).read(store, "a")


def test_ten_thousand_clips_get_new_cuts_and_their_old_ones_back(
    api: Api, catalog: Catalog, store: MediaStore
) -> None:
    frames = range(20, 200_000, 20)
    content = {frame: 100.0 if frame % 40 else 30.0 for frame in frames}
    video_id = add_scored_video(catalog, store, cuts=frames, content_values=content, frame_count=200_000)
    done = _detect(api, video_id, adaptive_threshold=3.5, min_scene_len_s=0.5, apply=True)
    assert (done.status, len(done.body["removed"]), done.body["added"]) == (200, 4999, [])
    assert len(done.body["clips"]) + done.body["clips_left_out"] == 9_998 + 4_999
    assert len(done.body["clips"]) == 2_000
    assert len(live_clips(catalog, video_id)) == 5_001
    assert api.post("/undo").status == 200
    assert _cuts(catalog, video_id) == list(frames)


def test_detections_and_decisions_at_the_same_moment_leave_every_decision_as_it_was(
    api: Api, catalog: Catalog, video_id: str
) -> None:
    """Whoever comes second sees what the first did, or is told that the clip has changed."""
    for turn in range(12):
        clips = live_clips(catalog, video_id)
        threshold = (2.5, 50.0)[turn % 2]
        with ThreadPoolExecutor(3) as pool:
            decided = pool.submit(
                api.as_person("ben").post,
                f"/clips/{clips[turn % len(clips)]['clip_id']}/actions",
                action="skip",
                version=clips[turn % len(clips)]["version"],
            )
            detections = [
                pool.submit(
                    _detect, api.as_person(f"r{n}"), video_id, adaptive_threshold=threshold, apply=True
                )
                for n in range(2)
            ]
            assert all(detection.result().status == 200 for detection in detections)
        assert decided.result().status == 200 or decided.result().code in {
            "StaleVersion",
            "TransitionRefused",
        }
        if decided.result().status == 200:
            kept = {clip["clip_id"]: clip["state"] for clip in live_clips(catalog, video_id)}
            assert kept[decided.result().body["clips"][0]["clip_id"]] == "review_skipped"
            assert api.as_person("ben").post("/undo").status == 200
        _cuts(catalog, video_id)
