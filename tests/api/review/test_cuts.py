"""Cuts through the API: added, removed and moved, taken back, and refused with the clip that stands against it."""

from typing import Any

import pytest

from heaters.catalog.connection import Catalog
from tests.api.api_client import Answer, Api
from tests.catalog.review_videos import add_video_in_review, claim_clip, live_clips


class Cutter:
    """The cuts of one video of 100 frames, cut at 40 and 70."""

    def __init__(self, api: Api, catalog: Catalog) -> None:
        self.api, self.catalog = api, catalog
        self.video_id = add_video_in_review(catalog)

    def cut(self, op: str, frame: int, *, version: int = 1, **to: int) -> Answer:
        return self.api.post(f"/videos/{self.video_id}/cuts", op=op, frame=frame, version=version, **to)

    def cuts(self) -> Any:
        return self.api.get(f"/videos/{self.video_id}").body["cuts"]

    def clips(self) -> list[dict[str, Any]]:
        return live_clips(self.catalog, self.video_id)


@pytest.fixture
def cutter(api: Api, catalog: Catalog) -> Cutter:
    return Cutter(api, catalog)


@pytest.mark.parametrize(
    ("op", "frame", "to", "after"),
    [
        ("add", 50, {}, ([40, 50, 70], [(40, 50), (50, 70)])),
        ("remove", 40, {}, ([70], [(0, 70)])),
        ("move", 40, {"to_frame": 20}, ([20, 70], [(0, 20), (20, 70)])),
    ],
)
def test_a_change_answers_with_old_and_new_clips_and_is_undone_and_done_again(
    cutter: Cutter, op: str, frame: int, to: dict[str, int], after: Any
) -> None:
    cuts, live = after
    before = [clip["clip_id"] for clip in cutter.clips()]
    answer = cutter.cut(op, frame, **to)
    assert answer.status == 200
    shown = answer.body["clips"]
    pending = [(c["start_frame"], c["end_frame"]) for c in shown if c["state"] == "pending_review"]
    assert pending == live
    assert {c["clip_id"] for c in shown if c["state"] == "superseded"} < set(before)
    assert cutter.cuts() == cuts
    assert cutter.api.post("/undo").status == 200
    assert (cutter.cuts(), [clip["clip_id"] for clip in cutter.clips()]) == ([40, 70], before)
    assert cutter.api.post("/redo").status == 200
    assert cutter.cuts() == cuts


def test_a_stale_version_gets_409_and_the_clip_that_holds_the_frame(cutter: Cutter) -> None:
    clip_id = cutter.clips()[1]["clip_id"]
    won = cutter.api.as_person("ben").post(f"/clips/{clip_id}/actions", action="skip", version=1)
    for answer in (cutter.cut("add", 50), cutter.cut("remove", 40), cutter.cut("move", 40, to_frame=30)):
        assert (answer.status, answer.code) == (409, "StaleVersion")
        assert answer.body["error"]["details"]["clip"] == won.body["clips"][0]
    assert cutter.cuts() == [40, 70]


def test_a_claimed_clip_gets_409_and_is_shown_also_where_only_the_neighbour_was_claimed(
    cutter: Cutter, catalog: Catalog
) -> None:
    claimed = cutter.clips()[0]["clip_id"]
    cutter.api.post(f"/clips/{claimed}/actions", action="approve", version=1)
    claim_clip(catalog, claimed)
    for answer in (
        cutter.cut("add", 20, version=3),
        cutter.cut("remove", 40),
        cutter.cut("move", 40, to_frame=41),
    ):
        assert (answer.status, answer.code) == (409, "ClipClaimed")
        shown = answer.body["error"]["details"]["clip"]
        assert (shown["clip_id"], shown["state"]) == (claimed, "exporting")


@pytest.mark.parametrize(
    ("op", "frame", "to"),
    [
        ("add", 40, {}), ("add", 0, {}), ("remove", 0, {}), ("remove", 41, {}),
        ("move", 40, {"to_frame": 70}), ("move", 40, {"to_frame": 40}), ("move", 40, {"to_frame": 0}),
    ],
)  # fmt: skip
def test_a_cut_that_cannot_be_gets_409_and_the_clip_that_holds_the_frame(
    cutter: Cutter, op: str, frame: int, to: dict[str, int]
) -> None:
    answer = cutter.cut(op, frame, **to)
    assert (answer.status, answer.code) == (409, "CutRefused")
    shown = answer.body["error"]["details"]["clip"]
    assert shown["start_frame"] <= frame < shown["end_frame"]


@pytest.mark.parametrize("op", ["add", "remove"])
def test_a_frame_outside_the_video_gets_404(cutter: Cutter, op: str) -> None:
    assert cutter.cut(op, 101).status == 404
    assert cutter.cut(op, 2**31 - 1).status == 404


@pytest.mark.parametrize(
    "body",
    [
        {"op": "add", "frame": 50, "to_frame": 60, "version": 1},
        {"op": "move", "frame": 40, "version": 1},
        {"op": "add", "frame": -1, "version": 1},
        {"op": "add", "frame": 2**31, "version": 1},
        {"op": "split", "frame": 50, "version": 1},
    ],
)
def test_a_request_that_contradicts_itself_gets_400(cutter: Cutter, body: dict[str, Any]) -> None:
    answer = cutter.api.post(f"/videos/{cutter.video_id}/cuts", **body)
    assert (answer.status, answer.code) == (400, "InvalidRequest")
