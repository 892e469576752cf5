"""Videos through the API: lists, details, adding one by URL, retrying one that failed."""

import urllib.parse
from typing import Any

import pytest

from heaters.catalog.connection import Catalog
from heaters.catalog.stages.runs import record_stage_run
from heaters.catalog.stages.video_facts import record_download
from heaters.catalog.videos import get_video
from heaters.domain.pipeline import STAGE
from heaters.domain.prices import Runs, price_runs
from heaters.domain.results import DownloadResult, Repair, StoredObject, Usage
from tests.api.api_client import STATE_MACHINE, Api
from tests.catalog.review_videos import add_video_in_review, claim_clip, live_clips, query
from tests.catalog.step_functions import FakeStepFunctions


def _all_pages(api: Api, path: str, limit: int) -> list[dict[str, Any]]:
    items, cursor, pages = [], "", 0
    while cursor is not None:
        page = api.get(
            f"{path}?limit={limit}" + (f"&cursor={urllib.parse.quote(cursor)}" if cursor else "")
        ).body
        items += page["items"]
        cursor, pages = page["next_cursor"], pages + 1
        assert pages < 100
    return items


def test_health_is_open_to_everybody(api: Api) -> None:
    assert api.as_person(None).get("/health").body == {"status": "ok"}


def test_a_video_shows_all_that_its_page_needs(api: Api, catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog)
    video = api.get(f"/videos/{video_id}").body
    assert video["cuts"] == [40, 70]
    assert video["counts"] == {"pending_review": 3}
    assert (video["fps"], video["frame_count"], video["width"], video["height"]) == (
        "24000/1001",
        100,
        640,
        360,
    )
    assert video["duration_s"] == pytest.approx(100 * 1001 / 24000)
    assert video["execution_name"] == f"{video_id}-1"
    assert "proxies/p.mp4" in video["proxy_url"]
    assert "X-Amz-Expires=600" in video["proxy_url"]
    assert "storyboards/0.jpg" in video["storyboard"]["sheet_urls"][0]
    assert (video["error"], video["stages"], video["cost_usd"]) == (None, [], None)


def test_a_video_shows_what_its_stages_took_and_why_it_failed(api: Api, catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog)
    with catalog.transaction() as connection:
        for clip in live_clips(catalog, video_id):
            connection.execute(
                "INSERT INTO stage_runs VALUES (%s, 'export', %s, NULL, 2, 1.5, 10, 20, 3)",
                (video_id, clip["clip_id"]),
            )
        connection.execute(
            "UPDATE source_videos SET error_name = 'WorkerLost', error_message = 'gone', progress = %s",
            ('{"video_id": "x", "stage": "master", "fraction": 0.5, "eta_s": 9, "speed": 2.5}',),
        )
    video = api.get(f"/videos/{video_id}").body
    cost_usd = price_runs(STAGE["export"], Runs(count=3, seconds=6, requests=9), on_batch=None)
    assert video["stages"] == [
        {
            "stage": "export", "on_batch": None, "runs": 3, "seconds": 6.0, "compute_s": 4.5, "read_bytes": 30,
            "written_bytes": 60, "requests": 9, "cost_usd": cost_usd,
        }
    ]  # fmt: skip
    assert video["cost_usd"] == cost_usd > 0
    assert video["error"] == {"error": "WorkerLost", "message": "gone"}
    assert video["progress"] == {"stage": "master", "fraction": 0.5, "eta_s": 9.0, "speed": 2.5}


def test_a_video_costs_what_its_stages_cost_wherever_they_ran(api: Api, catalog: Catalog) -> None:
    """A stage that ran at both of its places is shown once for each."""
    video_id = add_video_in_review(catalog)
    places = (True, False, False)
    with catalog.transaction() as connection:
        for clip, on_batch in zip(live_clips(catalog, video_id), places, strict=True):
            usage = Usage(wall_s=2, requests=3, on_batch=on_batch)
            record_stage_run(
                connection, video_id=video_id, stage="export", usage=usage, clip_id=clip["clip_id"]
            )
    video = api.get(f"/videos/{video_id}").body
    assert {(stage["on_batch"], stage["runs"]) for stage in video["stages"]} == {(True, 1), (False, 2)}
    assert video["cost_usd"] == pytest.approx(
        price_runs(STAGE["export"], Runs(count=1, seconds=2, requests=3), on_batch=True)
        + price_runs(STAGE["export"], Runs(count=2, seconds=4, requests=6), on_batch=False)
    )


