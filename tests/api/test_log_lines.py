"""The lines that the API writes for a machine to read."""

import importlib
import io
import json
import logging
import sys
from typing import Any

import pytest

from tests.api.api_client import load_app


@pytest.fixture
def written() -> Any:
    """`written(record arguments)`: the lines that a logger of the API's kind writes for them."""
    load_app()
    lines = importlib.import_module("chalicelib.log_lines")

    def write(message: str, *values: object, **more: Any) -> list[Any]:
        stream = io.StringIO()
        log = logging.Logger("api")
        log.addHandler(logging.StreamHandler(stream))
        lines.write_json_lines(log)
        log.warning(message, *values, **more)
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    return write


def test_a_message_is_one_line_of_json(written: Any) -> None:
    """Whatever is in it."""
    assert written('Gate "%s"\nof %s', "g", "v") == [{"level": "WARNING", "message": 'Gate "g"\nof v'}]


def test_fields_stand_beside_the_level(written: Any) -> None:
    """So that a query can name them."""
    assert written("{}", extra={"fields": {"status": 200}}) == [{"level": "WARNING", "status": 200}]


def test_what_was_raised_is_part_of_its_line(written: Any) -> None:
    """A traceback has many lines and would else be many entries."""
    try:
        raise LookupError("nothing there")
    except LookupError:
        (line,) = written("Failed", exc_info=sys.exc_info())
    assert "nothing there" in line["exception"]
    assert "Traceback" in line["exception"]


def test_the_api_writes_its_log_so() -> None:
    """The handler that Chalice gives it for standard output has the formatter."""
    app = load_app()
    shape = importlib.import_module("chalicelib.log_lines").JsonLine
    (handler,) = [handler for handler in app.log.handlers if type(handler) is logging.StreamHandler]
    assert type(handler.formatter).__name__ == shape.__name__
