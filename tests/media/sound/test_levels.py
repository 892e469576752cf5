"""Levels are those of the samples, on the proxy's own time, and a waveform and silence follow from them."""

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from heaters.domain.errors import InvalidJob
from heaters.media.sound.level_counter import LevelCounter
from heaters.media.sound.levels import FULL_SCALE, SoundLevels, silence_of_frames, waveform
from heaters.media.sound.measure import measure_sound
from tests.media.pictures import encode

PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=2")
ENCODED = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-b:a", "160k")
HALF = FULL_SCALE // 2


def levels_of(peaks: list[int]) -> SoundLevels:
    values = np.array(peaks, np.uint16)
    return SoundLevels(peaks=values, loudness=values // 2)


@pytest.mark.parametrize("piece_bytes", [1, 1919, 100_000])
def test_levels_are_the_largest_sample_and_the_root_mean_square_of_each_window(piece_bytes: int) -> None:
    samples = np.zeros((3 * 960, 1), "<i2")
    samples[:960] = 1000
    samples[500] = -FULL_SCALE
    samples[960:1920:2], samples[961:1920:2] = 300, -400
    counter = LevelCounter(channels=1)
    data = samples[:-100].tobytes()
    for at in range(0, len(data), piece_bytes):
        counter(data[at : at + piece_bytes])
    levels = counter.finish()
    assert levels.peaks.tolist() == [FULL_SCALE, 400, 0]
    expected = [math.sqrt((959 * 1000**2 + FULL_SCALE**2) / 960), math.sqrt((300**2 + 400**2) / 2), 0]
    assert levels.loudness.tolist() == [round(value) for value in expected]


def test_both_channels_count() -> None:
    samples = np.zeros((960, 2), "<i2")
    samples[7, 1] = -1234
    counter = LevelCounter(channels=2)
    counter(samples.tobytes())
    assert counter.finish().peaks.tolist() == [1234]


def test_levels_survive_storage() -> None:
    levels = levels_of([0, 1, FULL_SCALE])
    data = levels.to_bytes()
    again = SoundLevels.from_bytes(data)
    assert (again.peaks.tolist(), again.loudness.tolist()) == ([0, 1, FULL_SCALE], [0, 0, HALF])
    assert levels.to_bytes() == data
    with pytest.raises(InvalidJob, match="make the proxy again"):
        SoundLevels.from_bytes(b"no levels")


def test_a_frame_is_silent_as_far_as_nothing_is_heard_during_it() -> None:
    loud = levels_of([HALF] * 50 + [0] * 3 + [HALF])
    silence = silence_of_frames(loud, rate=Fraction(25), frame_count=30)
    assert silence[:25].tolist() == [0] * 25
    assert silence[25:].tolist() == [1, 0.5, 1, 1, 1]  # behind the end of the sound there is none
    assert silence_of_frames(levels_of([]), rate=Fraction(25), frame_count=2).tolist() == [1, 1]


def test_a_hum_below_sixty_decibels_is_silence() -> None:
    for decibels, share in ((-61, 1), (-59, 0)):
        loudness = np.full(2, round(FULL_SCALE * 10 ** (decibels / 20)), np.uint16)
        hum = SoundLevels(peaks=loudness, loudness=loudness)
        assert silence_of_frames(hum, rate=Fraction(25), frame_count=1).tolist() == [share]


@pytest.mark.parametrize(
    ("start_s", "end_s", "points", "expected"),
    [
        ("0", "0.08", 4, [0, HALF, 8, FULL_SCALE]),
        ("0", "0.08", 2, [HALF, FULL_SCALE]),
        ("0", "0.08", 8, [0, 0, HALF, HALF, 8, 8, FULL_SCALE, FULL_SCALE]),
        ("0.04", "0.08", 1, [FULL_SCALE]),
        ("0.02", "0.03", 1, [HALF]),
        ("0.06", "0.12", 3, [FULL_SCALE, 0, 0]),
        ("5", "6", 2, [0, 0]),
    ],
)
def test_a_waveform_has_the_largest_peak_of_each_part(
    start_s: str, end_s: str, points: int, expected: list[int]
) -> None:
    levels = levels_of([0, HALF, 8, FULL_SCALE])
    found = waveform(levels, start_s=Fraction(start_s), end_s=Fraction(end_s), points=points)
    assert (found * FULL_SCALE).tolist() == expected


@pytest.mark.parametrize("channels", [1, 2])
def test_sound_is_measured_on_the_time_of_the_picture(tmp_path: Path, channels: int) -> None:
    tone = f"sine=440:r=44100:d=1,volume=4{',pan=stereo|c0=c0|c1=c0' if channels == 2 else ''}"
    path = encode(
        tmp_path / "late.mp4", *PICTURE, "-itsoffset", "0.5", "-f", "lavfi", "-i", tone, *ENCODED
    )  # fmt: skip
    levels = measure_sound(path, folder=tmp_path).until(Fraction(2))
    assert levels.window_count == 100
    assert levels.peaks[:20].max() == 0
    assert levels.peaks[30:70] / FULL_SCALE == pytest.approx(0.5, rel=0.05)
    assert levels.loudness[30:70] / FULL_SCALE == pytest.approx(0.5 / math.sqrt(2), rel=0.05)
    assert levels.peaks[80:].max() == 0


def test_a_video_without_sound_has_no_levels(tmp_path: Path) -> None:
    path = encode(tmp_path / "mute.mp4", *PICTURE, *ENCODED)
    assert measure_sound(path, folder=tmp_path).window_count == 0
