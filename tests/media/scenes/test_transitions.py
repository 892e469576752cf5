"""Fades and dissolves get one cut each; flashes, pans, titles and changes of light get none."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from bench.scenes.ground_truth import Composition, compose
from bench.scenes.scoreboard import count_scores
from bench.scenes.shots import FOOTAGE, film, travel, whip
from heaters.domain.jobs import Detector, DetectSettings
from heaters.media.scenes.cuts import propose_cuts
from heaters.media.scenes.dissolves import find_dissolves
from heaters.media.scenes.fades import find_fades
from heaters.media.scenes.flashes import leads_to_new_picture
from heaters.media.scenes.hard_cuts import shortest_frames
from heaters.media.scenes.score_counter import ScoreCounter
from heaters.media.scenes.scores import Scores
from heaters.media.scenes.transitions import Transition, keep_apart
from tests.media.pictures import raw_from_bgr
from tests.profile import scaled

DEFAULT = DetectSettings()
ADAPTIVE = DetectSettings(detector=Detector.RULES, skip_flashes=False, gradual=False)
RATE = Fraction(25)
VIDEOS = {"big_buck_bunny_480p_30s.mp4": (285, 378, 553), "car_detection.mp4": (), "bottle_detection.mp4": ()}

Frames = NDArray[np.float32]


@pytest.fixture(scope="module", autouse=True)
def _needs_media(media_folder: Path) -> None:
    """Shots are taken from the real test videos."""


@pytest.fixture(scope="module")
def shots() -> dict[str, Frames]:
    """A hundred frames of each piece of footage."""
    return {
        footage.name: film(footage, 100, np.random.default_rng(7)).astype(np.float32) for footage in FOOTAGE
    }


@pytest.fixture(scope="module", params=[(301, RATE), (302, Fraction(30000, 1001))])
def composed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Composition, Scores]:
    seed, rate = request.param
    truth = compose(tmp_path_factory.mktemp("composed") / "video.mp4", seed=seed, rate=rate, shots=9)
    return truth, count_scores(truth.path)


def count(frames: Frames, rate: Fraction = RATE) -> Scores:
    _, height, width, _ = frames.shape
    counter = ScoreCounter(width=width, height=height)
    counter(raw_from_bgr(np.rint(frames).clip(0, 255).astype(np.uint8)))
    return counter.finish(rate)


def ramp(length: int) -> Frames:
    return (np.arange(1, length + 1, dtype=np.float32) / np.float32(length + 1))[:, None, None, None]


def dissolve(old: Frames, new: Frames, length: int) -> Frames:
    share = ramp(length)
    mixed = old[-length:] * (1 - share) + new[:length] * share
    return np.concatenate([old[:-length], mixed, new[length:]])


def fade(shot: Frames, length: int, colour: int = 0) -> Frames:
    """The shot, whose last `length` frames fade to the colour."""
    share = ramp(length)
    return np.concatenate([shot[:-length], shot[-length:] * (1 - share) + colour * share])


def test_a_composed_video_gets_one_cut_for_each_transition(composed: tuple[Composition, Scores]) -> None:
    """Flashes, whip pans, the fade in at the start and the one out at the end are in it too, and get none."""
    truth, scores = composed
    cuts = propose_cuts(scores, DEFAULT)
    assert len(cuts) == len(truth.transitions)
    for cut, known in zip(cuts, truth.transitions, strict=True):
        assert known.start <= cut <= known.end


def test_the_composed_videos_have_hard_cuts_and_gradual_transitions(
    composed: tuple[Composition, Scores],
) -> None:
    truth, _ = composed
    assert len(truth.hard_cuts) >= 2
    assert len(truth.gradual) >= 2


@pytest.mark.parametrize("name", VIDEOS)
def test_real_videos_get_the_cuts_that_a_person_sees(name: str, media_folder: Path) -> None:
    """Titles that fade in and out over a shot, cars driving through and a fade at the start are no cuts."""
    scores = count_scores(media_folder / name)
    assert propose_cuts(scores, DEFAULT) == VIDEOS[name]


@pytest.mark.parametrize("length", [7, 12, 25, 50])
@pytest.mark.parametrize(("old", "new"), [("hill", "tree"), ("bottle", "bird"), ("car", "stream")])
def test_a_dissolve_is_cut_in_its_middle(shots: dict[str, Frames], old: str, new: str, length: int) -> None:
    scores = count(dissolve(shots[old], shots[new], length))
    (cut,) = propose_cuts(scores, DEFAULT)
    assert abs(cut - (100 - length / 2)) <= max(2, length * 0.15)


@pytest.mark.parametrize("colour", [0, 255])
@pytest.mark.parametrize("hold", [0, 1, 20])
def test_a_fade_is_cut_in_the_middle_of_its_black_or_white(
    shots: dict[str, Frames], colour: int, hold: int
) -> None:
    held = np.full((hold, *shots["hill"].shape[1:]), colour, np.float32)
    out, into = fade(shots["hill"], 15, colour), fade(shots["tree"][::-1], 15, colour)[::-1]
    (cut,) = propose_cuts(count(np.concatenate([out, held, into])), DEFAULT)
    assert abs(cut - (100 + hold / 2)) <= 1


def test_a_fade_to_black_at_the_end_and_one_from_black_at_the_start_are_no_cuts(
    shots: dict[str, Frames],
) -> None:
    black = np.zeros((10, *shots["hill"].shape[1:]), np.float32)
    opening = fade(fade(shots["hill"], 20)[::-1], 20)[::-1]
    assert propose_cuts(count(np.concatenate([black, opening, black])), DEFAULT) == ()


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_a_flash_is_no_cut(shots: dict[str, Frames], frames: int) -> None:
    lit = shots["bird"].copy()
    lit[50 : 50 + frames] = 240
    scores = count(lit)
    assert propose_cuts(scores, ADAPTIVE) == (50,)
    assert propose_cuts(scores, DEFAULT) == ()


def test_a_flash_just_before_a_cut_does_not_hide_it(shots: dict[str, Frames]) -> None:
    frames = np.concatenate([shots["bird"], shots["car"]])
    frames[92] = 240
    assert propose_cuts(count(frames), DEFAULT) == (100,)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("move", [whip, travel])
def test_pans_and_zooms_are_no_gradual_cuts(move: Callable, seed: int) -> None:
    scores = count(move(FOOTAGE[seed], 100, np.random.default_rng(seed)))
    assert (find_fades(scores), find_dissolves(scores)) == ((), ())


def test_light_that_goes_up_slowly_is_no_cut(shots: dict[str, Frames]) -> None:
    gain = np.interp(np.arange(100), [0, 40, 60, 100], [0.4, 0.4, 1, 1]).astype(np.float32)
    assert propose_cuts(count(shots["tree"] * gain[:, None, None, None]), DEFAULT) == ()


def test_a_title_that_fades_in_is_no_cut(shots: dict[str, Frames]) -> None:
    frames = shots["hill"].copy()
    share = np.interp(np.arange(100), [0, 40, 60, 100], [0, 0, 1, 1]).astype(np.float32)[:, None, None, None]
    title = frames[:, 60:110, 90:230]
    frames[:, 60:110, 90:230] = title * (1 - share) + 255 * share
    assert propose_cuts(count(frames), DEFAULT) == ()


def test_the_cut_of_a_dissolve_keeps_its_distance_from_a_hard_one(shots: dict[str, Frames]) -> None:
    mixed = dissolve(shots["hill"], shots["tree"][:20], 12)
    scores = count(np.concatenate([mixed, shots["bottle"]]))
    assert propose_cuts(scores, DEFAULT) == (108,)


def scores_of(
    grids: NDArray[np.uint8],
    energy: NDArray[np.float32],
    rate: Fraction,
    sums: NDArray[np.uint32] | None = None,
    probabilities: NDArray[np.uint8] | None = None,
) -> Scores:
    sums = np.zeros((len(grids), 3), np.uint32) if sums is None else sums
    return Scores(
        rate=rate,
        pixel_count=100,
        delta_sums=sums,
        grids=grids,
        energy=energy,
        probabilities=probabilities,
    )


@st.composite
def any_scores(draw: st.DrawFn) -> Scores:
    """Anything that the arrays can hold, possible or not: few frames, none, still ones, jumps from black to white."""
    number = draw(st.integers(0, 90))
    levels = st.integers(0, 255)
    grids = draw(arrays(np.uint8, (number, 4, 8, 3), elements=levels, fill=st.one_of(levels, st.just(0))))
    still = draw(arrays(np.intp, number, elements=st.integers(0, max(number - 1, 0))))
    energy = st.floats(0, 3 * 255.0**2, width=32)
    rate = draw(st.sampled_from([Fraction(1), Fraction(25, 2), Fraction(30000, 1001), Fraction(240)]))
    sums = draw(arrays(np.uint32, (number, 3), elements=st.integers(0, 25_500), fill=st.just(0)))
    judged = draw(st.none() | arrays(np.uint8, (number, 2), elements=levels, fill=st.just(0)))
    energies = draw(arrays(np.float32, number, elements=energy))
    return scores_of(grids[still], energies, rate, sums, judged)


@given(any_scores(), st.sampled_from([Detector.FUSED, Detector.RULES]))
@settings(max_examples=scaled(1500))
def test_cuts_rise_inside_the_video_and_are_apart_whatever_the_scores(
    scores: Scores, detector: Detector
) -> None:
    with np.errstate(all="raise", under="ignore"):
        cuts = propose_cuts(scores, DetectSettings(detector=detector))
    assert all(apart >= shortest_frames(scores.rate) for apart in np.diff(cuts))
    assert all(0 < cut < scores.frame_count for cut in cuts)


@given(any_scores())
def test_transitions_lie_inside_the_video_and_hold_their_cut(scores: Scores) -> None:
    for found in (*find_fades(scores), *find_dissolves(scores)):
        assert 0 <= found.start_frame <= found.cut_frame <= found.end_frame <= scores.frame_count


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("number", [0, 1, 2, 3, 10, 500])
def test_frames_that_are_all_the_same_have_no_transitions(number: int, level: int) -> None:
    grids = np.full((number, 4, 8, 3), level, np.uint8)
    scores = scores_of(grids, np.full(number, 3.0 * level**2, np.float32), RATE)
    assert propose_cuts(scores, DEFAULT) == ()


def test_no_candidates_lead_nowhere() -> None:
    nothing = np.zeros((0, 4, 8, 3), np.uint8)
    assert leads_to_new_picture(nothing, np.zeros(0, np.intp), rate=RATE).shape == (0,)


TRANSITIONS = st.builds(
    lambda start, before, after: Transition(
        start_frame=start, cut_frame=start + before, end_frame=start + before + after
    ),
    st.integers(0, 500), st.integers(0, 30), st.integers(1, 30),
)  # fmt: skip


@given(st.lists(TRANSITIONS, max_size=30), st.integers(0, 40))
def test_of_transitions_too_near_to_each_other_the_surer_stays(given_: list[Transition], apart: int) -> None:
    """The quick search among neighbours keeps what comparing all with all would keep."""
    expected: list[Transition] = []
    for new in given_:
        if not any(new.overlaps(old) or abs(new.cut_frame - old.cut_frame) < apart for old in expected):
            expected.append(new)
    by_time = sorted(expected, key=lambda transition: transition.cut_frame)
    assert list(keep_apart(given_, min_frames=apart)) == by_time
