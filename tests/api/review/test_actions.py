"""Grouping and retrying through the API, and complete videos that are reopened by it."""

from typing import Any

import pytest

from heaters.catalog.connection import Catalog
from tests.api.api_client import Api
from tests.catalog.review_videos import add_video_in_review, claim_clip, live_clips, query, wait_at_gate
from tests.catalog.step_functions import FakeStepFunctions


@pytest.fixture
def clip_ids(catalog: Catalog) -> list[str]:
    return [clip["clip_id"] for clip in live_clips(catalog, add_video_in_review(catalog))]


def _act(api: Api, clip_id: str, action: str, version: int = 1, **more: Any) -> Any:
    return api.post(f"/clips/{clip_id}/actions", action=action, version=version, **more)


def _fail_clip(catalog: Catalog, api: Api, clip_id: str) -> int:
    """A wave claims the clip, its export fails and the wave ends; the clip's version then."""
    _act(api, clip_id, "approve")
    claim_clip(catalog, clip_id)
    query(
        catalog,
        """
        UPDATE clips SET state = 'export_failed', error_name = 'ExportMismatch', error_message = 'no'
        WHERE clip_id = %s RETURNING 1 AS done
        """,
        clip_id,
    )
    query(catalog, "UPDATE waves SET finished_at = now() RETURNING 1 AS done")
    return int(api.get(f"/clips/{clip_id}").body["version"])


def _complete(catalog: Catalog) -> None:
    """The video's execution has ended; no clip of it is left."""
    with catalog.transaction() as connection:
        connection.execute("UPDATE source_videos SET state = 'complete', execution_arn = 'arn:of:attempt:1'")


def test_a_group_approves_both_clips_and_ties_them_together(api: Api, clip_ids: list[str]) -> None:
    answer = _act(api, clip_ids[1], "group", with_clip_id=clip_ids[0], with_version=1)
    assert answer.status == 200
    first, second = answer.body["clips"]
    assert [first["clip_id"], second["clip_id"]] == clip_ids[:2]
    assert first["group_id"] == second["group_id"] is not None
    assert {first["state"], second["state"]} == {"review_approved"}
    undone = api.post("/undo").body["clips"]
    assert [(c["group_id"], c["state"]) for c in undone] == [(None, "pending_review")] * 2


def test_a_third_clip_joins_the_group(api: Api, clip_ids: list[str]) -> None:
    group = _act(api, clip_ids[1], "group", with_clip_id=clip_ids[0], with_version=1).body["clips"][0][
        "group_id"
    ]
    joined = _act(api, clip_ids[1], "group", 2, with_clip_id=clip_ids[2], with_version=1)
    assert [(c["clip_id"], c["group_id"]) for c in joined.body["clips"]] == [(clip_ids[2], group)]


def test_a_group_with_a_stale_clip_gets_409_and_shows_that_one(api: Api, clip_ids: list[str]) -> None:
    api.as_person("ben").post(f"/clips/{clip_ids[0]}/actions", action="skip", version=1)
    answer = _act(api, clip_ids[1], "group", with_clip_id=clip_ids[0], with_version=1)
    assert (answer.status, answer.code) == (409, "StaleVersion")
    assert answer.body["error"]["details"]["clip"]["clip_id"] == clip_ids[0]


def test_clips_of_two_videos_and_a_clip_with_itself_make_no_group(
    api: Api, clip_ids: list[str], catalog: Catalog
) -> None:
    (other, *_) = live_clips(catalog, add_video_in_review(catalog))
    for with_clip_id in (other["clip_id"], clip_ids[0]):
        answer = _act(api, clip_ids[0], "group", with_clip_id=with_clip_id, with_version=1)
        assert (answer.status, answer.code) == (409, "TransitionRefused")
        assert answer.body["error"]["details"]["clip"]["clip_id"] == clip_ids[0]
    assert _act(api, clip_ids[0], "group", with_clip_id="nobody", with_version=1).status == 404


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"with_clip_id": "c"},
        {"with_version": 1},
        {"action": "skip", "with_clip_id": "c", "with_version": 1},
    ],
)
def test_a_group_names_the_other_clip_and_nothing_else_does(
    api: Api, clip_ids: list[str], more: dict[str, Any]
) -> None:
    answer = api.post(f"/clips/{clip_ids[0]}/actions", **({"action": "group", "version": 1} | more))
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_a_retry_sends_a_failed_clip_into_the_next_wave(
    api: Api, clip_ids: list[str], catalog: Catalog
) -> None:
    version = _fail_clip(catalog, api, clip_ids[0])
    answer = _act(api, clip_ids[0], "retry", version)
    assert answer.status == 200
    assert answer.body["clips"][0]["state"] == "review_approved"
    assert api.post("/undo").code == "NothingToUndo"


def test_a_retry_of_what_has_not_failed_gets_409_and_the_clip(api: Api, clip_ids: list[str]) -> None:
    answer = _act(api, clip_ids[0], "retry")
    assert (answer.status, answer.code) == (409, "TransitionRefused")
    assert answer.body["error"]["details"]["clip"]["state"] == "pending_review"


def test_a_retry_while_the_execution_waits_is_left_to_its_gate(
    api: Api, clip_ids: list[str], catalog: Catalog, step_functions: FakeStepFunctions
) -> None:
    version = _fail_clip(catalog, api, clip_ids[0])
    video_id = api.get(f"/clips/{clip_ids[0]}").body["video_id"]
    gate = wait_at_gate(catalog, video_id, release_size=1)
    _act(api, clip_ids[0], "retry", version)
    assert step_functions.resumed == [(gate.token, {"reason": "enough_decided"})]
    assert step_functions.started == []


def test_a_retry_reopens_a_complete_video_once(
    api: Api, clip_ids: list[str], catalog: Catalog, step_functions: FakeStepFunctions
) -> None:
    """The second action finds an attempt that nobody has claimed yet and starts the same one again."""
    version = _fail_clip(catalog, api, clip_ids[0])
    for clip_id in clip_ids[1:]:
        _act(api, clip_id, "skip")
    _complete(catalog)
    assert _act(api, clip_ids[0], "retry", version).status == 200
    assert _act(api, clip_ids[1], "approve", 2).status == 200
    video_id = api.get(f"/clips/{clip_ids[0]}").body["video_id"]
    assert [started["name"] for started in step_functions.started] == [f"{video_id}-2"]
    assert query(catalog, "SELECT attempt, execution_arn FROM source_videos") == [
        {"attempt": 2, "execution_arn": None}
    ]


def test_a_complete_video_stays_so_where_the_action_leaves_nothing_to_do(
    api: Api, clip_ids: list[str], catalog: Catalog, step_functions: FakeStepFunctions
) -> None:
    _act(api, clip_ids[0], "skip")
    _complete(catalog)
    _act(api, clip_ids[1], "skip")
    assert step_functions.started == []


def test_where_step_functions_is_down_the_retry_stands_and_the_sweeper_starts_it(
    api: Api, clip_ids: list[str], catalog: Catalog, step_functions: FakeStepFunctions
) -> None:
    version = _fail_clip(catalog, api, clip_ids[0])
    _complete(catalog)
    step_functions.is_down = True
    assert _act(api, clip_ids[0], "retry", version).status == 200
    assert query(catalog, "SELECT attempt FROM source_videos") == [{"attempt": 2}]
