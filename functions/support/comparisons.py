"""Looks for near-duplicates of clips that were embedded since the last time, a few clips a transaction."""

import time

from functions.support import runtime
from heaters.catalog.search.duplicates import compare_next_clips
from heaters.domain.errors import HeatersError

CLIPS_AT_ONCE = 50


def compare_waiting_clips(*, within_s: float) -> int:
    """Compare clips that wait for it until none is left or the time is up; returns how many.

    A failure is only logged: the clips keep waiting, and the sweeper goes on with them.
    """
    end_s, compared = time.monotonic() + within_s, 0
    try:
        while time.monotonic() < end_s:
            with runtime.catalog().transaction() as connection:
                done = compare_next_clips(connection, limit=CLIPS_AT_ONCE)
            if not done:
                break
            compared += done
    except HeatersError as exc:
        runtime.logger.warning("comparisons were put off", failure=exc.to_json())
    return compared
