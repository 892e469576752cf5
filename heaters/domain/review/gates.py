"""When an execution that waits for reviewers may go on."""

from datetime import timedelta
from enum import StrEnum

MOST_WAVES = 16
"""Waves that a video fills of itself, so that its execution's history stays under 1,000 events: each adds about 50."""

HAND_OVER_AFTER = timedelta(days=330)
"""An execution that still waits after so long hands its gate over to a new one; it may not last a year."""


class ReleaseReason(StrEnum):
    """Why a gate was released. After REMINDER the same execution waits again, after HANDED_OVER the next one does."""

    ALL_DECIDED = "all_decided"
    ENOUGH_DECIDED = "enough_decided"
    ASKED = "asked"
    REMINDER = "reminder"
    HANDED_OVER = "handed_over"


def release_reason(
    *, pending_count: int, to_process_count: int, release_size: int, asked: bool = False
) -> ReleaseReason | None:
    """Why the gate should be released now, or None to go on waiting.

    `to_process_count` are clips approved or archived and not yet claimed. A skipped clip needs no wave, so it
    counts only in that it is no longer pending.
    """
    if pending_count == 0:
        return ReleaseReason.ALL_DECIDED
    if to_process_count >= release_size:
        return ReleaseReason.ENOUGH_DECIDED
    return ReleaseReason.ASKED if asked else None


def gate_size(*, clip_count: int, release_size: int) -> int:
    """Decided clips that release a gate: `release_size`, or more for a video of so many clips that it would need
    more than MOST_WAVES waves.
    """
    return max(release_size, -(-clip_count // MOST_WAVES))
