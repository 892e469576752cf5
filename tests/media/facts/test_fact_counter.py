"""What is said of frames is what they show: made of known pictures, and of a real video."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from heaters.domain.errors import InvalidJob
from heaters.domain.timebase import FrameRange
from heaters.media.facts.fact_counter import FactCounter
from heaters.media.facts.frame_facts import FrameFacts, join_facts, place_of_rows, read_rows
from tests.media import pictures

WIDTH, HEIGHT = 128, 72
RATE = Fraction(24)
Luma = NDArray[np.uint8]


def count(*frames: Luma) -> FrameFacts:
    counter = FactCounter()
    for frame in frames:
        counter.add(frame)
    return counter.finish(RATE)


def flat(level: int) -> Luma:
    return np.full((HEIGHT, WIDTH), level, np.uint8)


def noise(seed: int = 0) -> Luma:
    return np.random.default_rng(seed).integers(60, 200, (HEIGHT, WIDTH), np.uint8)


def framed(*, top: int = 0, bottom: int = 0, left: int = 0, right: int = 0) -> Luma:
    frame = flat(16)
    frame[top : HEIGHT - bottom, left : WIDTH - right] = noise()[top : HEIGHT - bottom, left : WIDTH - right]
    return frame


@pytest.mark.parametrize(
    ("level", "brightness"), [(16, 0.0), (0, 0.0), (235, 1.0), (255, 1.0), (125, 109 / 219)]
)
def test_brightness_is_the_mean_between_black_and_white(level: int, brightness: float) -> None:
    assert count(flat(level)).rows["brightness"][0] == pytest.approx(brightness, abs=1e-3)


def test_contrast_is_how_far_pixels_are_from_their_mean() -> None:
    halves = flat(16)
    halves[:, : WIDTH // 2] = 235
    assert count(flat(100), halves).rows["contrast"].tolist() == [0, 0.5]


def test_black_is_the_share_of_pixels_that_are() -> None:
    quarter = flat(38)
    quarter[: HEIGHT // 4] = 37
    assert count(flat(16), flat(38), quarter).rows["black"].tolist() == [1, 0, 0.25]


def test_a_blurred_picture_is_less_sharp() -> None:
    blurred = np.asarray(cv2.GaussianBlur(noise(), (9, 9), 3), np.uint8)
    sharp, soft, none = count(noise(), blurred, flat(100)).rows["sharpness"]
    assert sharp > 10 * soft > 0
    assert none == 0


def test_motion_is_the_change_since_the_frame_before() -> None:
    frames = [flat(100), flat(100), flat(151), noise()]
    facts = count(*frames)
    assert facts.rows["motion"][:3].tolist() == pytest.approx([0, 0, 51 / 255], abs=1e-3)
    assert facts.rows["motion"][3] == pytest.approx(np.abs(noise().astype(int) - 151).mean() / 255, rel=1e-3)


def test_a_frame_may_change_after_it_was_given() -> None:
    counter, frame = FactCounter(), flat(100)
    counter.add(frame)
    frame[:] = 110
    counter.add(frame)
    assert counter.finish(RATE).rows["motion"][1] == pytest.approx(10 / 255, rel=1e-3)


@pytest.mark.parametrize(
    ("bars", "expected"),
    [
        ({}, (0, 0, 0, 0)),
        ({"top": 9, "bottom": 9}, (1 / 8, 1 / 8, 0, 0)),
        ({"left": 16, "right": 16}, (0, 0, 1 / 8, 1 / 8)),
        ({"top": 9, "bottom": 18, "left": 16, "right": 32}, (1 / 8, 1 / 4, 1 / 8, 1 / 4)),
        ({"top": 9}, (1 / 8, 0, 0, 0)),
    ],
)
def test_bars_are_measured_from_each_side(bars: dict[str, int], expected: tuple[float, ...]) -> None:
    assert count(framed(**bars)).rows["borders"][0].tolist() == list(expected)


def test_a_black_frame_is_bars_and_nothing_else() -> None:
    assert count(flat(16)).rows["borders"][0].tolist() == [1, 1, 1, 1]


def test_a_speck_in_a_bar_does_not_hide_it() -> None:
    frame = framed(top=9, bottom=9)
    frame[4, 60:62] = 200
    assert count(frame).rows["borders"][0].tolist() == [1 / 8, 1 / 8, 0, 0]


@pytest.fixture(scope="module")
def real(media_folder: Path) -> FrameFacts:
    raw = pictures.raw_frames(media_folder / "big_buck_bunny_480p_30s.mp4", WIDTH, HEIGHT)
    planes = np.frombuffer(raw, np.uint8).reshape(-1, HEIGHT * 3 // 2, WIDTH)
    return count(*planes[:200, :HEIGHT])


def test_facts_survive_storage_and_take_twenty_bytes_a_frame(real: FrameFacts) -> None:
    data = real.to_bytes()
    again = FrameFacts.from_bytes(data)
    assert (again.rate, again.rows.tobytes()) == (RATE, real.rows.tobytes())
    assert again.to_bytes() == data
    assert len(data) == 32 + 20 * 200
    assert 0.1 < real.rows["brightness"].mean() < 0.9


def test_the_rows_of_some_frames_can_be_read_alone(real: FrameFacts) -> None:
    start, size = place_of_rows(FrameRange(start_frame=50, end_frame=60))
    assert (read_rows(real.to_bytes()[start : start + size]) == real.rows[50:60]).all()


def test_pieces_put_together_are_the_whole() -> None:
    frames = [noise(seed) for seed in range(9)]
    whole, first, later = count(*frames), count(*frames[:4]), count(*frames[2:])
    joined = join_facts([first, replace(later, rows=later.rows[2:])])
    assert joined.to_bytes() == whole.to_bytes()


@pytest.mark.parametrize("data", [b"", b"nothing like it", count(flat(100)).to_bytes()[:-1], b"x" * 52])
def test_what_is_no_facts_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidJob, match="make the proxy again"):
        FrameFacts.from_bytes(data)
