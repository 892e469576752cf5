"""Reviewing through the API: decisions, refusals with the clip as it is, undo, the queue and the gate."""

import importlib

import pytest

from heaters.catalog import listing
from heaters.catalog.connection import Catalog
from heaters.catalog.review.gates import release_if_due
from tests.api.api_client import Api
from tests.catalog.review_videos import (
    add_video_in_review,
    claim_clip,
    live_clips,
    query,
    wait_at_gate,
)
from tests.catalog.step_functions import FakeStepFunctions


@pytest.fixture
def clip_ids(catalog: Catalog) -> list[str]:
    return [clip["clip_id"] for clip in live_clips(catalog, add_video_in_review(catalog))]


def test_a_decision_answers_with_the_clip_that_it_changed(api: Api, clip_ids: list[str]) -> None:
    answer = api.post(f"/clips/{clip_ids[0]}/actions", action="approve", version=1)
    assert answer.status == 200
    (clip,) = answer.body["clips"]
    assert (clip["clip_id"], clip["state"], clip["version"]) == (clip_ids[0], "review_approved", 2)
    assert clip["decided_by"] == "ann"
    assert isinstance(answer.body["event_id"], int)
    assert api.get(f"/clips/{clip_ids[0]}").body == clip


def test_a_stale_version_gets_409_and_the_clip_as_it_is(api: Api, clip_ids: list[str]) -> None:
    path = f"/clips/{clip_ids[0]}/actions"
    won = api.as_person("ben").post(path, action="skip", version=1)
    lost = api.post(path, action="approve", version=1)
    assert (lost.status, lost.code) == (409, "StaleVersion")
    assert lost.body["error"]["details"]["clip"] == won.body["clips"][0]


def test_the_same_decision_twice_is_refused_with_the_clip(api: Api, clip_ids: list[str]) -> None:
    path = f"/clips/{clip_ids[0]}/actions"
    api.post(path, action="archive", version=1)
    again = api.post(path, action="archive", version=2)
    assert (again.status, again.code) == (409, "TransitionRefused")
    assert again.body["error"]["details"]["clip"]["state"] == "review_archived"
    assert "archived already" in again.body["error"]["message"]


def test_a_claimed_clip_is_refused_with_its_reason(api: Api, clip_ids: list[str], catalog: Catalog) -> None:
    path = f"/clips/{clip_ids[0]}/actions"
    api.post(path, action="approve", version=1)
    claim_clip(catalog, clip_ids[0])
    late = api.post(path, action="skip", version=3)
    assert (late.status, late.code) == (409, "ClipClaimed")
    assert late.body["error"]["details"]["clip"]["state"] == "exporting"


@pytest.mark.parametrize("path", ["/clips/{}/actions", "/videos/{}/release"])
@pytest.mark.parametrize("id_", ["00000000-0000-0000-0000-000000000000", "x" * 65, "%00", "a%27b"])
def test_what_is_not_there_gets_404(api: Api, path: str, id_: str) -> None:
    answer = api.post(path.format(id_), **({"action": "skip", "version": 1} if "clips" in path else {}))
    assert (answer.status, answer.code) == (404, "NotFound")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"action": "eat", "version": 1}', "action"),
        (b'{"action": "skip"}', "version"),
        (b'{"action": "skip", "version": 0}', "version"),
        (b'{"action": "skip", "version": 99999999999}', "version"),
        (b'{"action": "skip", "version": "\\u0000"}', "version"),
        (b'{"action": "skip", "version": 1, "more": 2}', "more"),
        (b"[]", "body"),
    ],
)
def test_a_body_that_is_not_valid_gets_400_naming_the_field(
    api: Api, clip_ids: list[str], body: bytes, field: str
) -> None:
    answer = api.call("POST", f"/clips/{clip_ids[0]}/actions", body)
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert answer.body["error"]["details"]["fields"][0]["field"] == field


@pytest.mark.parametrize(
    "body", [b"{", b"\xff\xfe", b"nul", b'{"action": "skip", "version": 1}' + b" " * 70_000]
)
def test_a_body_that_cannot_be_read_gets_400(api: Api, clip_ids: list[str], body: bytes) -> None:
    answer = api.call("POST", f"/clips/{clip_ids[0]}/actions", body)
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_a_wrong_content_type_and_method_have_the_shape_of_all_errors(api: Api) -> None:
    wrong_type = api.call("POST", "/undo", b"<a/>", **{"content-type": "text/xml"})
    assert (wrong_type.status, wrong_type.code) == (415, "UnsupportedMediaType")
    wrong_method = api.call("DELETE", "/undo")
    assert (wrong_method.status, wrong_method.code) == (405, "MethodNotAllowed")
    assert wrong_method.headers["Allow"] == "POST"


