"""Keyset cursors as opaque text: the last row's sort key, so that a page costs the same however deep it is."""

import base64
import json
from collections.abc import Callable
from typing import Any, TypeVar

from heaters.domain.errors import InvalidRequest

T = TypeVar("T")


def cut_page(
    rows: list[T], limit: int, key: Callable[[T], tuple[str | int, ...]]
) -> tuple[list[T], str | None]:
    """The page, and the cursor of the next one, from rows of which one more than `limit` was asked for."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], write_cursor(key(rows[limit - 1]))


def write_cursor(key: tuple[str | int, ...]) -> str:
    return base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).decode().rstrip("=")


def read_cursor(cursor: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """The sort key that `write_cursor` was given. Raises InvalidRequest unless it has exactly these types."""
    if cursor is None:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError) as exc:
        raise refuse_cursor() from exc
    if not isinstance(key, list) or [type(part) for part in key] != list(kinds):
        raise refuse_cursor()
    if any(isinstance(part, int) and abs(part) >= 2**63 for part in key):
        raise refuse_cursor()
    if any(isinstance(part, str) and not _is_storable(part) for part in key):
        raise refuse_cursor()
    return tuple(key)


def _is_storable(text: str) -> bool:
    """Postgres takes no NUL and no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def refuse_cursor(*, of: str = "this list") -> InvalidRequest:
    """What to raise about a cursor that no page of ours gave."""
    return InvalidRequest(f"The cursor is not one of {of}; begin again without it.")
