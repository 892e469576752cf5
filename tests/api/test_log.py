"""The log of the API: a line for each request, found by the id that its answer carries."""

import json
import logging
from collections.abc import Iterator

import pytest

from tests.api.api_client import Api


class Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture
def lines(api: Api) -> Iterator[list[str]]:
    handler = Lines()
    api.app.log.addHandler(handler)
    yield handler.lines
    api.app.log.removeHandler(handler)


@pytest.mark.parametrize(
    ("path", "route", "status"),
    [
        ("/videos", "/videos", 200),
        ("/clips/none", "/clips/{clip_id}", 404),
        ("/videos?limit=0", "/videos", 400),
    ],
)
def test_every_answer_carries_the_id_of_its_line(
    api: Api, lines: list[str], path: str, route: str, status: int
) -> None:
    answer = api.get(path)
    (line,) = map(json.loads, lines)
    assert answer.headers["X-Request-Id"] == line["request_id"]
    assert (line["method"], line["route"], line["status"]) == ("GET", route, status)
    assert line["person"] == "ann"
    assert line["ids"] == ({"clip_id": "none"} if "clips" in path else {})
    assert line["ms"] >= 0


def test_a_failure_inside_has_its_line_too(
    api: Api, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("inside")

    monkeypatch.setattr("heaters.catalog.listing.get_clip", fail)
    answer = api.get("/clips/none")
    assert json.loads(lines[-1])["request_id"] == answer.headers["X-Request-Id"]
    assert json.loads(lines[-1])["status"] == 500
