"""Timelines through the API: a file out, its cuts in again, undone as one."""

import importlib
import json
from itertools import pairwise
from typing import Any

import pytest
from chalice.test import Client

from heaters.catalog.connection import Catalog
from heaters.domain.timelines.formats import TimelineFormat
from tests.api.api_client import PROJECT, Answer, Api, id_token
from tests.catalog.review_videos import add_video_in_review, claim_clip, live_clips, query


@pytest.fixture
def video_id(catalog: Catalog) -> str:
    return add_video_in_review(catalog)


def _download(api: Api, video_id: str, form: str) -> tuple[str, dict[str, str]]:
    with Client(api.app, project_dir=str(PROJECT)) as client:
        answer = client.http.get(
            f"/videos/{video_id}/timeline?format={form}",
            headers={"authorization": id_token("ann", ("reviewers",))},
        )
    assert answer.status_code == 200
    return answer.body.decode(), answer.headers


def _import(api: Api, video_id: str, cuts: list[int], frame_count: int = 100) -> Answer:
    edges = [0, *cuts, frame_count]
    clips = [{"start_frame": a, "end_frame": b} for a, b in pairwise(edges)]
    return api.post(f"/videos/{video_id}/timeline", format="json", text=json.dumps({"clips": clips}))


def _ranges(catalog: Catalog, video_id: str) -> list[Any]:
    return [(c["start_frame"], c["end_frame"], c["state"]) for c in live_clips(catalog, video_id)]


@pytest.mark.parametrize("form", list(TimelineFormat))
def test_what_comes_out_goes_in_again_and_gives_the_same_cuts(
    api: Api, catalog: Catalog, video_id: str, form: TimelineFormat
) -> None:
    text, headers = _download(api, video_id, form)
    assert headers["Content-Disposition"] == f'attachment; filename="{video_id}.{form}"'
    same = api.post(f"/videos/{video_id}/timeline", format=form, text=text)
    assert (same.status, same.code) == (409, "CutRefused")
    other = add_video_in_review(catalog, cuts=(5, 50))
    assert api.post(f"/videos/{other}/timeline", format=form, text=text).status == 200
    assert api.get(f"/videos/{other}").body["cuts"] == [40, 70]


def test_an_import_changes_what_differs_and_is_undone_as_one(
    api: Api, catalog: Catalog, video_id: str
) -> None:
    last = live_clips(catalog, video_id)[2]["clip_id"]
    api.post(f"/clips/{last}/actions", action="approve", version=1)
    before = live_clips(catalog, video_id)
    assert _import(api, video_id, [10, 20, 70]).status == 200
    pending, approved = "pending_review", "review_approved"
    after = [(0, 10, pending), (10, 20, pending), (20, 70, pending), (70, 100, approved)]
    assert _ranges(catalog, video_id) == after
    (event, *_) = api.get(f"/videos/{video_id}/events").body["items"]
    assert event["action"] == "import_cuts"
    origins = query(
        catalog, "SELECT frame FROM cuts WHERE origin = 'imported' AND created_by = 'ann' ORDER BY frame"
    )
    assert [row["frame"] for row in origins] == [10, 20]
    assert api.post("/undo").status == 200
    assert [c["clip_id"] for c in live_clips(catalog, video_id)] == [c["clip_id"] for c in before]
    assert api.post("/redo").status == 200
    assert _ranges(catalog, video_id) == after


def test_an_import_that_would_change_a_claimed_clip_gets_409_and_shows_it(
    api: Api, catalog: Catalog, video_id: str
) -> None:
    clip_id = live_clips(catalog, video_id)[0]["clip_id"]
    api.post(f"/clips/{clip_id}/actions", action="approve", version=1)
    claim_clip(catalog, clip_id)
    refused = _import(api, video_id, [30, 70])
    assert (refused.status, refused.code) == (409, "ClipClaimed")
    assert refused.body["error"]["details"]["clip"]["clip_id"] == clip_id
    assert _import(api, video_id, [40, 60]).status == 200


@pytest.mark.parametrize(("cuts", "frame_count"), [([40], 99), ([40], 101), ([40, 40], 100), ([70, 40], 100)])
def test_clips_that_are_not_the_whole_video_get_409(
    api: Api, video_id: str, cuts: list[int], frame_count: int
) -> None:
    answer = _import(api, video_id, cuts, frame_count)
    assert (answer.status, answer.code) == (409, "CutRefused")


def test_a_file_that_is_none_gets_409_and_one_that_is_too_large_gets_400(api: Api, video_id: str) -> None:
    path = f"/videos/{video_id}/timeline"
    assert api.post(path, format="otio", text="<xml/>").code == "CutRefused"
    assert api.post(path, format="otio", text="x" * 4_100_000).code == "InvalidRequest"
    assert api.post(path, format="avi", text="").code == "InvalidRequest"


@pytest.mark.parametrize("form", list(TimelineFormat))
def test_the_timeline_of_a_long_film_goes_out_and_in_again(
    api: Api, catalog: Catalog, form: TimelineFormat
) -> None:
    """As a function of Lambda gets and gives it: in JSON inside of JSON, of 6 MB at most."""
    film = add_video_in_review(catalog, cuts=range(90, 4000 * 90, 90), frame_count=4000 * 90)
    other = add_video_in_review(catalog, frame_count=4000 * 90)
    text, _ = _download(api, film, form)
    assert len(json.dumps({"body": json.dumps({"format": form, "text": text})})) < 6_000_000
    assert api.post(f"/videos/{other}/timeline", format=form, text=text).status == 200
    assert len(api.get(f"/videos/{other}").body["cuts"]) == 3999


def test_a_timeline_that_no_answer_holds_gets_422(
    api: Api, video_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.import_module("chalicelib.routes.cuts"), "MAX_EXPORT_BYTES", 1000)
    refused = api.get(f"/videos/{video_id}/timeline?format=otio")
    assert (refused.status, refused.code) == (422, "TooLong")
    assert refused.body["error"]["details"]["limit_bytes"] == 1000


def test_more_cuts_than_anybody_reviews_get_409(
    api: Api, video_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.import_module("chalicelib.routes.cuts"), "MAX_CUTS", 2)
    assert _import(api, video_id, [10, 20, 30]).code == "CutRefused"
    assert _import(api, video_id, [10, 20]).status == 200


def test_a_video_without_clips_has_no_timeline(api: Api) -> None:
    operator = api.as_person("olga", "operators")
    video_id = operator.post("/videos", url="https://example.org/a.mp4").body["video_id"]
    assert api.get(f"/videos/{video_id}/timeline").code == "TransitionRefused"
    assert _import(api, video_id, [40]).code == "TransitionRefused"
    assert api.get("/videos/nobody/timeline").status == 404
