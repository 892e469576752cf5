"""When a gate is released."""

import pytest

from heaters.domain.gate import ReleaseReason, release_reason


@pytest.mark.parametrize(
    ("pending", "to_process", "asked", "reason"),
    [
        (0, 0, False, ReleaseReason.ALL_DECIDED),
        (0, 30, True, ReleaseReason.ALL_DECIDED),
        (1, 24, False, None),
        (1, 25, False, ReleaseReason.ENOUGH_DECIDED),
        (1, 0, True, ReleaseReason.ASKED),
        (1, 0, False, None),
    ],
)
def test_a_gate_is_released_when_reviewers_are_done_have_done_enough_or_ask(
    pending: int, to_process: int, asked: bool, reason: ReleaseReason | None
) -> None:
    found = release_reason(pending_count=pending, to_process_count=to_process, release_size=25, asked=asked)
    assert found is reason
