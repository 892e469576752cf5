"""Detecting scenes anew: what nobody has reviewed gets new cuts, and nothing else changes."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heaters.domain.cuts import Cuts, check_cuts, redraw_cuts, segments
from heaters.domain.review.plans import ClipRecord, Condition
from heaters.domain.review.redetection import Kept, KeptPart, Redetection, redetect
from heaters.domain.states import ClipState
from heaters.domain.timebase import FrameRange

REASONS = (None, None, *Kept)
STATES = [state for state in ClipState if state not in {ClipState.PENDING_REVIEW, ClipState.SUPERSEDED}]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A video under review, and why each of its clips stays (None: it does not)."""

    live: list[ClipRecord]
    reasons: list[Kept | None]
    proposed: Cuts
    min_frames: int

    @property
    def frame_count(self) -> int:
        return self.live[-1].frames.end_frame

    @property
    def protected(self) -> list[FrameRange]:
        return [clip.frames for clip, why in zip(self.live, self.reasons, strict=True) if why]

    def redetect(self) -> Redetection:
        return redetect(
            self.live,
            self.proposed,
            cut_by_hand=self._ids(Kept.CUT_BY_HAND),
            with_somebody=self._ids(Kept.WITH_SOMEBODY),
            min_frames=self.min_frames,
        )

    def _ids(self, reason: Kept) -> list[str]:
        return [clip.clip_id for clip, why in zip(self.live, self.reasons, strict=True) if why is reason]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    frame_count = draw(st.integers(1, 120))
    cuts = st.sets(st.integers(1, max(frame_count - 1, 1)), max_size=12).map(
        lambda drawn: tuple(sorted(cut for cut in drawn if cut < frame_count))
    )
    ranges = segments(draw(cuts), frame_count)
    reasons = [draw(st.sampled_from(REASONS)) for _ in ranges]
    live = [
        _clip(number, frames, draw(st.sampled_from(STATES)) if why is Kept.DECIDED else None)
        for number, (frames, why) in enumerate(zip(ranges, reasons, strict=True))
    ]
    return Case(live=live, reasons=reasons, proposed=draw(cuts), min_frames=draw(st.integers(1, 15)))


def _clip(number: int, frames: FrameRange, state: ClipState | None = None) -> ClipRecord:
    return ClipRecord(
        clip_id=f"c{number}",
        video_id="v",
        frames=frames,
        condition=Condition(state=state or ClipState.PENDING_REVIEW),
        version=1,
    )


def _range(start: int, end: int) -> FrameRange:
    return FrameRange(start_frame=start, end_frame=end)


@given(cases())
def test_the_video_stays_whole_and_every_reviewed_clip_stays_as_it_is(case: Case) -> None:
    found = case.redetect()
    wanted = segments(check_cuts(found.cuts, case.frame_count), case.frame_count)
    assert set(case.protected) <= set(wanted)


@given(cases())
def test_what_nobody_has_reviewed_is_cut_where_it_is_proposed_and_nowhere_else(case: Case) -> None:
    found, edges = case.redetect(), {0, case.frame_count}
    edges |= {edge for frames in case.protected for edge in (frames.start_frame, frames.end_frame)}
    inner = edges - {0, case.frame_count}
    free = [
        cut for cut in case.proposed if not any(f.start_frame < cut < f.end_frame for f in case.protected)
    ]
    wanted = {cut for cut in free if all(abs(cut - edge) >= case.min_frames for edge in inner)}
    assert set(found.cuts) - inner == wanted - inner


@given(cases())
def test_detecting_twice_changes_nothing_the_second_time(case: Case) -> None:
    found = case.redetect()
    kept = {clip.frames: clip for clip, why in zip(case.live, case.reasons, strict=True) if why}
    reasons = {clip.frames: why for clip, why in zip(case.live, case.reasons, strict=True) if why}
    ranges = segments(found.cuts, case.frame_count)
    live = [kept.get(frames, _clip(900 + n, frames)) for n, frames in enumerate(ranges)]
    again = replace(case, live=live, reasons=[reasons.get(frames) for frames in ranges]).redetect()
    assert again.changes_nothing
    assert again.cuts == found.cuts
    assert again.kept == found.kept


@given(cases())
def test_added_and_removed_cuts_lead_from_the_old_cuts_to_the_new(case: Case) -> None:
    found, old = case.redetect(), {clip.frames.start_frame for clip in case.live} - {0}
    assert (old - set(found.removed)) | set(found.added) == set(found.cuts)
    assert not old & set(found.added)
    assert set(found.removed) <= old


@given(cases())
def test_every_clip_that_stays_is_in_one_part_with_its_reason(case: Case) -> None:
    kept = case.redetect().kept
    for clip, why in zip(case.live, case.reasons, strict=True):
        parts = [part for part in kept if part.frames.contains(clip.frames.start_frame)]
        assert [part.because for part in parts] == ([why] if why else [])
    assert sum(part.clip_count for part in kept) == len(case.protected)


def test_neighbours_that_stay_for_the_same_reason_are_one_part() -> None:
    live = [_clip(n, frames) for n, frames in enumerate(segments((10, 20, 30), 40))]
    found = redetect(live, (5, 35), cut_by_hand=["c1", "c2"], with_somebody=[], min_frames=1)
    assert found.kept == (KeptPart(frames=_range(10, 30), clip_count=2, because=Kept.CUT_BY_HAND),)
    assert found.cuts == (5, 10, 20, 30, 35)


@pytest.mark.parametrize(
    ("proposed", "cuts"),
    [((39, 61), (40, 60)), ((30, 70), (30, 40, 60, 70)), ((31, 69), (40, 60)), ((1, 99), (1, 40, 60, 99))],
)
def test_a_new_cut_keeps_its_distance_from_reviewed_clips_but_not_from_the_videos_ends(
    proposed: Cuts, cuts: Cuts
) -> None:
    assert redraw_cuts(proposed, protected=[_range(40, 60)], frame_count=100, min_frames=10) == cuts
