"""When a gate is released."""

import pytest

from heaters.domain.review.gates import MOST_WAVES, ReleaseReason, gate_size, release_reason


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


@pytest.mark.parametrize("clip_count", [0, 1, 25, 400])
def test_a_gate_of_an_ordinary_video_asks_for_the_release_size(clip_count: int) -> None:
    assert gate_size(clip_count=clip_count, release_size=25) == 25


@pytest.mark.parametrize("clip_count", [401, 1_000, 10_000, 99_999])
def test_a_video_of_many_clips_fills_no_more_than_the_most_waves(clip_count: int) -> None:
    assert gate_size(clip_count=clip_count, release_size=25) * MOST_WAVES >= clip_count
