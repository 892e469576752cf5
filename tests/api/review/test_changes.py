"""The live view's route: it answers as soon as something changed, waits without holding anything, and tells little."""

import base64
import importlib
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from heaters.catalog.changes import KEPT_S, Change, News, Position
from heaters.catalog.connection import Catalog, Connection
from tests.api.api_client import Api, load_app
from tests.catalog.review_videos import add_video_in_review, live_clips

load_app()
polling = importlib.import_module("chalicelib.polling")
route = importlib.import_module("chalicelib.routes.changes")

DEADLINE_S = 60


def ask(api: Api, cursor: str | None = None, **query: Any) -> Any:
    """An answer of `/changes`, at once unless `wait_s` says otherwise."""
    given = {"wait_s": 0, "cursor": cursor} | query
    text = "&".join(f"{name}={value}" for name, value in given.items() if value is not None)
    answer = api.get(f"/changes?{text}")
    assert answer.status == 200, answer.body
    return answer.body


def act(api: Api, clip: dict[str, Any], action: str, version: int = 1) -> None:
    assert api.post(f"/clips/{clip['clip_id']}/actions", action=action, version=version).status == 200


def cursor_of(*key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def test_without_a_cursor_the_answer_comes_at_once_and_is_where_to_begin(api: Api, catalog: Catalog) -> None:
    add_video_in_review(catalog)
    first = ask(api, wait_s=20)
    assert (first["items"], first["reset"]) == ([], False)
    assert ask(api, first["next_cursor"])["items"] == []


def test_a_decision_of_somebody_else_is_told_with_the_clip_as_it_is_now(api: Api, catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog)
    clip = live_clips(catalog, video_id)[0]
    cursor = ask(api)["next_cursor"]
    act(api.as_person("ben"), clip, "skip")
    answer = ask(api, cursor, video_id=video_id, show="clips")
    (item,) = answer["items"]
    assert item["clips"] == [api.get(f"/clips/{clip['clip_id']}").body]
    assert (item["video_id"], item["kinds"], item["video"]) == (video_id, ["clips"], None)
    assert ask(api, answer["next_cursor"], video_id=video_id, show="clips")["items"] == []


def test_a_list_of_videos_is_told_the_row_of_each_that_changed(api: Api, catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog)
    add_video_in_review(catalog)
    cursor = ask(api)["next_cursor"]
    for clip in live_clips(catalog, video_id)[:2]:
        act(api, clip, "approve")
    (item,) = ask(api, cursor)["items"]
    assert item["video"]["counts"] == {"review_approved": 2, "pending_review": 1}
    assert (item["clips"], item["kinds"]) == (None, ["clips"])


def test_an_undo_is_told(api: Api, catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog)
    act(api, live_clips(catalog, video_id)[0], "approve")
    cursor = ask(api)["next_cursor"]
    assert api.post("/undo").status == 200
    (item,) = ask(api, cursor, show="clips")["items"]
    assert [clip["state"] for clip in item["clips"]] == ["pending_review"]


def test_a_cut_tells_of_the_old_clip_and_of_the_new_ones(api: Api, catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog)
    cursor = ask(api)["next_cursor"]
    assert api.post(f"/videos/{video_id}/cuts", op="add", frame=20, version=1).status == 200
    (item,) = ask(api, cursor, show="clips")["items"]
    assert [(clip["start_frame"], clip["end_frame"], clip["state"]) for clip in item["clips"]] == [
        (0, 20, "pending_review"), (0, 40, "superseded"), (20, 40, "pending_review"),
    ]  # fmt: skip


def test_more_clips_than_an_answer_holds_are_to_be_listed_again(
    api: Api, catalog: Catalog, connection: Connection
) -> None:
    cursor = ask(api)["next_cursor"]
    large = add_video_in_review(catalog, cuts=range(1, 51), frame_count=51)
    small = add_video_in_review(catalog)
    items = {item["video_id"]: item["clips"] for item in ask(api, cursor, show="clips")["items"]}
    assert items[large] is None
    assert [clip["clip_id"] for clip in items[small]] == [
        clip["clip_id"] for clip in live_clips(catalog, small)
    ]


def test_more_videos_than_an_answer_holds_are_a_reset(
    api: Api, catalog: Catalog, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route, "MAX_VIDEOS", 1)
    cursor = ask(api)["next_cursor"]
    add_video_in_review(catalog)
    assert len(ask(api, cursor)["items"]) == 1
    add_video_in_review(catalog)
    answer = ask(api, cursor)
    assert (answer["items"], answer["reset"]) == ([], True)
    assert ask(api, answer["next_cursor"])["reset"] is False


def test_a_cursor_of_more_than_an_hour_ago_is_a_reset(api: Api) -> None:
    xmax, at_s, distances = json.loads(base64.urlsafe_b64decode(ask(api)["next_cursor"] + "=="))
    assert ask(api, cursor_of(xmax, at_s - KEPT_S - 5, distances), wait_s=20)["reset"] is True
    assert ask(api, cursor_of(xmax, at_s - KEPT_S + 60, distances))["reset"] is False


@pytest.mark.parametrize(
    "cursor",
    [
        "x", cursor_of(1, 2), cursor_of(1, 2, 3), cursor_of(-1, 2, ""), cursor_of(5, 2, "-1"), cursor_of(5, 2, "6"),
        cursor_of(5, 2, "1,,2"), cursor_of(5, 2, "²"), cursor_of(10**6, 2, ",".join("1" * 65)), cursor_of(2**63, 2, ""),
    ],
)  # fmt: skip
def test_a_cursor_that_was_never_given_is_refused(api: Api, cursor: str) -> None:
    answer = api.get(f"/changes?cursor={cursor}")
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_a_guessed_video_tells_nothing_and_looks_like_a_quiet_one(api: Api, catalog: Catalog) -> None:
    video_id = add_video_in_review(catalog)
    quiet = add_video_in_review(catalog)
    cursor = ask(api)["next_cursor"]
    act(api, live_clips(catalog, video_id)[0], "skip")
    for guess in (quiet, "00000000-0000-0000-0000-000000000000", video_id[:-1], video_id.upper() + "_"):
        answer = ask(api, cursor, video_id=guess, show="clips")
        assert (answer["items"], answer["reset"]) == ([], False)


def test_only_signed_in_reviewers_are_told(api: Api) -> None:
    assert api.as_person(None).get("/changes").status == 401
    assert api.as_person("sam", "guests").get("/changes").status == 403


def test_a_waiting_request_answers_when_something_changes(api: Api, catalog: Catalog) -> None:
    """The answer's text holds the change, long before its 20 s are over."""
    video_id = add_video_in_review(catalog)
    cursor = ask(api)["next_cursor"]
    with ThreadPoolExecutor(1) as pool:
        began_s = time.monotonic()
        waiting_answer = pool.submit(ask, api, cursor, wait_s=20, show="clips")
        act(api.as_person("ben"), live_clips(catalog, video_id)[0], "skip")
        assert [item["video_id"] for item in waiting_answer.result(DEADLINE_S)["items"]] == [video_id]
    assert time.monotonic() - began_s < 20


class Rests:
    """A clock that goes on only while somebody rests, and what happens meanwhile."""

    def __init__(self, *during: Any) -> None:
        self.now_s, self._during, self.rested_s = 0.0, list(during), list[float]()

    def rest(self, seconds: float) -> None:
        self.now_s += seconds
        self.rested_s.append(seconds)
        if self._during:
            self._during.pop(0)()

    def wait(self, catalog: Catalog, since: Position, *, wait_s: float = 20, show: str = "videos") -> News:
        wait = polling.Wait(
            wait_s=wait_s, kinds=route.KINDS[show], video_id=None, clock_s=lambda: self.now_s, rest=self.rest
        )
        return polling.wait_for_news(catalog, since, wait)


def position_now(catalog: Catalog) -> Position:
    with catalog.transaction() as connection:
        return route.find_position(connection)


def progress(connection: Connection) -> None:
    connection.execute(
        "UPDATE source_videos SET progress = jsonb_build_object('stage', 'proxy', 'fraction', random())"
    )


def test_nothing_is_held_while_a_request_rests(catalog: Catalog, connection: Connection) -> None:
    """No transaction is open then, so nothing is kept from being cleaned up, and the connection serves others."""
    states: list[str] = []

    def look_in() -> None:
        rows = connection.execute(
            "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        states.extend(row["state"] for row in rows)

    Rests(look_in, look_in).wait(catalog, position_now(catalog), wait_s=1)
    assert states == ["idle", "idle"]


def test_a_quiet_time_ends_empty_at_the_limit_with_a_newer_position(
    catalog: Catalog, connection: Connection
) -> None:
    before = position_now(catalog)
    rests = Rests(lambda: connection.execute("SELECT pg_current_xact_id()"))
    news = rests.wait(catalog, before, wait_s=2.1)
    assert news.changes == ()
    assert news.position.xmax > before.xmax
    assert sum(rests.rested_s) == pytest.approx(2.1)


def test_progress_is_told_no_sooner_than_a_second_into_the_request(
    catalog: Catalog, connection: Connection
) -> None:
    video_id = add_video_in_review(catalog)
    rests = Rests(lambda: progress(connection), lambda: progress(connection))
    news = rests.wait(catalog, position_now(catalog))
    assert {change.kinds for change in news.changes or ()} == {("progress",)}
    assert rests.now_s == pytest.approx(polling.REST_S)
    assert {change.video_id for change in news.changes or ()} == {video_id}


def test_progress_that_rests_comes_along_with_what_is_urgent(
    catalog: Catalog, connection: Connection
) -> None:
    video_id = add_video_in_review(catalog)
    title = "UPDATE source_videos SET title = 'new'"
    rests = Rests(lambda: progress(connection), lambda: connection.execute(title))
    news = rests.wait(catalog, position_now(catalog))
    assert news.changes == (
        Change(video_id=video_id, kinds=("progress",), clip_ids=()),
        Change(video_id=video_id, kinds=("video",), clip_ids=()),
    )
    assert rests.now_s < polling.REST_S


def test_who_looks_at_clips_is_not_woken_by_progress(catalog: Catalog, connection: Connection) -> None:
    add_video_in_review(catalog)
    rests = Rests(*[lambda: progress(connection)] * 8)
    assert rests.wait(catalog, position_now(catalog), wait_s=2, show="clips").changes == ()


def test_many_waiting_requests_share_few_connections(catalog: Catalog, connection: Connection) -> None:
    """Sixty pages look four at a time, so that actions find connections and time."""
    since = position_now(catalog)
    everybody = threading.Barrier(60)

    def wait_once() -> None:
        everybody.wait(DEADLINE_S)
        polling.wait_for_news(catalog, since, polling.Wait(wait_s=0.5, kinds=frozenset(), video_id=None))

    with ThreadPoolExecutor(60) as pool:
        for done in [pool.submit(wait_once) for _ in range(60)]:
            done.result(DEADLINE_S)
    others = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    assert 1 <= len(connection.execute(others).fetchall()) <= 4