def test_a_new_video_knows_nothing_of_its_proxy_yet(operator: Api) -> None:
    """Its title is its URL, which the download replaces by the page's."""
    url = "https://example.org/films/cut.mp4?x=1"
    video = operator.post("/videos", url=url).body
    assert (video["state"], video["title"]) == ("new", url)
    unknown = ("proxy_url", "fps", "frame_count", "duration_s", "storyboard", "progress")
    assert [video[name] for name in unknown] == [None] * len(unknown)
    assert video["counts"] == {}


def test_videos_are_listed_newest_first_a_page_at_a_time(api: Api, catalog: Catalog) -> None:
    ids = [add_video_in_review(catalog, title=f"{n}.mp4") for n in range(5)]
    for limit in (1, 2, 5, 50):
        assert [video["video_id"] for video in _all_pages(api, "/videos", limit)] == ids[::-1]


def test_videos_can_be_listed_by_state(api: Api, operator: Api, catalog: Catalog) -> None:
    add_video_in_review(catalog)
    operator.post("/videos", url="https://example.org/a.mp4", title="A")
    assert [video["title"] for video in api.get("/videos?state=new").body["items"]] == ["A"]
    assert api.get("/videos?state=complete").body == {"items": [], "next_cursor": None}


def test_clips_are_listed_in_order_a_page_at_a_time(api: Api, catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog, cuts=range(1, 20))
    for limit in (3, 20, 200):
        clips = _all_pages(api, f"/videos/{video_id}/clips", limit)
        assert [clip["start_frame"] for clip in clips] == list(range(20))
        assert clips[-1]["end_frame"] == 100


def test_a_processed_clip_has_urls_hashes_and_its_embedding(api: Api, catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog, cuts=())
    (clip,) = live_clips(catalog, video_id)
    api.post(f"/clips/{clip['clip_id']}/actions", action="approve", version=1)
    claim_clip(catalog, clip["clip_id"])
    with catalog.transaction() as connection:
        connection.execute(
            """
            INSERT INTO artifacts (key, video_id, clip_id, kind, position, size_bytes, facts) VALUES
            ('e.mp4', %(v)s, %(c)s, 'export', 0, 9,
             '{"frame_count": 100, "first_frame_md5": "a", "last_frame_md5": "b"}'),
            ('k1.jpg', %(v)s, %(c)s, 'keyframe', 1, 9, '{"frame": 50}'),
            ('k0.jpg', %(v)s, %(c)s, 'keyframe', 0, 9, '{"frame": 25}')
            """,
            {"v": video_id, "c": clip["clip_id"]},
        )
        connection.execute(
            "INSERT INTO embeddings VALUES (%s, -1, 'colour-layout', '1', 3, '[1,0,0]')", (clip["clip_id"],)
        )
    shown = api.get(f"/clips/{clip['clip_id']}").body
    assert "e.mp4" in shown["export"].pop("url")
    assert shown["export"] == {"frame_count": 100, "first_frame_md5": "a", "last_frame_md5": "b"}
    assert [image["frame"] for image in shown["keyframes"]] == [25, 50]
    assert "k0.jpg" in shown["keyframes"][0]["url"]
    assert shown["embedding"] == {"model": "colour-layout", "dimensions": 3}
    with catalog.transaction() as connection:
        connection.execute("UPDATE clips SET objects_deleted_at = now()")
    gone = api.get(f"/clips/{clip['clip_id']}").body
    assert (gone["export"], gone["keyframes"]) == (None, [])


@pytest.mark.parametrize(
    "query_text",
    ["state=lost", "limit=0", "limit=201", "limit=x", "cursor=!!", "cursor=W10", "cursor=WzEsMl0", "colour=red",
     "cursor=" + "a" * 600, "cursor=WyIyMDI2IiwiXHUwMDAwIl0", "cursor=WyJ4IiwieSJd",
     "cursor=WyIyMDI2LTAxLTAxIiwiXHVkODAwIl0"],
)  # fmt: skip
def test_a_query_that_is_not_valid_gets_400(api: Api, query_text: str) -> None:
    answer = api.get(f"/videos?{query_text}")
    assert (answer.status, answer.code) == (400, "InvalidRequest")


@pytest.mark.parametrize("path", ["/videos/{}", "/videos/{}/clips", "/videos/{}/events", "/clips/{}"])
def test_what_is_not_there_gets_404(api: Api, path: str) -> None:
    answer = api.get(path.format("00000000-0000-0000-0000-000000000000"))
    assert (answer.status, answer.code) == (404, "NotFound")


