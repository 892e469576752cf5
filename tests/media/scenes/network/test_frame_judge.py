"""Frames are judged the same in whatever pieces and at whatever speed they come."""

import time
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from heaters.domain.timebase import FrameRange
from heaters.media.scenes.network.cells import (
    CELL,
    STILL,
    Judgement,
    judge_rest,
    stride_of,
    with_probabilities,
)
from heaters.media.scenes.network.frame_judge import open_judge
from heaters.media.scenes.network.model import Judge
from heaters.media.scenes.scores import GRID_COLUMNS, GRID_ROWS, Scores

RATE = Fraction(25)


def near_sums(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A stand-in for the network that looks 25 frames to either side, as it does."""
    levels = frames[:, 0, 0, 0].astype(int)
    seen = np.convolve(levels, np.arange(1, 52), mode="same")
    return np.stack([seen % 251, seen % 241], axis=1).astype(np.uint8)


def frames_of(count: int, seed: int) -> NDArray[np.uint8]:
    random = np.random.default_rng(seed)
    return np.repeat(random.integers(0, 256, (count, 1, 1, 1), np.uint8), 27 * 48 * 3, axis=1).reshape(
        -1, 27, 48, 3
    )


def judge(
    network: Judge, frames: NDArray[np.uint8], rate: Fraction, part: FrameRange, *, skip: int = 0
) -> Judgement:
    end = len(frames)
    with open_judge(
        network, rate=rate, first_frame=part.start_frame, skip=skip, is_last=part.end_frame == end
    ) as judging:
        assert judging is not None
        for frame in frames[part.start_frame - skip : part.end_frame]:
            grid = np.full((GRID_ROWS, GRID_COLUMNS, 3), frame[0, 0, 0], np.uint8)
            judging.add(frame, grid)
        return judging.finish()


def scores_of(frames: NDArray[np.uint8], rate: Fraction) -> Scores:
    count = len(frames)
    return Scores(
        rate=rate,
        pixel_count=1,
        delta_sums=np.zeros((count, 3), np.uint32),
        grids=np.zeros((count, GRID_ROWS, GRID_COLUMNS, 3), np.uint8),
        energy=np.zeros(count, np.float32),
    )


def whole(network: Judge, frames: NDArray[np.uint8], rate: Fraction) -> NDArray[np.uint8]:
    judged = judge(network, frames, rate, FrameRange(start_frame=0, end_frame=len(frames)))
    levels = with_probabilities(scores_of(frames, rate), judged).probabilities
    assert levels is not None
    return levels


@given(
    count=st.integers(1, 900),
    borders=st.sets(st.integers(1, 899), max_size=4),
    rate=st.sampled_from([RATE, Fraction(50), Fraction(120)]),
    skip=st.integers(0, 40),
)
@settings(max_examples=25, deadline=None)
def test_pieces_are_judged_as_the_whole_is(count: int, borders: set[int], rate: Fraction, skip: int) -> None:
    frames = frames_of(count, seed=count)
    ends = [0, *sorted(border for border in borders if border < count), count]
    parts = [
        judge(near_sums, frames, rate, FrameRange(start_frame=a, end_frame=b), skip=min(skip, a))
        for a, b in pairwise(ends)
    ]
    scores = scores_of(frames, rate)
    joined = with_probabilities(scores, judge_rest(near_sums, parts, scores=scores)).probabilities
    assert joined is not None
    assert joined.tolist() == whole(near_sums, frames, rate).tolist()


@pytest.mark.parametrize("count", [40, CELL - 1, CELL, CELL + 1, CELL + 25, 3 * CELL])
def test_every_frame_is_judged(count: int) -> None:
    frames = frames_of(count, seed=1)
    padded = np.concatenate([frames[:1]] * 25 + [frames] + [frames[-1:]] * 25)
    expected = near_sums(padded)[25 : 25 + count]
    assert whole(near_sums, frames, RATE).tolist() == expected.tolist()


def test_at_high_rates_one_frame_in_several_is_judged_for_them_all() -> None:
    frames = frames_of(400, seed=2)
    levels = whole(near_sums, frames, Fraction(60))
    assert stride_of(Fraction(60)) == 2
    assert levels[::2].tolist() == levels[1::2].tolist() == whole(near_sums, frames[::2], RATE).tolist()


def test_a_slow_network_holds_the_frames_up_and_changes_nothing() -> None:
    frames = frames_of(4 * CELL, seed=3)

    def slow(some: NDArray[np.uint8]) -> NDArray[np.uint8]:
        time.sleep(0.05)
        return near_sums(some)

    assert whole(slow, frames, RATE).tolist() == whole(near_sums, frames, RATE).tolist()


def test_what_is_still_is_not_judged() -> None:
    """Nor is what moves less than any change of shot."""
    frames = np.full((2 * CELL, 27, 48, 3), 100, np.uint8)
    frames[1::2] += int(STILL) - 1
    assert not whole(lambda _: pytest.fail("judged"), frames, RATE).any()
    frames[400:] = 200
    assert whole(near_sums, frames, RATE)[375:425].any()


def test_a_network_that_fails_fails_the_pass() -> None:
    def broken(_: NDArray[np.uint8]) -> NDArray[np.uint8]:
        raise MemoryError("no room")

    with pytest.raises(MemoryError, match="no room"):
        whole(broken, frames_of(5 * CELL, seed=4), RATE)


def test_scores_with_and_without_probabilities_come_back_the_same() -> None:
    """Scores stored before there was a network are read as before."""
    scores = scores_of(frames_of(3, seed=5), RATE)
    assert Scores.from_bytes(scores.to_bytes()).probabilities is None
    judged = replace(scores, probabilities=np.arange(6, dtype=np.uint8).reshape(3, 2))
    back = Scores.from_bytes(judged.to_bytes()).probabilities
    assert back is not None
    assert back.tolist() == [[0, 1], [2, 3], [4, 5]]
