"""Requests that a client may repeat under a key of its own, and what the first one was answered.

Nothing here keeps two requests with one key from running at once: what they create follows from the key, so that
both create the same.
"""

from heaters.catalog.connection import Connection
from heaters.domain.errors import KeyReused

KEPT_H = 24
"""How long a key is remembered."""


def remember_request(connection: Connection, *, reviewer: str, key: str, request_hash: str) -> str | None:
    """Note the request, unless it is known; what it was answered then, None where it has not been answered yet.

    Raises KeyReused where the key stands for a different request.
    """
    _forget_old_requests(connection)
    named = {"reviewer": reviewer, "key": key, "request_hash": request_hash}
    connection.execute(
        """
        INSERT INTO idempotency_keys (reviewer, key, request_hash)
        VALUES (%(reviewer)s, %(key)s, %(request_hash)s) ON CONFLICT DO NOTHING
        """,
        named,
    )
    row = connection.execute(
        """
        SELECT request_hash, response FROM idempotency_keys
        WHERE reviewer = %(reviewer)s AND key = %(key)s
        """,
        named,
    ).fetchone()
    if row is None:
        return None
    if row["request_hash"] != request_hash:
        raise KeyReused(f"The key {key} stands for a different request; choose a new key for this one.")
    response: str | None = row["response"]
    return response


def remember_response(connection: Connection, *, reviewer: str, key: str, response: str) -> None:
    """Note what the request was answered."""
    connection.execute(
        """
        UPDATE idempotency_keys SET response = %(response)s WHERE reviewer = %(reviewer)s AND key = %(key)s
        """,
        {"reviewer": reviewer, "key": key, "response": response},
    )


def _forget_old_requests(connection: Connection) -> None:
    connection.execute(
        "DELETE FROM idempotency_keys WHERE created_at < now() - make_interval(hours => %(hours)s)",
        {"hours": KEPT_H},
    )