def test_adding_a_url_makes_a_row_and_starts_its_execution(
    operator: Api, catalog: Catalog, step_functions: FakeStepFunctions
) -> None:
    answer = operator.post("/videos", url="https://example.org/watch?v=1", title="A film")
    assert answer.status == 201
    video_id = answer.body["video_id"]
    assert answer.body["source_url"] == "https://example.org/watch?v=1"
    (row,) = query(catalog, "SELECT title, state, source_key, source_url FROM source_videos")
    assert row == {
        "title": "A film", "state": "new", "source_key": None, "source_url": "https://example.org/watch?v=1",
    }  # fmt: skip
    assert step_functions.started == [
        {
            "arn": STATE_MACHINE,
            "name": f"{video_id}-1",
            "input": {"video_id": video_id, "attempt": 1, "undo_window_s": 60, "release_size": 25},
        }
    ]


@pytest.mark.parametrize(
    "url",
    [
        "", "ftp://example.org/a", "file:///etc/passwd", "example.org", "https://", "https://a b", "http://[x",
        "https://example.org:0/a", "https://example.org:65536/a", "https://example.org:http/a", "https://:443/a",
        "https://?x", "https://@/a",
    ],
)  # fmt: skip
def test_what_is_not_a_web_address_is_refused(operator: Api, catalog: Catalog, url: str) -> None:
    answer = operator.post("/videos", url=url)
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert query(catalog, "SELECT FROM source_videos") == []


@pytest.mark.parametrize("user", ["user:secret", "user", ":secret", "user:"])
def test_a_url_with_a_password_is_refused_and_not_repeated(
    operator: Api, catalog: Catalog, user: str
) -> None:
    """It would be stored and shown to everybody who may see the video."""
    answer = operator.post("/videos", url=f"https://{user}@example.org/a.mp4")
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert "leave it out" in answer.body["error"]["message"]
    assert "secret" not in str(answer.body)
    assert query(catalog, "SELECT FROM source_videos") == []


def test_a_downloaded_video_tells_what_its_page_says(operator: Api, catalog: Catalog) -> None:
    video_id = operator.post("/videos", url="https://example.org:8443/watch?v=1").body["video_id"]
    assert operator.get(f"/videos/{video_id}").body["origin"] is None
    result = DownloadResult(
        source=StoredObject(key="sources/v/source", size_bytes=9), title="A film", webpage_url="https://example.org/1",
        uploader="A studio", upload_date="2026-11-21", licence="CC BY", repair=Repair.REMUXED,
        warnings=("It was remuxed.",),
    )  # fmt: skip
    with catalog.transaction() as connection:
        record_download(connection, get_video(connection, video_id), result)
    video = operator.get(f"/videos/{video_id}").body
    assert video["origin"] == {
        "title": "A film", "webpage_url": "https://example.org/1", "uploader": "A studio",
        "upload_date": "2026-11-21", "licence": "CC BY", "repair": "remuxed",
    }  # fmt: skip


@pytest.mark.parametrize("title", ["", "a\0b", "two\nlines", "x" * 201])
def test_a_title_that_cannot_be_shown_in_one_line_is_refused(
    operator: Api, catalog: Catalog, title: str
) -> None:
    answer = operator.post("/videos", url="https://example.org/a", title=title)
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert query(catalog, "SELECT FROM source_videos") == []


def test_where_step_functions_is_down_the_video_waits_for_the_sweeper(
    operator: Api, catalog: Catalog, step_functions: FakeStepFunctions
) -> None:
    step_functions.is_down = True
    answer = operator.post("/videos", url="https://example.org/a.mp4")
    assert (answer.status, answer.code) == (503, "WorkflowUnavailable")
    assert len(query(catalog, "SELECT FROM source_videos")) == 1


def test_a_failed_video_is_retried_in_a_new_execution(
    operator: Api, step_functions: FakeStepFunctions
) -> None:
    video_id = operator.post("/videos", url="https://example.org/a.mp4").body["video_id"]
    running = operator.post(f"/videos/{video_id}/retry")
    assert (running.status, running.code) == (409, "TransitionRefused")
    step_functions.statuses[f"{video_id}-1"] = {"status": "FAILED"}
    retried = operator.post(f"/videos/{video_id}/retry")
    assert (retried.status, retried.body["execution_name"]) == (202, f"{video_id}-2")
    assert [started["name"] for started in step_functions.started] == [f"{video_id}-1", f"{video_id}-2"]


def test_a_complete_video_cannot_be_retried(operator: Api, catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog)
    with catalog.transaction() as connection:
        connection.execute("UPDATE source_videos SET state = 'complete'")
    assert operator.post(f"/videos/{video_id}/retry").code == "TransitionRefused"
