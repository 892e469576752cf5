"""Review gates: where an execution waits for reviewers. `open` → `released` (they are done) → `resumed`.

A gate is released in the transaction of the decision that fills it; telling Step Functions follows the commit
(`heaters.intake.executions.resume_gate`) and is repeated by the sweeper when it was lost. Everything here first locks
the video, so that a gate that opens and a last decision made at the same moment cannot miss each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from heaters.catalog.connection import Connection
from heaters.catalog.videos import lock_video
from heaters.catalog.waves import find_unfinished_wave
from heaters.domain.errors import TransitionRefused
from heaters.domain.review.gates import ReleaseReason, gate_size, release_reason
from heaters.domain.states import GateState


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A gate; `reason` once it is released, with a `reminder` where that is the reason."""

    gate_id: int
    video_id: str
    attempt: int
    token: str
    release_size: int
    state: GateState
    reason: ReleaseReason | None
    reminder: Mapping[str, Any] | None = None


def open_gate(connection: Connection, *, video_id: str, attempt: int, token: str, release_size: int) -> Gate:
    """Store the token; release the gate at once when there is nothing to wait for, or when an earlier attempt left
    a wave unfinished: its clips need no reviewer any more. The same token gives the same gate. Raises
    TransitionRefused for an attempt that a later one has replaced.
    """
    video = lock_video(connection, video_id)
    if video.attempt != attempt:
        raise TransitionRefused(
            f"Video {video_id} is at attempt {video.attempt}; attempt {attempt} cannot wait."
        )
    _close_earlier_gates(connection, video_id=video_id, attempt=attempt, token=token)
    size = gate_size(clip_count=_count_live_clips(connection, video_id), release_size=release_size)
    _insert_gate(connection, video_id=video_id, attempt=attempt, token=token, release_size=size)
    return (
        release_locked(connection, video_id=video_id)
        or _release_for_wave(connection, video_id)
        or _gate_of_token(connection, token)
    )


def release_if_due(
    connection: Connection, *, video_id: str, asked: bool = False, released_by: str | None = None
) -> Gate | None:
    """Release the video's open gate if its conditions hold, or if a reviewer `asked`.

    Call it last in the transaction that decided clips. Returns the gate released now, or None; the caller hands
    it to `heaters.intake.executions.resume_gate` after the commit.
    """
    lock_video(connection, video_id)
    return release_locked(connection, video_id=video_id, asked=asked, released_by=released_by)


def release_locked(
    connection: Connection, *, video_id: str, asked: bool = False, released_by: str | None = None
) -> Gate | None:
    """`release_if_due` for a caller who holds the video's lock."""
    found = _count_behind_open_gate(connection, video_id)
    if found is None:
        return None
    reason = release_reason(
        pending_count=found["pending"],
        to_process_count=found["to_process"],
        release_size=found["release_size"],
        asked=asked,
    )
    if reason is None:
        return None
    return _release(connection, gate_id=found["gate_id"], reason=reason, released_by=released_by)


def release_to_remind(connection: Connection, *, video_id: str, reminder: Mapping[str, Any]) -> Gate | None:
    """Let the execution send `reminder` and come back to wait; None where no gate is open.

    The caller holds the video's lock.
    """
    gate = _open_gate_of(connection, video_id)
    if gate is None:
        return None
    return _release(connection, gate_id=gate.gate_id, reason=ReleaseReason.REMINDER, reminder=reminder)


def release_to_hand_over(connection: Connection, *, video_id: str, attempt: int) -> Gate | None:
    """Let the execution of this attempt end, so that the next one waits in its place; None where it does not wait."""
    lock_video(connection, video_id)
    gate = _open_gate_of(connection, video_id)
    if gate is None or gate.attempt != attempt:
        return None
    return _release(connection, gate_id=gate.gate_id, reason=ReleaseReason.HANDED_OVER)


def list_videos_at_full_gates(connection: Connection) -> list[str]:
    """Videos whose open gate has nothing pending behind it any more."""
    rows = connection.execute(
        """
        SELECT gate.video_id FROM review_gates gate
        WHERE gate.state = 'open' AND NOT EXISTS (
            SELECT FROM clips WHERE clips.video_id = gate.video_id AND clips.state = 'pending_review'
        )
        ORDER BY gate.gate_id LIMIT 1000
        """
    )
    return [row["video_id"] for row in rows]


