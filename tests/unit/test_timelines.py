"""Timecode and timelines: labels as SMPTE has them, and every frame number back out of every format."""

import contextlib
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import ceil

import opentimelineio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heaters.domain.errors import CutRefused
from heaters.domain.states import ClipState
from heaters.domain.timebase import FrameRange
from heaters.domain.timelines.formats import TimelineFormat, cuts_between, read_ranges, write_timeline
from heaters.domain.timelines.timecode import format_timecode, parse_timecode
from heaters.domain.timelines.timeline import Timeline, TimelineClip

RATES = [
    Fraction(rate)
    for rate in ("24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001", "120", "25/2")
]
READABLE = [form for form in TimelineFormat if form.file.read]
NTSC, FILM = Fraction(30000, 1001), Fraction(24000, 1001)


def _timeline(cuts: list[int], rate: Fraction, title: str = "raw.mp4") -> Timeline:
    clips = tuple(
        TimelineClip(
            clip_id=f"c{start}",
            frames=FrameRange(start_frame=start, end_frame=end),
            state=ClipState.REVIEW_SKIPPED if start % 2 else ClipState.REVIEW_APPROVED,
        )
        for start, end in pairwise(cuts)
    )
    return Timeline(title=title, rate=rate, clips=clips)


@pytest.mark.parametrize(
    ("frame", "rate", "text"),
    [
        (1799, NTSC, "00:00:59;29"), (1800, NTSC, "00:01:00;02"), (17981, NTSC, "00:09:59;29"),
        (17982, NTSC, "00:10:00;00"), (107892, NTSC, "01:00:00;00"), (2589408, NTSC, "24:00:00;00"),
        (3600, Fraction(60000, 1001), "00:01:00;04"), (215784, Fraction(60000, 1001), "01:00:00;00"),
        (1439, FILM, "00:00:59:23"), (1440, FILM, "00:01:00:00"), (86400, FILM, "01:00:00:00"),
        (90000, Fraction(25), "01:00:00:00"), (108000, Fraction(30), "01:00:00:00"),
    ],
)  # fmt: skip
def test_timecode_is_as_smpte_has_it(frame: int, rate: Fraction, text: str) -> None:
    assert format_timecode(frame, rate) == text
    assert parse_timecode(text, rate) == frame


def test_drop_frame_keeps_up_with_the_clock_and_23_976_does_not() -> None:
    """After an hour of labels, 3.6 s of real time have been lost at 23.976."""
    assert abs(parse_timecode("01:00:00;00", NTSC) / NTSC - 3600) < Fraction(1, 200)
    assert parse_timecode("01:00:00:00", FILM) / FILM - 3600 == Fraction(36, 10)


@given(st.integers(0, 20_000_000), st.sampled_from(RATES))
def test_every_frame_has_a_timecode_of_its_own(frame: int, rate: Fraction) -> None:
    assert parse_timecode(format_timecode(frame, rate), rate) == frame


def test_labels_that_drop_frame_leaves_out_are_refused() -> None:
    for text in ("00:01:00;00", "00:01:00;01", "00:59:00;01"):
        with pytest.raises(CutRefused, match="has no"):
            parse_timecode(text, NTSC)


@pytest.mark.parametrize("text", ["", "1:2:3:4", "00:00:00:24", "00:60:00:00", "00:00:00", "-0:00:00:00"])
def test_what_is_not_a_timecode_is_refused(text: str) -> None:
    with pytest.raises(CutRefused, match="not a timecode"):
        parse_timecode(text, FILM)


@given(
    st.sets(st.integers(1, 3_000_000), min_size=1, max_size=30),
    st.sampled_from(RATES),
    st.sampled_from(READABLE),
    st.text(max_size=30),
)
def test_a_round_trip_keeps_every_frame_number(
    edges: set[int], rate: Fraction, form: TimelineFormat, title: str
) -> None:
    timeline = _timeline([0, *sorted(edges)], rate, title)
    ranges = read_ranges(write_timeline(timeline, form), form, rate=rate)
    assert ranges == [clip.frames for clip in timeline.clips]
    assert cuts_between(ranges, max(edges)) == tuple(sorted(edges)[:-1])


