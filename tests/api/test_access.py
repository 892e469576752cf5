"""Who may do what: no route without an authorizer, nothing for strangers, operators' work for operators."""

import http.client
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from chalice.app import CognitoUserPoolAuthorizer
from chalice.config import Config
from chalice.local import LocalDevServer

from heaters.catalog.connection import Catalog
from tests.api.api_client import Api, id_token
from tests.catalog.review_videos import add_video_in_review, live_clips

ID = "00000000-0000-0000-0000-000000000000"


def _routes(api: Api) -> list[tuple[str, str]]:
    return [(method, path) for path, methods in api.app.routes.items() for method in methods]


def test_every_route_but_health_has_the_user_pools_authorizer(api: Api) -> None:
    open_routes = [
        (method, path)
        for path, methods in api.app.routes.items()
        for method, entry in methods.items()
        if not isinstance(entry.authorizer, CognitoUserPoolAuthorizer)
    ]
    assert open_routes == [("GET", "/health")]


def test_without_claims_every_route_but_health_answers_401(api: Api) -> None:
    """Should the authorizer ever be taken away, nothing opens."""
    nobody = api.as_person(None)
    for method, path in _routes(api):
        answer = nobody.call(method, path.replace("{video_id}", ID).replace("{clip_id}", ID))
        assert answer.status == (200 if path == "/health" else 401), path


def test_a_stranger_in_neither_group_may_do_nothing(api: Api) -> None:
    stranger = api.as_person("sam", "guests")
    for method, path in _routes(api):
        if path != "/health":
            assert stranger.call(method, path).status == 403, path


@pytest.mark.parametrize("path", ["/videos", f"/videos/{ID}/retry"])
def test_reviewers_may_not_do_operators_work(api: Api, path: str) -> None:
    answer = api.post(path, url="https://example.org/a.mp4")
    assert (answer.status, answer.code) == (403, "Forbidden")


def test_operators_may_review_too(api: Api, catalog: Catalog) -> None:
    add_video_in_review(catalog)
    assert len(api.as_person("olga", "operators").post("/queue/next").body["items"]) == 3


def test_groups_are_read_as_api_gateway_writes_them(api: Api) -> None:
    """The gateway hands a list of groups over as one text."""
    event = {
        "requestContext": {
            "httpMethod": "GET",
            "resourcePath": "/videos",
            "authorizer": {"claims": {"cognito:username": "ann", "cognito:groups": "others,reviewers"}},
        },
        "headers": {},
        "pathParameters": {},
        "stageVariables": {},
        "multiValueQueryStringParameters": None,
        "body": None,
    }
    assert api.app(event, None)["statusCode"] == 200


@pytest.fixture
def server(api: Api) -> Iterator[tuple[str, int]]:
    """The API on Chalice's own local server, as the local cloud runs it."""
    local = LocalDevServer(api.app, Config.create(), "127.0.0.1", 0)
    thread = threading.Thread(target=local.serve_forever, daemon=True)
    thread.start()
    yield local.server.server_address
    local.shutdown()
    thread.join()
    local.server.server_close()


def _post(address: tuple[str, int], path: str, person: str, body: dict[str, object]) -> int:
    connection = http.client.HTTPConnection(*address, timeout=30)
    token = f"Bearer {id_token(person, ('reviewers',))}"
    headers = {"Content-Type": "application/json", "Authorization": token}
    connection.request("POST", path, json.dumps(body), headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_two_reviewers_who_race_over_http_get_one_200_and_one_409(
    server: tuple[str, int], catalog: Catalog
) -> None:
    video_id = add_video_in_review(catalog, cuts=range(1, 30))
    actions = {"ann": "approve", "ben": "skip"}
    states = {"ann": "review_approved", "ben": "review_skipped"}
    with ThreadPoolExecutor(2) as pool:
        for clip in live_clips(catalog, video_id):
            path = f"/clips/{clip['clip_id']}/actions"
            asked = [
                pool.submit(_post, server, path, person, {"action": action, "version": 1})
                for person, action in actions.items()
            ]
            assert sorted(answer.result() for answer in asked) == [200, 409]
    assert all(clip["state"] == states[clip["decided_by"]] for clip in live_clips(catalog, video_id))


@pytest.mark.parametrize("start", [b"[", b'{"a":'])
def test_a_body_that_nests_too_deeply_is_refused(api: Api, start: bytes) -> None:
    answer = api.call("POST", "/queue/next", start * 10_000)
    assert (answer.status, answer.code) == (400, "InvalidRequest")