def test_a_failure_inside_says_nothing_about_itself(
    api: Api, clip_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr("heaters.catalog.listing.get_clip", fail)
    answer = api.get(f"/clips/{clip_ids[0]}")
    assert (answer.status, answer.code) == (500, "InternalError")
    assert "secret" not in str(answer.body)


def test_a_catalog_that_does_not_answer_gets_503_and_a_time_to_wait(
    api: Api, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog.close()
    monkeypatch.setattr(
        catalog, "_settings", type(catalog._settings)(conninfo="host=127.0.0.1 port=1 connect_timeout=2")
    )
    answer = api.post("/undo")
    assert (answer.status, answer.code) == (503, "CatalogUnavailable")
    assert answer.headers["Retry-After"]


def test_undo_takes_back_your_own_last_action_and_redo_brings_it_back(api: Api, clip_ids: list[str]) -> None:
    api.post(f"/clips/{clip_ids[0]}/actions", action="approve", version=1)
    api.post(f"/clips/{clip_ids[1]}/actions", action="skip", version=1)
    api.as_person("ben").post(f"/clips/{clip_ids[2]}/actions", action="skip", version=1)
    undone = api.post("/undo")
    assert undone.status == 200
    assert [(c["clip_id"], c["state"]) for c in undone.body["clips"]] == [(clip_ids[1], "pending_review")]
    redone = api.post("/redo")
    assert [(c["clip_id"], c["state"]) for c in redone.body["clips"]] == [(clip_ids[1], "review_skipped")]


def test_with_nothing_to_undo_or_redo_the_answer_says_so(api: Api) -> None:
    for path in ("/undo", "/redo"):
        answer = api.post(path)
        assert (answer.status, answer.code) == (409, "NothingToUndo")


def test_the_25th_decision_releases_the_gate_and_resumes_the_execution(
    api: Api, catalog: Catalog, step_functions: FakeStepFunctions
) -> None:
    video_id = add_video_in_review(catalog, cuts=range(1, 40))
    gate = wait_at_gate(catalog, video_id)
    for n, clip in enumerate(live_clips(catalog, video_id)[:25], start=1):
        api.post(f"/clips/{clip['clip_id']}/actions", action="approve", version=1)
        assert step_functions.resumed == ([(gate.token, {"reason": "enough_decided"})] if n == 25 else [])
    assert query(catalog, "SELECT state FROM review_gates") == [{"state": "resumed"}]


def test_the_last_decision_releases_the_gate(
    api: Api, catalog: Catalog, step_functions: FakeStepFunctions
) -> None:
    video_id = add_video_in_review(catalog)
    gate = wait_at_gate(catalog, video_id)
    for clip in live_clips(catalog, video_id):
        api.post(f"/clips/{clip['clip_id']}/actions", action="skip", version=1)
    assert step_functions.resumed == [(gate.token, {"reason": "all_decided"})]


def test_a_decision_counts_even_where_step_functions_could_not_be_told(
    api: Api, catalog: Catalog, step_functions: FakeStepFunctions
) -> None:
    """The release is committed with the decision; the sweeper repeats the call."""
    video_id = add_video_in_review(catalog, cuts=())
    wait_at_gate(catalog, video_id)
    step_functions.is_down = True
    (clip,) = live_clips(catalog, video_id)
    assert api.post(f"/clips/{clip['clip_id']}/actions", action="skip", version=1).status == 200
    assert query(catalog, "SELECT state FROM review_gates") == [{"state": "released"}]


@pytest.mark.parametrize("path", ["/queue/next", "/videos/{}/release"])
def test_a_resumption_that_was_lost_is_repeated_when_a_reviewer_goes_on(
    api: Api, catalog: Catalog, step_functions: FakeStepFunctions, path: str
) -> None:
    """So nobody waits for the sweeper, which lets the catalog sleep for hours."""
    video_id = add_video_in_review(catalog)
    gate = wait_at_gate(catalog, video_id)
    step_functions.is_down = True
    assert api.post(f"/videos/{video_id}/release").body == {"released": True}
    step_functions.is_down = False
    assert api.post(path.format(video_id)).status == 200
    assert step_functions.resumed == [], "whoever released it may still be telling Step Functions"
    with catalog.transaction() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("UPDATE review_gates SET released_at = released_at - interval '1 minute'")
    assert api.post(path.format(video_id)).status == 200
    assert step_functions.resumed == [(gate.token, {"reason": "asked"})]


def test_where_step_functions_is_down_a_reviewer_waits_for_one_call_only(
    api: Api, catalog: Catalog, step_functions: FakeStepFunctions
) -> None:
    """However many releases were lost; each call may take seconds until it is given up."""
    for _ in range(3):
        gate = wait_at_gate(catalog, add_video_in_review(catalog))
        with catalog.transaction() as connection:
            release_if_due(connection, video_id=gate.video_id, asked=True)
    with catalog.transaction() as connection:
        connection.execute("UPDATE review_gates SET released_at = now() - interval '1 minute'")
    step_functions.is_down = True
    assert api.post("/queue/next").status == 200
    assert step_functions.refused == ["SendTaskSuccess"]


def test_a_gate_whose_execution_is_gone_is_an_ordinary_case(
    api: Api, catalog: Catalog, step_functions: FakeStepFunctions
) -> None:
    video_id = add_video_in_review(catalog)
    wait_at_gate(catalog, video_id)
    step_functions.waiting = set()
    assert api.post(f"/videos/{video_id}/release").body == {"released": True}
    assert query(catalog, "SELECT state FROM review_gates") == [{"state": "gone"}]
    assert api.post(f"/videos/{video_id}/release").body == {"released": False}


def test_the_queue_hands_out_clips_with_a_lease(api: Api, clip_ids: list[str]) -> None:
    given = api.post("/queue/next", count=2).body
    assert [clip["clip_id"] for clip in given["items"]] == clip_ids[:2]
    other = api.as_person("ben").post("/queue/next", count=2).body
    assert [clip["clip_id"] for clip in other["items"]] == clip_ids[2:]
    assert api.as_person("cleo").post("/queue/next").body == {
        "items": [],
        "lease_id": None,
        "expires_at": None,
    }
    renewed = api.post(f"/leases/{given['lease_id']}/renew").body
    assert renewed["lease_id"] == given["lease_id"]
    assert renewed["expires_at"] >= given["expires_at"]
    assert api.call("DELETE", f"/leases/{given['lease_id']}").body == {"ended": 2}
    assert api.post(f"/leases/{given['lease_id']}/renew").status == 404


def test_every_action_is_in_the_audit_trail(api: Api, clip_ids: list[str]) -> None:
    clip = api.post(f"/clips/{clip_ids[0]}/actions", action="approve", version=1).body["clips"][0]
    api.post("/undo")
    path = f"/videos/{clip['video_id']}/events"
    events = api.get(path).body["items"]
    assert [(e["action"], e["reviewer"], e["undone"]) for e in events] == [
        ("undo", "ann", False),
        ("approve", "ann", True),
    ]
    first = api.get(f"{path}?limit=1").body
    second = api.get(f"{path}?limit=1&cursor={first['next_cursor']}").body
    assert first["items"] + second["items"] == events
    assert second["next_cursor"] is None


def test_a_page_of_events_ends_where_no_more_clips_go_onto_it(
    api: Api, catalog: Catalog, clip_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full page of full batches would be more than API Gateway takes."""
    monkeypatch.setattr(importlib.import_module("chalicelib.routes.videos"), "CLIPS_OF_PAGE", 4)
    video_id = api.get(f"/clips/{clip_ids[0]}").body["video_id"]
    for version, action in enumerate(("approve", "skip", "archive"), start=1):
        items = [{"clip_id": clip_id, "version": version, "action": action} for clip_id in clip_ids]
        assert api.post("/actions", items=items).status == 200
    pages, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/videos/{video_id}/events?limit=50{cursor}").body
        pages.append([len(event["changes"]) for event in page["items"]])
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert pages == [[1], [1], [1]]


def test_an_event_of_very_many_clips_names_the_first_and_counts_the_others(
    api: Api, clip_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [{"clip_id": clip_id, "version": 1, "action": "skip"} for clip_id in clip_ids]
    video_id = api.post("/actions", items=items).body["clips"][0]["video_id"]
    (whole,) = api.get(f"/videos/{video_id}/events").body["items"]
    monkeypatch.setattr(listing, "CLIPS_OF_EVENT", 2)
    (event,) = api.get(f"/videos/{video_id}/events").body["items"]
    assert event == whole | {"clip_ids": whole["clip_ids"][:2], "clips_left_out": 1, "changes": None}
