"""Cuts from stored scores are those of PySceneDetect's AdaptiveDetector, which sees one frame after the other."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scenedetect.common import FrameTimecode
from scenedetect.detectors import AdaptiveDetector

from heaters.domain.jobs import DetectSettings
from heaters.domain.timebase import duration_to_frames
from heaters.media.proxy.plan import plan_proxy
from heaters.media.scenes.adaptive import find_cuts
from heaters.media.scenes.score_counter import ScoreCounter
from heaters.media.source.probe import probe
from tests.media.pictures import bgr_frames, raw_frames

DEFAULT = DetectSettings()
VIDEOS = {
    "big_buck_bunny_480p_30s.mp4": (285, 378, 553),
    "car_detection.mp4": (),
    "bottle_detection.mp4": (),
    "hevc_10bit.mp4": (),
    "corrupted.mp4": (),
}


class ScriptedDetector(AdaptiveDetector):
    """PySceneDetect's own detector, told the score of each frame instead of looking at it."""

    def _calculate_frame_score(self, timecode: FrameTimecode, frame_img: NDArray[np.float64]) -> float:
        del timecode  # the same signature as the method it stands in for
        return float(frame_img[0])


def detect(
    kind: type[AdaptiveDetector], frames: NDArray, settings: DetectSettings, rate: Fraction
) -> list[int]:
    detector = kind(
        adaptive_threshold=settings.adaptive_threshold,
        min_scene_len=duration_to_frames(Fraction(str(settings.min_scene_len_s)), rate),
        window_width=settings.window_width,
        min_content_val=settings.min_content_val,
    )
    found = []
    for number, frame in enumerate(frames):
        found += detector.process_frame(FrameTimecode(number, rate), frame)
    return [cut.frame_num for cut in found]


def random_series(seed: int) -> tuple[NDArray[np.float64], DetectSettings, Fraction]:
    """Scores with stillness, noise, single peaks and bursts, and settings to look at them with."""
    random = np.random.default_rng(seed)
    count = int(random.integers(0, 400))
    values = random.gamma(random.uniform(0.3, 3), random.uniform(0.5, 12), count)
    values[random.random(count) < random.uniform(0, 0.1)] += random.uniform(10, 200)
    if count and random.random() < 0.5:
        start = random.integers(0, count)
        values[start : start + 40] = 0
    values[:1] = 0
    settings = DetectSettings(
        adaptive_threshold=round(float(random.uniform(1, 6)), 2),
        window_width=int(random.integers(1, 6)),
        min_content_val=float(random.choice([0, 5, 15, 30])),
        min_scene_len_s=float(random.choice([0, 0.2, 0.6, 1.0])),
    )
    return values, settings, Fraction(*random.choice([(24, 1), (25, 1), (30000, 1001), (179, 6)]).tolist())


@pytest.mark.parametrize("name", VIDEOS)
def test_cuts_equal_those_of_pyscenedetect_on_the_very_same_frames(name: str, media_folder: Path) -> None:
    plan = plan_proxy(probe(media_folder / name))
    size = plan.score_size
    raw = raw_frames(media_folder / name, size.width, size.height)
    counter = ScoreCounter(width=size.width, height=size.height)
    counter(raw)
    frames = bgr_frames(raw, size.width, size.height)
    ours = find_cuts(counter.finish(plan.rate).content_values(), DEFAULT, plan.rate)
    assert ours == tuple(detect(AdaptiveDetector, frames, DEFAULT, plan.rate)) == VIDEOS[name]


@pytest.mark.parametrize("seed", range(200))
def test_cuts_equal_those_of_pyscenedetect_on_random_scores(seed: int) -> None:
    values, settings, rate = random_series(seed)
    theirs = detect(ScriptedDetector, values.reshape(-1, 1), settings, rate)
    assert list(find_cuts(values, settings, rate)) == [cut for cut in theirs if cut > 0]


def test_the_random_scores_have_cuts_to_find() -> None:
    """Else the comparison above would compare nothing."""
    assert sum(len(find_cuts(*random_series(seed))) for seed in range(200)) > 1000


def test_a_change_out_of_stillness_is_a_cut() -> None:
    values = np.zeros(100)
    values[50] = 40
    assert find_cuts(values, DEFAULT, Fraction(25)) == (50,)


def test_a_cut_too_soon_after_the_start_or_another_is_left_out() -> None:
    values = np.zeros(200)
    values[[10, 50, 60, 100]] = 40
    assert find_cuts(values, DEFAULT, Fraction(25)) == (50, 100)


def test_a_change_nearer_to_an_end_than_the_window_is_no_cut() -> None:
    values = np.zeros(100)
    values[[98]] = 40
    assert find_cuts(values, DEFAULT, Fraction(25)) == ()


@pytest.mark.parametrize("count", range(8))
def test_a_video_shorter_than_the_window_has_no_cuts(count: int) -> None:
    assert find_cuts(np.zeros(count), DEFAULT, Fraction(25)) == ()