def _close_earlier_gates(connection: Connection, *, video_id: str, attempt: int, token: str) -> None:
    """An execution that asks for a new gate has left its last one; one of an earlier attempt is dead."""
    connection.execute(
        """
        UPDATE review_gates
        SET state = CASE WHEN attempt = %(attempt)s AND state = 'released' THEN 'resumed' ELSE 'gone'
                    END::gate_state,
            closed_at = now()
        WHERE video_id = %(video_id)s AND token <> %(token)s AND state IN ('open', 'released')
        """,
        {"video_id": video_id, "attempt": attempt, "token": token},
    )


def _insert_gate(
    connection: Connection, *, video_id: str, attempt: int, token: str, release_size: int
) -> None:
    connection.execute(
        """
        INSERT INTO review_gates (video_id, attempt, token, release_size)
        VALUES (%(video_id)s, %(attempt)s, %(token)s, %(release_size)s)
        ON CONFLICT (token) DO NOTHING
        """,
        {"video_id": video_id, "attempt": attempt, "token": token, "release_size": release_size},
    )


def _release_for_wave(connection: Connection, video_id: str) -> Gate | None:
    gate = _open_gate_of(connection, video_id)
    if gate is None or find_unfinished_wave(connection, video_id) is None:
        return None
    return _release(connection, gate_id=gate.gate_id, reason=ReleaseReason.ENOUGH_DECIDED)


def _count_live_clips(connection: Connection, video_id: str) -> int:
    row = connection.execute(
        "SELECT count(*) AS n FROM clips WHERE video_id = %(video_id)s AND state <> 'superseded'",
        {"video_id": video_id},
    ).fetchone()
    return int(row["n"]) if row else 0


def _gate_of_token(connection: Connection, token: str) -> Gate:
    row = connection.execute(
        "SELECT * FROM review_gates WHERE token = %(token)s", {"token": token}
    ).fetchone()
    if row is None:
        raise TransitionRefused("The gate that was just opened is gone; try again.")
    return read_gate(row)


def _open_gate_of(connection: Connection, video_id: str) -> Gate | None:
    row = connection.execute(
        "SELECT * FROM review_gates WHERE video_id = %(video_id)s AND state = 'open' FOR UPDATE",
        {"video_id": video_id},
    ).fetchone()
    return read_gate(row) if row else None


def _count_behind_open_gate(connection: Connection, video_id: str) -> dict[str, Any] | None:
    """`pending` is 0 or 1 and `to_process` at most the release size: more would tell nothing more."""
    return connection.execute(
        """
        SELECT gate_id, release_size,
            (SELECT count(*) FROM (
                SELECT FROM clips WHERE video_id = %(video_id)s AND state = 'pending_review' LIMIT 1
            ) AS found) AS pending,
            (SELECT count(*) FROM (
                SELECT FROM clips
                WHERE video_id = %(video_id)s AND state IN ('review_approved', 'review_archived')
                LIMIT gate.release_size
            ) AS found) AS to_process
        FROM review_gates gate WHERE video_id = %(video_id)s AND state = 'open' FOR UPDATE OF gate
        """,
        {"video_id": video_id},
    ).fetchone()


def _release(
    connection: Connection,
    *,
    gate_id: int,
    reason: ReleaseReason,
    released_by: str | None = None,
    reminder: Mapping[str, Any] | None = None,
) -> Gate | None:
    row = connection.execute(
        """
        UPDATE review_gates
        SET state = 'released', reason = %(reason)s, released_by = %(released_by)s, released_at = now(),
            reminder = %(reminder)s
        WHERE gate_id = %(gate_id)s AND state = 'open'
        RETURNING *
        """,
        {
            "gate_id": gate_id,
            "reason": reason,
            "released_by": released_by,
            "reminder": Jsonb(dict(reminder)) if reminder else None,
        },
    ).fetchone()
    return read_gate(row) if row else None


def read_gate(row: dict[str, Any]) -> Gate:
    """A row of `review_gates`."""
    return Gate(
        gate_id=row["gate_id"],
        video_id=row["video_id"],
        attempt=row["attempt"],
        token=row["token"],
        release_size=row["release_size"],
        state=GateState(row["state"]),
        reason=ReleaseReason(row["reason"]) if row["reason"] else None,
        reminder=row["reminder"],
    )
