"""Waiting for what other processes do: until a condition holds, and never longer than its deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")
PAUSE_S = 0.02


def wait_until(condition: Callable[[], T | None], what: str, deadline_s: float = 20) -> T:
    """The condition's first true value, or a failure that names `what` was waited for."""
    end_s = time.monotonic() + deadline_s
    while time.monotonic() < end_s:
        if value := condition():
            return value
        time.sleep(PAUSE_S)
    pytest.fail(f"waited {deadline_s} s in vain for {what}")
