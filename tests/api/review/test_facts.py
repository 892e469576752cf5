"""Clips carry facts of their frames, read in blocks and kept, and are shown without them where there are none."""

import importlib
from typing import Any

import pytest

from heaters.catalog.connection import Catalog
from heaters.domain import object_keys
from heaters.domain.timebase import FrameRange
from heaters.media.facts.range_facts import facts_of_ranges
from heaters.s3.store import MediaStore
from tests.api.api_client import Api
from tests.catalog.measured_videos import add_measured_video, make_facts, make_levels, measure
from tests.catalog.review_videos import add_video_in_review, live_clips
from tests.catalog.scored_videos import make_scores

BLOCK = 8192


@pytest.fixture
def reads(store: MediaStore, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int]]:
    """Every range that is read from now on."""
    seen: list[tuple[str, int, int]] = []
    read_range = store.read_range

    def read(ref: Any, *, start: int, size_bytes: int) -> bytes:
        seen.append((ref.key, start, size_bytes))
        return read_range(ref, start=start, size_bytes=size_bytes)

    monkeypatch.setattr(store, "read_range", read)
    return seen


def _clips(api: Api, video_id: str) -> list[dict[str, Any]]:
    answer = api.get(f"/videos/{video_id}/clips")
    assert answer.status == 200
    return list(answer.body["items"])


def test_a_clip_carries_the_facts_of_its_own_frames(api: Api, store: MediaStore, catalog: Catalog) -> None:
    first, second, last = _clips(api, add_measured_video(catalog, store, cuts=(40, 90)))
    assert first["facts"] == {
        "brightness": pytest.approx(0.195, abs=1e-3), "contrast": 0, "black": 0, "sharpness": 0,
        "motion": pytest.approx(0.125 * 24000 / 1001, abs=1e-3), "letterbox": 0.25, "silence": 0, "short": False,
    }  # fmt: skip
    assert (second["facts"]["silence"], second["facts"]["short"]) == (0.8, False)
    assert (last["facts"]["silence"], last["facts"]["short"]) == (1, True)  # 10 frames of 0.6 s, which are 15


def test_short_goes_by_the_settings_that_stand(api: Api, store: MediaStore, catalog: Catalog) -> None:
    scores = dict.fromkeys((40, 90), 100.0)
    video_id = add_measured_video(catalog, store, cuts=(40, 90), frame_count=200)
    store.write(object_keys.scores(video_id), make_scores(200, scores))
    with catalog.transaction() as connection:
        connection.execute("UPDATE source_videos SET scores_key = %s", [object_keys.scores(video_id)])
    done = api.post(f"/videos/{video_id}/detect", detector="adaptive", min_scene_len_s=4, apply=True)
    assert done.body["cuts"] == []
    assert [clip["facts"]["short"] for clip in _clips(api, video_id)] == [False]
    api.post(f"/videos/{video_id}/cuts", op="add", frame=90, version=1)
    assert [clip["facts"]["short"] for clip in _clips(api, video_id)] == [True, False]


def test_every_answer_with_clips_has_their_facts(api: Api, store: MediaStore, catalog: Catalog) -> None:
    video_id = add_measured_video(catalog, store)
    shown = {clip["clip_id"]: clip["facts"] for clip in _clips(api, video_id)}
    assert None not in shown.values()
    clip_id = next(iter(shown))
    assert api.get(f"/clips/{clip_id}").body["facts"] == shown[clip_id]
    leased = api.post("/queue/next", video_id=video_id).body["items"]
    assert {clip["clip_id"]: clip["facts"] for clip in leased} == shown
    (decided,) = api.post(f"/clips/{clip_id}/actions", action="skip", version=1).body["clips"]
    assert decided["facts"] == shown[clip_id]
    refused = api.as_person("ben").post(f"/clips/{clip_id}/actions", action="skip", version=1)
    assert refused.body["error"]["details"]["clip"]["facts"] == shown[clip_id]


def test_a_clip_that_was_cut_a_moment_ago_has_facts_at_once(
    api: Api, store: MediaStore, catalog: Catalog
) -> None:
    video_id = add_measured_video(catalog, store)
    cut = api.post(f"/videos/{video_id}/cuts", op="add", frame=20, version=1).body["clips"]
    found = {(clip["start_frame"], clip["end_frame"]): clip["facts"]["brightness"] for clip in cut}
    assert found[0, 20] == pytest.approx(0.095, abs=1e-3)
    assert found[20, 40] == pytest.approx(0.295, abs=1e-3)


def test_without_measurements_there_are_no_facts(api: Api, store: MediaStore, catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog)
    assert [clip["facts"] for clip in _clips(api, video_id)] == [None, None, None]


@pytest.mark.parametrize("kept", [0, 100])
def test_facts_that_are_gone_or_broken_off_keep_nobody_from_reviewing(
    api: Api, store: MediaStore, catalog: Catalog, kept: int
) -> None:
    video_id = add_measured_video(catalog, store)
    key = object_keys.facts(video_id)
    if kept:
        store.write(key, make_facts(100).to_bytes()[:kept])
    else:
        store.delete([key])
    assert [clip["facts"] for clip in _clips(api, video_id)] == [None, None, None]


def test_blocks_are_read_once_and_only_those_that_hold_clips(
    api: Api, store: MediaStore, catalog: Catalog, reads: list[tuple[str, int, int]]
) -> None:
    frame_count = 5 * BLOCK
    cuts = (100, BLOCK - 5, BLOCK + 5, 3 * BLOCK, 4 * BLOCK + 7)
    video_id = add_measured_video(catalog, store, cuts=cuts, frame_count=frame_count)
    clips = live_clips(catalog, video_id)
    key = object_keys.facts(video_id)
    across, last = clips[2]["clip_id"], clips[-1]["clip_id"]
    api.get(f"/clips/{across}")
    assert sorted(reads) == [(key, 32, 20 * BLOCK), (key, 32 + 20 * BLOCK, 20 * BLOCK)]
    api.get(f"/clips/{across}")
    assert len(reads) == 2
    api.get(f"/clips/{last}")
    assert reads[2:] == [(key, 32 + 4 * 20 * BLOCK, 20 * BLOCK)]
    ranges = [FrameRange(start_frame=c["start_frame"], end_frame=c["end_frame"]) for c in clips]
    expected = facts_of_ranges(make_facts(frame_count), ranges).mean["brightness"]
    shown = [clip["facts"]["brightness"] for clip in _clips(api, video_id)]
    assert shown == pytest.approx(expected.tolist(), abs=1e-4)
    assert len(reads) == 5


def test_facts_made_anew_are_read_anew(api: Api, store: MediaStore, catalog: Catalog) -> None:
    video_id = add_measured_video(catalog, store)
    assert _clips(api, video_id)[0]["facts"]["letterbox"] == 0.25
    changed = make_facts(100)
    changed.rows["borders"] = 0
    measure(catalog, store, video_id, changed, make_levels(100))
    assert _clips(api, video_id)[0]["facts"]["letterbox"] == 0


def test_the_cache_holds_no_more_than_it_may(store: MediaStore, catalog: Catalog, api: Api) -> None:
    fact_cache = importlib.import_module("chalicelib.fact_cache")
    key = object_keys.facts(add_measured_video(catalog, store, frame_count=100))
    cache = fact_cache.FactCache(max_blocks=2)
    blocks = [fact_cache.Block(key, None, FrameRange(start_frame=n, end_frame=n + 9)) for n in (0, 9, 18)]
    assert len(cache.read(store, blocks)) == 3
    store.delete([key])
    assert list(cache.read(store, blocks)) == blocks[1:]
