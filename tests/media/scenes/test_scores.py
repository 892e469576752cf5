"""Scores are PySceneDetect's, to the last bit, and survive storage."""

import tracemalloc
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scenedetect.common import FrameTimecode
from scenedetect.detectors import ContentDetector
from scenedetect.stats_manager import StatsManager

from heaters.domain.errors import InvalidJob
from heaters.media.scenes.score_counter import ScoreCounter
from heaters.media.scenes.scores import COMPONENT_WEIGHTS, GRID_COLUMNS, GRID_ROWS, Scores
from tests.media import pictures

WIDTH, HEIGHT = 128, 72
FRAME_BYTES = WIDTH * HEIGHT * 3 // 2
RATE = Fraction(24)


def count(raw: bytes, piece_bytes: int = 100_003) -> Scores:
    counter = ScoreCounter(width=WIDTH, height=HEIGHT)
    for at in range(0, len(raw), piece_bytes):
        counter(raw[at : at + piece_bytes])
    return counter.finish(RATE)


@pytest.fixture(scope="module")
def raw_frames(media_folder: Path) -> bytes:
    return pictures.raw_frames(media_folder / "big_buck_bunny_480p_30s.mp4", WIDTH, HEIGHT)


def test_scores_equal_those_of_pyscenedetect_exactly(raw_frames: bytes) -> None:
    frames = pictures.bgr_frames(raw_frames, WIDTH, HEIGHT)[250:400]
    detector = ContentDetector()
    detector.stats_manager = StatsManager()
    theirs = []
    for number, frame in enumerate(frames):
        timecode = FrameTimecode(number, 24.0)
        detector.process_frame(timecode, frame)
        if number:
            names = ["content_val", "delta_hue", "delta_sat", "delta_lum"]
            theirs.append(detector.stats_manager.get_metrics(timecode, names))
    ours = count(raw_frames[250 * FRAME_BYTES : 400 * FRAME_BYTES])
    components = ours.delta_sums / float(ours.pixel_count)
    together = np.column_stack([ours.content_values(), components])
    assert together[0].tolist() == [0, 0, 0, 0]
    assert together[1:].tolist() == theirs


def test_the_weights_are_those_of_pyscenedetect() -> None:
    theirs = ContentDetector.DEFAULT_COMPONENT_WEIGHTS
    assert (*COMPONENT_WEIGHTS, 0.0) == (
        theirs.delta_hue,
        theirs.delta_sat,
        theirs.delta_lum,
        theirs.delta_edges,
    )


def test_scores_do_not_depend_on_how_the_pipe_was_read(raw_frames: bytes) -> None:
    some = raw_frames[: FRAME_BYTES * 20]
    versions = [count(some, size).to_bytes() for size in (7, 65536, len(some))]
    assert all(left == right for left, right in pairwise(versions))


def test_half_a_frame_at_the_end_is_not_scored(raw_frames: bytes) -> None:
    assert count(raw_frames[: FRAME_BYTES * 5 + 100]).frame_count == 5


def test_energy_and_grids_show_a_fade_from_black(raw_frames: bytes) -> None:
    scores = count(raw_frames)
    assert scores.energy[0] * 1000 < scores.energy[100]
    assert scores.grids[0].max() < 3 < scores.grids[100].min()


def test_a_grid_is_the_mean_colour_of_each_part_of_the_frame(raw_frames: bytes) -> None:
    frame = pictures.bgr_frames(raw_frames, WIDTH, HEIGHT)[100]
    rows, columns = HEIGHT // GRID_ROWS, WIDTH // GRID_COLUMNS
    means = frame.reshape(GRID_ROWS, rows, GRID_COLUMNS, columns, 3).mean(axis=(1, 3))
    assert np.abs(count(raw_frames).grids[100] - means).max() <= 0.51


def test_energy_is_the_mean_of_the_squares_of_all_levels(raw_frames: bytes) -> None:
    frame = pictures.bgr_frames(raw_frames, WIDTH, HEIGHT)[100].astype(np.float64)
    assert count(raw_frames).energy[100] == pytest.approx((frame**2).sum() / (WIDTH * HEIGHT))


def test_two_hours_of_scores_stay_below_thirty_megabytes(raw_frames: bytes) -> None:
    some = count(raw_frames[: FRAME_BYTES * 100])
    assert len(some.to_bytes()) / 100 * 2 * 3600 * 30 < 30e6


def test_stored_scores_come_back_the_same(raw_frames: bytes) -> None:
    scores = count(raw_frames)
    back = Scores.from_bytes(scores.to_bytes())
    assert back.frame_count == 720
    assert (back.rate, back.pixel_count) == (RATE, WIDTH * HEIGHT)
    assert (back.delta_sums == scores.delta_sums).all()
    assert (back.grids == scores.grids).all()
    assert (back.energy == scores.energy).all()


def test_counting_holds_little_more_than_what_is_stored() -> None:
    """112 bytes of each frame are stored; a day of video at 60 frames a second must not need gigabytes."""
    counter, frames = ScoreCounter(width=2, height=2), 5000
    tracemalloc.start()
    counter(bytes(6) * frames)
    held_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert counter.frame_count == frames
    assert held_bytes < 200 * frames


@pytest.mark.parametrize("data", [b"", b"not an npz"])
def test_something_else_in_place_of_scores_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidJob, match="scores"):
        Scores.from_bytes(data)


def test_no_frames_have_no_scores() -> None:
    scores = ScoreCounter(width=2, height=2).finish(RATE)
    assert scores.frame_count == 0
    assert scores.content_values().shape == (0,)
