"""Facts of clips are those of their frames, however they are cut, and come at once."""

import time
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heaters.domain.errors import InvalidJob
from heaters.domain.timebase import FrameRange
from heaters.media.facts.frame_facts import ROW, FrameFacts
from heaters.media.facts.range_facts import SPREAD, facts_of_ranges

RATE = Fraction(25)


def make_facts(frame_count: int, seed: int = 0) -> FrameFacts:
    random = np.random.default_rng(seed)
    rows = np.zeros(frame_count, ROW)
    for name in SPREAD:
        rows[name] = random.random(frame_count)
    rows["borders"] = random.random((frame_count, 4)) / 4
    return FrameFacts(rate=RATE, rows=rows)


def facts_with(name: str, values: list[Any]) -> FrameFacts:
    facts = make_facts(len(values))
    facts.rows[name] = values
    return facts


def frames(start: int, end: int) -> FrameRange:
    return FrameRange(start_frame=start, end_frame=end)


FACTS = make_facts(60)
RANGES = st.tuples(st.integers(0, 59), st.integers(0, 59)).map(lambda ends: frames(min(ends), max(ends) + 1))


@given(st.lists(RANGES, max_size=8))
def test_each_range_has_the_mean_and_the_extremes_of_its_own_frames(ranges: list[FrameRange]) -> None:
    found = facts_of_ranges(FACTS, ranges)
    for number, each in enumerate(ranges):
        inside = slice(each.start_frame, each.end_frame)
        for name in set(SPREAD) - {"motion"}:
            values = FACTS.rows[name][inside].astype(np.float64)
            assert found.mean[name][number] == pytest.approx(values.mean())
            assert found.lowest[name][number] == values.min()
            assert found.highest[name][number] == values.max()
        top, bottom, left, right = FACTS.rows["borders"][inside].astype(np.float64).min(axis=0)
        assert found.letterbox[number] == pytest.approx(1 - (1 - top - bottom) * (1 - left - right))


def test_the_cut_with_which_a_clip_begins_is_no_motion_of_it() -> None:
    facts = facts_with("motion", [0, 0.25, 0.25, 1, 0.5, 0.25])
    found = facts_of_ranges(facts, [frames(0, 3), frames(3, 6), frames(3, 4)])
    assert found.mean["motion"].tolist() == [0.25 * 25, 0.375 * 25, 0]
    assert found.highest["motion"].tolist() == [0.25 * 25, 0.5 * 25, 0]


def test_black_frames_say_nothing_of_bars() -> None:
    black = [1, 1, 1, 1]
    facts = facts_with("borders", [black, [0.125, 0.125, 0, 0], [0.25, 0.125, 0, 0], black])
    found = facts_of_ranges(facts, [frames(0, 4), frames(2, 4), frames(3, 4)])
    assert found.letterbox.tolist() == [0.25, 0.375, 0]


def test_ten_thousand_clips_of_five_hours_take_a_moment() -> None:
    facts = make_facts(450_000)
    cuts = np.sort(np.random.default_rng(1).choice(np.arange(1, 450_000), 9_999, replace=False)).tolist()
    ranges = [frames(start, end) for start, end in pairwise([0, *cuts, 450_000])]
    began_s = time.process_time()
    found = facts_of_ranges(facts, ranges)
    assert time.process_time() - began_s < 0.5
    assert len(found.letterbox) == 10_000


@pytest.mark.parametrize("outside", [frames(50, 61), frames(60, 61)])
def test_a_range_outside_the_video_is_refused(outside: FrameRange) -> None:
    with pytest.raises(InvalidJob, match="outside the 60 frames"):
        facts_of_ranges(FACTS, [frames(0, 60), outside])