def test_an_edl_says_whether_it_drops_frames_and_is_read_so() -> None:
    assert "FCM: DROP FRAME" in write_timeline(_timeline([0, 1800], NTSC), TimelineFormat.EDL)
    assert "FCM: NON-DROP FRAME" in write_timeline(_timeline([0, 1800], FILM), TimelineFormat.EDL)
    edl = "FCM: NON-DROP FRAME\n001  AX V C 00:00:00:00 00:01:00:00 00:00:00:00 00:01:00:00\n"
    assert read_ranges(edl, TimelineFormat.EDL, rate=NTSC) == [FrameRange(start_frame=0, end_frame=1800)]


@pytest.mark.parametrize("rate", RATES)
def test_opentimelineio_reads_the_same_frames_and_writes_what_we_read(rate: Fraction) -> None:
    timeline = _timeline([0, 11, 1800, 107892], rate, "raw \u00e9.mp4")
    witness = opentimelineio.adapters.read_from_string(
        write_timeline(timeline, TimelineFormat.OTIO), "otio_json"
    )
    clips = list(witness.find_clips())
    assert [clip.enabled for clip in clips] == [True, False, True]
    assert [clip.range_in_parent() for clip in clips] == [clip.source_range for clip in clips]
    again = opentimelineio.adapters.write_to_string(witness, "otio_json")
    ours = [clip.frames for clip in timeline.clips]
    assert read_ranges(again, TimelineFormat.OTIO, rate=rate) == ours


@given(
    st.integers(0, 10_000_000), st.sampled_from(["24000/1001", "24", "25", "30000/1001", "30", "60000/1001"])
)
def test_opentimelineio_gives_a_frame_the_same_timecode(frame: int, text: str) -> None:
    rate = Fraction(text)
    witness = opentimelineio.opentime.RationalTime(frame % (ceil(rate) * 80_000), float(rate))
    assert format_timecode(int(witness.value), rate) == witness.to_timecode(float(rate), drop_frame=None)


def test_an_edl_is_laid_out_as_cmx3600() -> None:
    lines = write_timeline(_timeline([0, 24, 48], FILM, "a\nb"), TimelineFormat.EDL).splitlines()
    assert lines[0] == "TITLE: a b"
    assert lines[3] == "001  AX       V     C        00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00"


@pytest.mark.parametrize("edges", [[(0, 10), (11, 20)], [(0, 10), (9, 20)], [(1, 20)], [(0, 19)], []])
def test_clips_that_are_not_the_whole_video_are_refused(edges: list[tuple[int, int]]) -> None:
    with pytest.raises(CutRefused):
        cuts_between([FrameRange(start_frame=a, end_frame=b) for a, b in edges], 20)


@given(st.text(max_size=200), st.sampled_from(READABLE))
def test_what_is_no_timeline_is_refused_or_empty(text: str, form: TimelineFormat) -> None:
    with contextlib.suppress(CutRefused):
        assert read_ranges(text, form, rate=FILM) == []


def test_a_format_that_is_only_written_is_refused_when_it_comes_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TimelineFormat.EDL, "file", replace(TimelineFormat.EDL.file, read=None))
    assert write_timeline(_timeline([0, 10], FILM), TimelineFormat.EDL)
    with pytest.raises(CutRefused, match="edl does not hold every frame"):
        read_ranges("", TimelineFormat.EDL, rate=FILM)


def test_no_two_formats_share_a_name_and_each_is_found_by_its_own() -> None:
    """An enumeration takes a second row of the same value for another name of the first."""
    assert len(TimelineFormat.__members__) == len(TimelineFormat)
    by_value = TimelineFormat._value2member_map_
    assert [by_value[form.file.name] for form in TimelineFormat] == list(TimelineFormat)


def test_a_timeline_of_another_rate_is_refused() -> None:
    text = write_timeline(_timeline([0, 10], Fraction(25)), TimelineFormat.OTIO)
    with pytest.raises(CutRefused, match=r"counts 25\.0 frames"):
        read_ranges(text, TimelineFormat.OTIO, rate=FILM)
