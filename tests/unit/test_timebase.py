"""Frames and seconds: exact both ways, at every rate that real video has."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heaters.domain.errors import InvalidJob
from heaters.domain.timebase import (
    FrameRange,
    duration_to_frames,
    format_rate,
    frame_to_seconds,
    parse_rate,
    samples_in,
)

RATES = st.sampled_from(
    [
        Fraction(24),
        Fraction(25),
        Fraction(24000, 1001),
        Fraction(30000, 1001),
        Fraction(60000, 1001),
        Fraction(1, 3),
    ]
) | st.fractions(min_value=Fraction(1, 10), max_value=240).filter(lambda rate: rate > 0)
FRAMES = st.integers(0, 10**7)


@given(st.fractions(min_value=0, max_value=10**5), RATES)
def test_a_minimum_duration_is_kept_with_the_fewest_frames(seconds: Fraction, rate: Fraction) -> None:
    frames = duration_to_frames(seconds, rate)
    assert frame_to_seconds(frames, rate) >= seconds
    assert frames == 0 or frame_to_seconds(frames - 1, rate) < seconds


@given(RATES)
def test_a_rate_as_text_keeps_its_exact_value(rate: Fraction) -> None:
    assert parse_rate(format_rate(rate)) == rate


@pytest.mark.parametrize("text", ["", "0/0", "0", "-24", "1/0", "nan", "inf", "24fps", "24/1/1"])
def test_what_is_not_a_positive_rate_is_refused(text: str) -> None:
    with pytest.raises(InvalidJob):
        parse_rate(text)


@given(st.lists(st.integers(0, 10**6), min_size=3, max_size=6, unique=True), RATES)
def test_neighbouring_clips_share_every_audio_sample_exactly_once(edges: list[int], rate: Fraction) -> None:
    edges.sort()
    clips = [FrameRange(start_frame=a, end_frame=b) for a, b in pairwise(edges)]
    samples = [samples_in(clip, rate, 48_000) for clip in clips]
    assert [end for _, end in samples[:-1]] == [start for start, _ in samples[1:]]
    whole = samples_in(FrameRange(start_frame=edges[0], end_frame=edges[-1]), rate, 48_000)
    assert (samples[0][0], samples[-1][1]) == whole


@given(st.integers(-10, 100), st.integers(-10, 100))
def test_a_range_is_never_empty_and_never_negative(start: int, end: int) -> None:
    if 0 <= start < end:
        frames = FrameRange(start_frame=start, end_frame=end)
        assert frames.frame_count == len([f for f in range(-10, 101) if frames.contains(f)]) == end - start
    else:
        with pytest.raises(InvalidJob):
            FrameRange(start_frame=start, end_frame=end)
