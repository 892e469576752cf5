"""Requests that are handed on to the API's process, and its answers on their way back."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug import Request, Response

from local_cloud.aws.front import Front
from local_cloud.machine.http_server import HttpServer
from local_cloud.machine.processes import Children
from local_cloud.web.api_server import ApiServer

COMPRESSED_FROM_BYTES = 1024
MakeApi = Callable[[Callable[[dict[str, Any]], Response]], ApiServer]


@pytest.fixture
def make_api(tmp_path: Path, children: Children) -> Iterator[MakeApi]:
    """`make_api(app)`: the forwarding side alone, before `app` in the place of the API's process."""
    server = HttpServer(0)

    def make(app: Callable[[dict[str, Any]], Response]) -> ApiServer:
        server.serve(lambda environ, start_response: app(environ)(environ, start_response))
        (tmp_path / "api-port").write_text(str(server.port))
        return ApiServer(
            environment={},
            front=Front(compressed_from_bytes=COMPRESSED_FROM_BYTES),
            children=children,
            log=tmp_path / "api.log",
            home=tmp_path,
        )

    yield make
    server.close()


@pytest.mark.parametrize(
    ("refused", "told"),
    [(403, (404, "NotFound")), (414, (414, "RequestTooLarge")), (501, (405, "MethodNotAllowed"))],
)
def test_what_the_api_s_server_refuses_by_itself_has_the_api_s_shape(
    make_api: MakeApi, refused: int, told: tuple[int, str]
) -> None:
    api = make_api(lambda _environ: Response("<html>no</html>", status=refused))
    answer = api.forward(Request.from_values("/api/nope"), "/nope")
    assert (answer.status_code, json.loads(answer.get_data())["error"]["code"]) == told


@pytest.mark.parametrize(
    ("accepted", "length", "compressed"),
    [
        ("gzip, deflate, br", 5000, True),
        ("gzip", COMPRESSED_FROM_BYTES, True),
        ("gzip", COMPRESSED_FROM_BYTES - 1, False),
        ("gzip;q=0, br", 5000, False),
        ("", 5000, False),
    ],
)
def test_a_long_answer_of_the_api_is_compressed_for_those_who_can_read_it(
    make_api: MakeApi, accepted: str, length: int, compressed: bool
) -> None:
    text = b'{"text": "' + b"x" * (length - 12) + b'"}'
    api = make_api(lambda _environ: Response(text, content_type="application/json"))
    answer = api.forward(Request.from_values("/api", headers={"Accept-Encoding": accepted}), "/videos")
    body = answer.get_data()
    assert answer.headers["Content-Length"] == str(len(body))
    assert (answer.headers.get("Content-Encoding") == "gzip") is compressed
    assert (gzip.decompress(body) if compressed else body) == text


def test_an_odd_path_reaches_the_api_as_it_was_asked_for(make_api: MakeApi) -> None:
    seen: list[tuple[str, str]] = []

    def note(environ: dict[str, Any]) -> Response:
        seen.append((environ["RAW_URI"], environ["QUERY_STRING"]))
        return Response("{}")

    api = make_api(note)
    for path in ("/videos/' OR 1=1", "/videos/\0", "/videos/\ufffd"):
        assert api.forward(Request.from_values("/api"), path).status_code == 200
    odd = Request.from_values("/api")
    odd.environ["QUERY_STRING"] = "cursor=\xe9 %2B"
    assert api.forward(Request(odd.environ), "/videos").status_code == 200
    assert [raw for raw, _ in seen[:3]] == [
        "/videos/%27%20OR%201%3D1", "/videos/%00", "/videos/%EF%BF%BD",
    ]  # fmt: skip
    assert seen[3][1] == "cursor=%E9%20%2B"


def test_a_wrong_content_length_never_reaches_the_api(make_api: MakeApi) -> None:
    api = make_api(lambda environ: Response(environ["CONTENT_LENGTH"]))
    odd = Request.from_values("/api", method="POST", headers={"Content-Length": "abc"})
    assert api.forward(odd, "/undo").get_data() == b"0"
