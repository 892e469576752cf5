"""What becomes of gates: Step Functions went on, nobody waits any more, or it may not have been told yet.

Never opens or releases one.
"""

from datetime import datetime

from heaters.catalog.connection import Connection
from heaters.catalog.review.gates import Gate, read_gate
from heaters.domain.states import GateState


def close_gate(connection: Connection, *, gate_id: int, state: GateState) -> bool:
    """Note that Step Functions went on (`resumed`) or that nobody waits (`gone`); False when noted before."""
    cursor = connection.execute(
        """
        UPDATE review_gates SET state = %(state)s, closed_at = now()
        WHERE gate_id = %(gate_id)s AND state IN ('open', 'released')
        """,
        {"gate_id": gate_id, "state": state},
    )
    return cursor.rowcount == 1


def close_gates_of_attempt(
    connection: Connection, *, video_id: str, attempt: int, ended_at: datetime | None
) -> int:
    """The execution of this attempt was over at `ended_at` (None: now): nobody waits at the gates that it had opened
    by then. Returns how many were closed.
    """
    cursor = connection.execute(
        """
        UPDATE review_gates SET state = 'gone', closed_at = now()
        WHERE video_id = %(video_id)s AND attempt = %(attempt)s AND state IN ('open', 'released')
          AND opened_at <= coalesce(%(ended_at)s, now())
        """,
        {"video_id": video_id, "attempt": attempt, "ended_at": ended_at},
    )
    return cursor.rowcount


def has_live_gate(connection: Connection, *, video_id: str, attempt: int) -> bool:
    """Whether the execution of this attempt waits at a gate."""
    row = connection.execute(
        """
        SELECT FROM review_gates
        WHERE video_id = %(video_id)s AND attempt = %(attempt)s AND state IN ('open', 'released')
        """,
        {"video_id": video_id, "attempt": attempt},
    ).fetchone()
    return row is not None


def list_unresumed_gates(connection: Connection, *, older_than_s: int) -> list[Gate]:
    """Gates released a while ago of which Step Functions may not have been told, oldest first."""
    rows = connection.execute(
        """
        SELECT * FROM review_gates
        WHERE state = 'released' AND released_at <= now() - make_interval(secs => %(older_than_s)s)
        ORDER BY released_at LIMIT 1000
        """,
        {"older_than_s": older_than_s},
    )
    return [read_gate(row) for row in rows]
