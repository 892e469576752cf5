"""What every kind of edit gets from rules and network together, and from the rules alone; and PySceneDetect's own."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scenedetect.common import FrameTimecode
from scenedetect.detectors import ContentDetector

from bench.scenes.shots import FOOTAGE, film
from heaters.domain.errors import InvalidJob
from heaters.domain.jobs import PICTURE_DETECTORS, Detector, DetectSettings
from heaters.media.scenes.content import find_content_cuts
from heaters.media.scenes.cuts import choose_cuts, decided_by, propose_cuts
from heaters.media.scenes.evidence import weigh_scores
from heaters.media.scenes.network.cells import with_probabilities
from heaters.media.scenes.network.frame_judge import open_judge
from heaters.media.scenes.network.model import load_network
from heaters.media.scenes.score_counter import ScoreCounter
from heaters.media.scenes.scores import Scores
from tests.media.pictures import raw_from_bgr

Frames = NDArray[np.uint8]

RATE = Fraction(25)
BOTH = [Detector.FUSED, Detector.RULES]


@pytest.fixture(scope="module", autouse=True)
def _needs_media(media_folder: Path) -> None:
    """Shots are taken from the real test videos."""


def shot(number: int, count: int) -> Frames:
    """`count` frames of one piece of footage."""
    return film(FOOTAGE[number], count, np.random.default_rng(number))


def judged(frames: Frames, rate: Fraction = RATE) -> Scores:
    """The scores that a pass with the network would store."""
    with open_judge(load_network(), rate=rate) as judging:
        assert judging is not None
        _, height, width, _ = frames.shape
        counter = ScoreCounter(width=width, height=height, on_frame=judging.add)
        counter(raw_from_bgr(frames))
        return with_probabilities(counter.finish(rate), judging.finish())


def cuts_of(frames: Frames, rate: Fraction = RATE) -> dict[Detector, tuple[int, ...]]:
    scores = judged(frames, rate)
    return {detector: propose_cuts(scores, DetectSettings(detector=detector)) for detector in BOTH}


def in_both(*cuts: int) -> dict[Detector, tuple[int, ...]]:
    return dict.fromkeys(BOTH, cuts)


@pytest.mark.parametrize("held", [3, 4, 5, 12])
def test_pictures_that_are_held_have_a_cut_only_where_the_shot_changes(held: int) -> None:
    at = np.arange(96) // held * held
    assert cuts_of(np.concatenate([shot(0, 96)[at], shot(3, 96)[at]])) == in_both(96)


@pytest.mark.parametrize(("frames", "rate"), [(1, 25), (3, 25), (6, 25), (11, 60), (14, 60)])
@pytest.mark.parametrize("level", [10, 240])
def test_a_flash_of_up_to_a_quarter_of_a_second_is_no_cut(frames: int, rate: int, level: int) -> None:
    lit = shot(2, 150).copy()
    lit[60 : 60 + frames] = level
    assert cuts_of(lit, Fraction(rate)) == in_both()


def test_a_strobe_has_no_cuts() -> None:
    """Five frames on, five off."""
    lit = shot(2, 150).copy()
    lit[40:110][np.arange(70) % 10 < 5] = 250
    assert cuts_of(lit) == in_both()


def test_a_banner_that_blinks_in_a_quarter_of_the_picture_has_no_cuts() -> None:
    frames = shot(2, 150).copy()
    frames[20:130][np.arange(110) % 24 < 12, :90, :160] = (20, 40, 230)
    assert cuts_of(frames) == in_both()


@pytest.mark.parametrize("at", [1, 2, 3, 8, 142, 147, 148, 149])
def test_a_cut_is_found_however_near_to_an_end(at: int) -> None:
    assert cuts_of(np.concatenate([shot(1, at), shot(5, 150 - at)])) == in_both(at)


def test_quick_shots_are_clips_of_their_own() -> None:
    """Shorter than the shortest clip: each begins where it begins."""
    lengths = [50, 10, 10, 10, 10, 60]
    frames = np.concatenate([shot(number, length) for number, length in enumerate(lengths)])
    assert cuts_of(frames) == in_both(50, 60, 70, 80, 90)


@pytest.mark.parametrize("edge", ["left", "up", "iris"])
@pytest.mark.parametrize("length", [12, 25, 37])
def test_a_wipe_gets_one_cut(edge: str, length: int) -> None:
    old, new = shot(1, 80), shot(5, 80)
    rows, columns = np.mgrid[:180, :320] / np.array([180, 320])[:, None, None]
    when = {"left": 1 - columns, "up": 1 - rows, "iris": np.hypot(rows * 9 - 4.5, columns * 16 - 8) / 9.2}[
        edge
    ]
    done = (np.arange(1, length + 1) / (length + 1))[:, None, None, None]
    wiped = np.where(when[None, :, :, None] < done, new[:length], old[-length:])
    for cuts in cuts_of(np.concatenate([old[:-length], wiped, new[length:]])).values():
        (cut,) = cuts
        assert 80 - length <= cut <= 80


def test_without_probabilities_the_rules_decide_and_it_is_said() -> None:
    frames = np.concatenate([shot(1, 60), shot(5, 60)])
    with_network = judged(frames)
    without = ScoreCounter(width=frames.shape[2], height=frames.shape[1])
    without(raw_from_bgr(frames))
    scores, settings = without.finish(RATE), DetectSettings()
    assert decided_by(with_network, settings) is Detector.FUSED
    assert decided_by(scores, settings) is Detector.RULES
    assert propose_cuts(scores, settings) == (60,)
    with pytest.raises(InvalidJob, match="make its proxy again"):
        propose_cuts(scores, DetectSettings(detector=Detector.NETWORK))


@pytest.mark.parametrize("detector", sorted(PICTURE_DETECTORS))
def test_a_detector_that_needs_pictures_says_so(detector: Detector) -> None:
    evidence = weigh_scores(ScoreCounter(width=2, height=2).finish(RATE))
    with pytest.raises(InvalidJob, match=r"needs the pictures.*scenedetect detect-"):
        choose_cuts(evidence, DetectSettings(detector=detector))


class ScriptedDetector(ContentDetector):
    """PySceneDetect's own detector, told the score of each frame instead of looking at it."""

    def _calculate_frame_score(self, timecode: FrameTimecode, frame_img: NDArray[np.float64]) -> float:
        del timecode  # the same signature as the method it stands in for
        return float(frame_img[0])


@pytest.mark.parametrize("seed", range(100))
def test_content_cuts_equal_those_of_pyscenedetect(seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.gamma(1, random.uniform(3, 15), int(random.integers(0, 300)))
    values[:1] = 0
    settings = DetectSettings(
        detector=Detector.CONTENT,
        content_threshold=27.0,
        min_scene_len_s=float(random.choice([0.04, 0.2, 0.6])),
    )
    theirs = ScriptedDetector(threshold=27.0, min_scene_len=settings.min_scene_frames(RATE))
    found = [
        cut.frame_num
        for number, value in enumerate(values)
        for cut in theirs.process_frame(FrameTimecode(number, RATE), np.array([value]))
    ]
    assert list(find_content_cuts(values, settings, RATE)) == found


def test_the_random_scores_have_content_cuts_to_find() -> None:
    """Else the comparison above would compare nothing."""
    make: Callable[[int], NDArray[np.float64]] = lambda seed: np.random.default_rng(seed).gamma(1, 9, 300)  # noqa: E731
    assert sum(len(find_content_cuts(make(seed), DetectSettings(), RATE)) for seed in range(20)) > 50
