"""Fixtures of the local cloud's tests: real processes, a small template, conditions with deadlines."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_cloud.machine.processes import Children
from tests.waiting import wait_until

WaitFor = Callable[..., Any]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder whose permissions pytest leaves alone: Postgres has to walk through it as another user."""
    with tempfile.TemporaryDirectory(prefix="heaters-test-") as name:
        yield Path(name)


@pytest.fixture
def wait_for() -> WaitFor:
    """`wait_for(condition, what)`: the condition's first true value, or a failure after its deadline."""

    return wait_until


@pytest.fixture
def children() -> Iterator[Children]:
    kept = Children()
    yield kept
    kept.close()


@pytest.fixture
def gone() -> Callable[[int], bool]:
    """Whether no living process has that number."""

    def check(pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
        except (FileNotFoundError, ProcessLookupError):
            return True

    return check
