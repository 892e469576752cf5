"""Many decisions at once: all or nothing, one event, undone as one."""

from typing import Any

import pytest

from heaters.catalog.connection import Catalog
from tests.api.api_client import Answer, Api
from tests.catalog.review_videos import add_video_in_review, claim_clip, live_clips, query, wait_at_gate
from tests.catalog.step_functions import FakeStepFunctions


@pytest.fixture
def clip_ids(catalog: Catalog) -> list[str]:
    """Three clips each of two videos."""
    videos = [add_video_in_review(catalog) for _ in range(2)]
    return [clip["clip_id"] for video_id in videos for clip in live_clips(catalog, video_id)]


def _decide(api: Api, *decisions: tuple[str, str], version: int = 1) -> Answer:
    items: list[dict[str, Any]] = [
        {"clip_id": clip_id, "version": version, "action": action} for clip_id, action in decisions
    ]
    return api.post("/actions", items=items)


def _states(catalog: Catalog) -> list[str]:
    rows = query(catalog, "SELECT state::text FROM clips ORDER BY video_no, start_frame")
    return [row["state"].removeprefix("review_").removesuffix("_review") for row in rows]


def test_a_batch_over_two_videos_is_one_event_and_is_undone_and_done_again_as_one(
    api: Api, clip_ids: list[str], catalog: Catalog
) -> None:
    actions = ["approve", "skip", "archive", "skip", "approve"]
    done = _decide(api, *zip(clip_ids, actions, strict=False))
    assert done.status == 200
    after = ["approved", "skipped", "archived", "skipped", "approved", "pending"]
    assert _states(catalog) == after
    assert [clip["clip_id"] for clip in done.body["clips"]] == clip_ids[:5]
    events = query(catalog, "SELECT event_id, action FROM review_events")
    assert events == [{"event_id": done.body["event_id"], "action": "batch"}]
    assert len(api.post("/undo").body["clips"]) == 5
    assert _states(catalog) == ["pending"] * 6
    assert api.post("/redo").status == 200
    assert _states(catalog) == after


def test_one_stale_clip_refuses_the_whole_batch_and_is_shown(
    api: Api, clip_ids: list[str], catalog: Catalog
) -> None:
    api.as_person("ben").post(f"/clips/{clip_ids[4]}/actions", action="skip", version=1)
    answer = _decide(api, *((clip_id, "approve") for clip_id in clip_ids))
    assert (answer.status, answer.code) == (409, "StaleVersion")
    assert answer.body["error"]["details"]["clip"]["clip_id"] == clip_ids[4]
    assert _states(catalog) == ["pending"] * 4 + ["skipped", "pending"]
    assert len(query(catalog, "SELECT FROM review_events")) == 1


def test_one_claimed_clip_refuses_the_whole_batch(api: Api, clip_ids: list[str], catalog: Catalog) -> None:
    _decide(api, (clip_ids[0], "approve"))
    claim_clip(catalog, clip_ids[0])
    answer = api.post(
        "/actions",
        items=[
            {"clip_id": clip_ids[1], "version": 1, "action": "skip"},
            {"clip_id": clip_ids[0], "version": 3, "action": "skip"},
        ],
    )
    assert (answer.status, answer.code) == (409, "ClipClaimed")
    assert _states(catalog)[:2] == ["exporting", "pending"]


def test_a_batch_is_not_undone_in_part(api: Api, clip_ids: list[str], catalog: Catalog) -> None:
    """One of its clips has left with a wave, so the others stay decided too; the answer says which clip it is."""
    _decide(api, (clip_ids[0], "approve"), (clip_ids[1], "approve"))
    claim_clip(catalog, clip_ids[1])
    answer = api.post("/undo")
    assert (answer.status, answer.code) == (409, "NothingToUndo")
    assert clip_ids[1] in answer.body["error"]["message"]
    assert _states(catalog)[:2] == ["approved", "exporting"]


def test_a_batch_releases_the_gates_of_all_its_videos(
    api: Api, clip_ids: list[str], catalog: Catalog, step_functions: FakeStepFunctions
) -> None:
    rows = query(catalog, "SELECT video_id FROM source_videos ORDER BY video_no")
    gates = {wait_at_gate(catalog, row["video_id"]).token for row in rows}
    _decide(api, *((clip_id, "skip") for clip_id in clip_ids))
    assert {token for token, _ in step_functions.resumed} == gates


def test_a_clip_may_be_named_once(api: Api, clip_ids: list[str], catalog: Catalog) -> None:
    answer = _decide(api, (clip_ids[0], "approve"), (clip_ids[0], "skip"))
    assert (answer.status, answer.code) == (409, "TransitionRefused")
    assert _states(catalog) == ["pending"] * 6


def test_a_clip_that_is_not_there_refuses_the_batch(api: Api, clip_ids: list[str], catalog: Catalog) -> None:
    assert _decide(api, (clip_ids[0], "approve"), ("nobody", "skip")).status == 404
    assert _states(catalog) == ["pending"] * 6


@pytest.mark.parametrize("action", ["group", "retry", "add_cut"])
def test_a_batch_holds_plain_decisions_only(api: Api, clip_ids: list[str], action: str) -> None:
    assert _decide(api, (clip_ids[0], action)).status == 400


def test_a_batch_holds_1_to_200_clips(api: Api, catalog: Catalog) -> None:
    assert _decide(api).status == 400
    ids = [
        c["clip_id"]
        for c in live_clips(catalog, add_video_in_review(catalog, cuts=range(1, 201), frame_count=201))
    ]
    assert _decide(api, *((clip_id, "skip") for clip_id in ids)).status == 400
    assert len(_decide(api, *((clip_id, "skip") for clip_id in ids[:200])).body["clips"]) == 200
