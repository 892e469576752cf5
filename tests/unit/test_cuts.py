"""Cuts and segments: whatever is added, removed or moved, the segments partition the video."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heaters.domain.cuts import Cuts, add_cut, check_cuts, move_cut, remove_cut, segment_at, segments
from heaters.domain.errors import CutRefused


@st.composite
def cut_videos(draw: st.DrawFn, min_cuts: int = 0) -> tuple[Cuts, int]:
    """`(cuts, frame_count)` of a video."""
    frame_count = draw(st.integers(min_cuts + 1, 200))
    cuts = draw(st.sets(st.integers(1, max(frame_count - 1, 1)), min_size=min_cuts, max_size=12))
    return tuple(sorted(cut for cut in cuts if cut < frame_count)), frame_count


@given(cut_videos())
def test_segments_partition_the_video(video: tuple[Cuts, int]) -> None:
    cuts, frame_count = video
    frames = [f for s in segments(cuts, frame_count) for f in range(s.start_frame, s.end_frame)]
    assert frames == list(range(frame_count))
    assert len(segments(cuts, frame_count)) == len(cuts) + 1


@given(cut_videos(), st.data())
def test_the_segment_at_a_frame_is_the_one_that_holds_it(
    video: tuple[Cuts, int], data: st.DataObject
) -> None:
    cuts, frame_count = video
    frame = data.draw(st.integers(0, frame_count - 1))
    assert segment_at(cuts, frame_count, frame) == next(
        s for s in segments(cuts, frame_count) if s.contains(frame)
    )


@given(cut_videos(), st.integers(-5, 210))
def test_adding_a_cut_and_removing_it_is_the_identity(video: tuple[Cuts, int], frame: int) -> None:
    cuts, frame_count = video
    if frame in cuts or not 0 < frame < frame_count:
        with pytest.raises(CutRefused):
            add_cut(cuts, frame_count, frame)
    else:
        more = check_cuts(add_cut(cuts, frame_count, frame), frame_count)
        assert set(more) == {*cuts, frame}
        assert remove_cut(more, frame) == cuts


@given(cut_videos(min_cuts=1), st.data())
def test_removing_a_cut_merges_its_two_segments(video: tuple[Cuts, int], data: st.DataObject) -> None:
    cuts, frame_count = video
    frame = data.draw(st.sampled_from(cuts))
    left, right = segment_at(cuts, frame_count, frame - 1), segment_at(cuts, frame_count, frame)
    merged = segment_at(remove_cut(cuts, frame), frame_count, frame)
    assert (merged.start_frame, merged.end_frame) == (left.start_frame, right.end_frame)


@given(cut_videos(min_cuts=1), st.data())
def test_a_moved_cut_stays_between_its_neighbours_and_can_be_moved_back(
    video: tuple[Cuts, int], data: st.DataObject
) -> None:
    cuts, frame_count = video
    frame, to_frame = data.draw(st.sampled_from(cuts)), data.draw(st.integers(-3, frame_count + 3))
    around = segment_at(remove_cut(cuts, frame), frame_count, frame)
    if to_frame == frame or not around.start_frame < to_frame < around.end_frame:
        with pytest.raises(CutRefused):
            move_cut(cuts, frame_count, frame, to_frame)
    else:
        moved = check_cuts(move_cut(cuts, frame_count, frame, to_frame), frame_count)
        assert len(moved) == len(cuts)
        assert move_cut(moved, frame_count, to_frame, frame) == cuts


@pytest.mark.parametrize(
    ("cuts", "frame_count"),
    [((0,), 10), ((10,), 10), ((5, 5), 10), ((6, 5), 10), ((-1,), 10), ((), 0), ((), -3)],
)
def test_cuts_that_would_leave_an_empty_segment_are_refused(cuts: Cuts, frame_count: int) -> None:
    with pytest.raises(CutRefused):
        check_cuts(cuts, frame_count)


@pytest.mark.parametrize("frame", [-1, 10, 11])
def test_there_is_no_segment_outside_the_video(frame: int) -> None:
    with pytest.raises(CutRefused):
        segment_at((5,), 10, frame)


def test_a_cut_that_is_not_there_cannot_be_removed() -> None:
    with pytest.raises(CutRefused):
        remove_cut((5, 7), 6)
