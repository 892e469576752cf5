"""What a proxy will be follows from facts alone."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from heaters.media.proxy.command import filter_graph, proxy_arguments
from heaters.media.proxy.plan import may_be_proxy, plan_proxy
from heaters.media.proxy.rate import choose_rate
from heaters.media.proxy.size import Size, fit_proxy, fit_scores
from heaters.media.proxy.sound_command import sound_graph
from heaters.media.proxy.sound_plan import SoundPlan, describe_sound
from heaters.media.source.facts import FrameTimes
from tests.media.source.facts import AUDIO, VIDEO, source_with

F = Fraction
TWO_SECONDS = F(59, 30)
"""From the first of sixty frames to the last, at 30 a second."""


def times(usual_step_s: Fraction, *, even: bool = False, span_s: Fraction = TWO_SECONDS) -> FrameTimes:
    """Of sixty frames on a clock of milliseconds."""
    return FrameTimes(
        count=60, first_s=0.0, span_s=span_s, tick_s=F(1, 1000), is_even=even, usual_step_s=usual_step_s,
        usual_share=1.0, last_lasts_s=F(0),
    )  # fmt: skip


RATES = {
    "constant": (F(24), F(24), F(24), True),
    "constant and unusual": (F(179, 6), F(179, 6), F(179, 6), True),
    "a header that could not hold 60000/1001": (F(19001, 317), F(19001, 317), F(60000, 1001), True),
    "the last frame shown a little longer": (F(30), F(2998, 100), F(30), True),
    "fields counted as frames": (F(50), F(25), F(25), True),
    "a phone that left frames out": (F(30), F(23), F(30), False),
    "a clock of milliseconds": (F(1000), F(2997, 100), F(30000, 1001), False),
    "a clock of ninety thousands": (F(90000), F(27), F(30000, 1001), False),
    "high speed": (F(240), F(240), F(240), True),
    "higher than any screen": (F(1000), F(1000), F(1000), True),
    "higher than any camera": (F(2000), F(2000), F(60), False),
    "a slide show": (F(1, 5), F(1, 5), F(1), True),
    "nothing said": (F(0), F(0), F(25), False),
    "no average said": (F(30), F(0), F(30), False),
}

SIZES = {
    "as it is": ((1280, 720), (1280, 720)),
    "odd": ((161, 121), (160, 120)),
    "4K": ((3840, 2160), (1920, 1080)),
    "4K upright": ((2160, 3840), (1080, 1920)),
    "wide": ((4096, 1716), (1920, 804)),
    "square": ((4000, 4000), (1080, 1080)),
    "one pixel": ((1, 1), (2, 2)),
}


@pytest.mark.parametrize("case", RATES)
def test_the_rate_suits_every_frame(case: str) -> None:
    base, average, rate, is_even = RATES[case]
    assert choose_rate(replace(VIDEO, base_rate=base, average_rate=average)) == (rate, is_even)


TIMED = {
    "fields counted as frames, which the times deny": (
        F(60),
        F(30),
        times(F(1, 60), span_s=F(59, 30)),
        F(60),
        False,
    ),
    "a second of milliseconds, doubled by the header": (
        F(60),
        F(30),
        times(F(33, 1000), even=True),
        F(30),
        True,
    ),
    "30 frames on a clock of milliseconds": (
        F(1000),
        F(1000, 33),
        times(F(33, 1000), even=True),
        F(30),
        True,
    ),
    "no standard rate": (F(0), F(0), times(F(1, 13), even=True, span_s=F(59, 13)), F(13), True),
    "a thousand frames a second": (
        F(1000),
        F(1000),
        times(F(1, 1000), even=True, span_s=F(59, 1000)),
        F(1000),
        True,
    ),
    "mostly 120 a second": (F(120), F(90), times(F(1, 120), span_s=F(2)), F(120), False),
}


@pytest.mark.parametrize("case", TIMED)
def test_the_times_of_all_frames_outweigh_the_header(case: str) -> None:
    base, average, found, rate, is_even = TIMED[case]
    assert choose_rate(replace(VIDEO, base_rate=base, average_rate=average, times=found)) == (rate, is_even)


def test_the_rate_of_a_broadcast_is_what_nearly_all_its_frames_keep() -> None:
    video = replace(VIDEO, base_rate=F(375), average_rate=F(25), steady_rate=F(25))
    assert choose_rate(video) == (F(25), True)


@pytest.mark.parametrize("case", SIZES)
def test_the_proxy_is_even_and_at_most_1080p(case: str) -> None:
    (width, height), (proxy_width, proxy_height) = SIZES[case]
    assert fit_proxy(Size(width=width, height=height)) == Size(width=proxy_width, height=proxy_height)


def test_scores_are_taken_at_the_size_that_pyscenedetect_takes_them() -> None:
    assert fit_scores(Size(width=1920, height=1080)) == Size(width=256, height=144)
    assert fit_scores(Size(width=200, height=200)) == Size(width=200, height=200)


def test_an_ordinary_source_is_not_scaled() -> None:
    plan = plan_proxy(source_with())
    assert not plan.needs_scaling
    assert "[picture_in]setsar=1" in filter_graph(plan)


@pytest.mark.parametrize(
    "unlike",
    [{"pixel_format": "yuv420p10le"}, {"color_space": "smpte170m"}, {"color_range": "pc"}, {"width": 1279}],
)
def test_a_source_with_other_samples_is_converted(unlike: dict[str, Any]) -> None:
    assert plan_proxy(source_with(**unlike)).needs_scaling


def test_a_turned_source_is_planned_upright() -> None:
    assert plan_proxy(source_with(rotation_deg=90)).size == Size(width=720, height=1280)


def test_pixels_become_square() -> None:
    wide = source_with(width=720, height=576, pixel_aspect=F(64, 45))
    narrow = source_with(width=720, height=480, pixel_aspect=F(8, 9))
    assert plan_proxy(wide).size == Size(width=1024, height=576)
    assert plan_proxy(narrow).size == Size(width=720, height=540)
    assert plan_proxy(wide).needs_scaling
    assert plan_proxy(narrow).needs_scaling


def test_pixels_that_are_square_but_for_a_hair_stay_as_they_are() -> None:
    plan = plan_proxy(source_with(width=1920, height=1080, pixel_aspect=F(1280, 1281)))
    assert (plan.size, plan.needs_scaling) == (Size(width=1920, height=1080), False)


def test_an_interlaced_source_is_deinterlaced_frame_by_frame() -> None:
    assert "bwdif=mode=send_frame" in filter_graph(plan_proxy(source_with(interlaced=True)))


def test_an_hdr_source_is_tone_mapped() -> None:
    plan = plan_proxy(
        source_with(color_transfer="smpte2084", color_space="bt2020nc", pixel_format="yuv420p10le")
    )
    assert plan.tone_map
    assert "tonemap" in filter_graph(plan)


def test_a_source_without_colours_is_taken_for_bt709() -> None:
    assert filter_graph(plan_proxy(source_with(color_space="unknown"))).startswith(
        "[0:0]setparams=colorspace=bt709"
    )


def test_other_colours_are_converted_by_zimg_except_in_odd_sizes() -> None:
    even, odd = (source_with(color_space="smpte170m", width=width) for width in (1280, 1279))
    assert "zscale=1280:720:filter=bicubic:matrixin=smpte170m:matrix=bt709" in filter_graph(plan_proxy(even))
    assert "scale=1280:720:flags=bicubic" in filter_graph(plan_proxy(odd))


def test_picture_and_sound_are_shifted_alike() -> None:
    plan = plan_proxy(source_with(start_s=1000.0, first_frame_s=1000.25))
    assert plan.first_frame_s == 0.25
    assert plan.sound == SoundPlan(stream_index=1, channels=2, shift_s=0.25)
    assert "setpts=round(PTS-0.250000/TB)" in filter_graph(plan)
    assert "asetpts=PTS-0.250000/TB" in sound_graph(plan.sound)


def test_the_first_sound_that_can_be_decoded_is_kept_and_mixed_to_stereo() -> None:
    unknown, surround = (
        replace(AUDIO, codec="unknown", is_decodable=False),
        replace(AUDIO, stream_index=2, channels=6),
    )
    plan = plan_proxy(source_with(audio=(unknown, surround)))
    assert plan.sound == SoundPlan(stream_index=2, channels=2, shift_s=0.0)


def test_sound_of_another_programme_is_not_heard() -> None:
    radio = replace(AUDIO, is_of_another_programme=True)
    assert plan_proxy(source_with(audio=(radio,))).sound is None
    assert "another programme" in describe_sound((radio,), None)[0]


def test_compressed_tracks_of_one_channel_are_not_mixed() -> None:
    """They are languages and comments; the others are tried if the first is silence."""
    mono = replace(AUDIO, channels=1)
    plan = plan_proxy(source_with(audio=(mono, replace(mono, stream_index=2))))
    assert plan.sound is not None
    assert plan.sound.stream_indexes == (1,)
    assert [sound.stream_index for sound in plan.other_sounds] == [2]


def test_tracks_of_one_microphone_each_are_mixed() -> None:
    mono = replace(AUDIO, channels=1, codec="pcm_s24le")
    plan = plan_proxy(source_with(audio=(mono, replace(mono, stream_index=2))))
    assert plan.sound is not None
    assert "amix=inputs=2" in sound_graph(plan.sound)


def test_a_picture_before_the_time_0_is_moved_to_it() -> None:
    plan = plan_proxy(source_with(start_s=0.0, first_frame_s=-0.28))
    assert "setpts=round(PTS+0.280000/TB)" in filter_graph(plan)


def test_a_silent_source_has_no_sound_in_its_command() -> None:
    plan = plan_proxy(source_with(audio=()))
    assert plan.sound is None
    assert "aac" not in proxy_arguments(plan)


def test_frames_that_an_edit_list_hides_are_not_expected() -> None:
    assert plan_proxy(source_with(duration_s=8.0)).stated_frames == 199


def test_a_sheet_has_no_more_rows_than_it_needs() -> None:
    sheet = plan_proxy(source_with()).sheet
    assert (sheet.columns, sheet.rows, sheet.tile) == (10, 1, Size(width=284, height=160))


ALL_INTRA: dict[str, Any] = {"intra_only": True, "reordered": False}


def test_a_source_that_meets_every_rule_may_be_its_own_proxy() -> None:
    source = source_with(**ALL_INTRA)
    assert may_be_proxy(source, plan_proxy(source))


@pytest.mark.parametrize(
    "breach",
    [
        {"codec": "hevc"}, {"intra_only": False}, {"reordered": True}, {"rotation_deg": 180}, {"width": 2560},
        {"interlaced": True}, {"average_rate": F(23)}, {"first_frame_s": 0.5}, {"stated_frames": None},
        {"pixel_format": "yuv422p"}, {"duration_s": 8.0}, {"audio": (AUDIO, AUDIO)},
        {"audio": (replace(AUDIO, codec="mp3"),)}, {"audio": (replace(AUDIO, channels=6),)},
    ],
)  # fmt: skip
def test_one_breach_of_the_rules_is_enough_to_make_a_proxy(breach: dict[str, Any]) -> None:
    source = source_with(**{**ALL_INTRA, **breach})
    assert not may_be_proxy(source, plan_proxy(source))
