"""One-shot material to compose from: runs of real footage without a cut, and camera moves over stills taken from it.

Never joins shots; that is the composer's part.
"""

import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bench.sources import media_folder

WIDTH, HEIGHT = 320, 180
STILL_WIDTH, STILL_HEIGHT = 1280, 720

Frames = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Footage:
    """Frames `[start, end)` of a real video, which show one shot: checked by eye."""

    name: str
    file: str
    start: int
    end: int


FOOTAGE = (
    Footage(name="hill", file="big_buck_bunny_480p_30s.mp4", start=75, end=285),
    Footage(name="stream", file="big_buck_bunny_480p_30s.mp4", start=285, end=378),
    Footage(name="bird", file="big_buck_bunny_480p_30s.mp4", start=378, end=553),
    Footage(name="tree", file="big_buck_bunny_480p_30s.mp4", start=553, end=720),
    Footage(name="car", file="car_detection.mp4", start=60, end=300),
    Footage(name="bottle", file="bottle_detection.mp4", start=200, end=440),
)


def film(footage: Footage, count: int, random: Generator) -> Frames:
    """`count` frames of real footage from a random start, (count, HEIGHT, WIDTH, 3) bgr, perhaps mirrored.

    Played to and fro where it is too short.
    """
    frames = _moving(footage)
    there_and_back = np.concatenate([np.arange(len(frames)), np.arange(len(frames))[-2:0:-1]])
    start = int(random.integers(len(frames)))
    chosen = frames[there_and_back[(start + np.arange(count)) % len(there_and_back)]]
    return _grade(chosen, random)


def travel(footage: Footage, count: int, random: Generator) -> Frames:
    """A slow pan and zoom over a still of the footage, like `film`."""
    begin, end = _view(random), _view(random)
    places = np.linspace(0, 1, count)[:, None]
    return _grade(_move(_still(footage, random), begin + places * 0.5 * (end - begin)), random)


def whip(footage: Footage, count: int, random: Generator) -> Frames:
    """A still view, then a pan across the whole still within a quarter to two thirds of a second, then still."""
    length = int(random.integers(6, 17))
    start = int(random.integers(count // 3, max(count - length - count // 4, count // 3 + 1)))
    ease = np.clip((np.arange(count) - start) / length, 0, 1)[:, None]
    sides = [np.array([0.0, 0.3, 0.45]), np.array([1.0, 0.6, 0.45])]
    begin, end = sides if random.random() < 0.5 else sides[::-1]
    return _grade(
        _move(_still(footage, random), begin + ease * ease * (3 - 2 * ease) * (end - begin)), random
    )


def _view(random: Generator) -> NDArray[np.float64]:
    """Where a camera looks: how far right and down of what is possible (0 to 1), and how much of the width it sees."""
    return np.array([random.random(), random.random(), random.uniform(0.4, 0.8)])


def _move(still: Frames, views: NDArray[np.float64]) -> Frames:
    frames = np.empty((len(views), HEIGHT, WIDTH, 3), np.uint8)
    for frame, (right, down, part) in zip(frames, views, strict=True):
        scale = part * STILL_WIDTH / WIDTH
        x, y = right * (1 - part) * STILL_WIDTH, down * (1 - part) * STILL_HEIGHT
        matrix = np.array([[scale, 0, x], [0, scale, y]])
        warp = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cv2.warpAffine(still, matrix, (WIDTH, HEIGHT), dst=frame, flags=warp, borderMode=cv2.BORDER_REPLICATE)
    return frames


def _grade(frames: Frames, random: Generator) -> Frames:
    """The same shot a little brighter or darker, and in half of all cases mirrored."""
    levels = np.arange(256) * random.uniform(0.8, 1.1)
    graded: Frames = np.clip(levels, 0, 255).astype(np.uint8)[frames]
    return graded[:, :, ::-1] if random.random() < 0.5 else graded


def _still(footage: Footage, random: Generator) -> Frames:
    stills = _stills(footage)
    chosen: Frames = stills[int(random.integers(len(stills)))]
    return chosen


@cache
def _moving(footage: Footage) -> Frames:
    return _decode(footage, range(footage.start, footage.end), WIDTH, HEIGHT)


@cache
def _stills(footage: Footage) -> Frames:
    middle = (footage.start + footage.end) // 2
    return _decode(footage, (footage.start, middle, footage.end - 1), STILL_WIDTH, STILL_HEIGHT)


def _decode(footage: Footage, numbers: range | tuple[int, ...], width: int, height: int) -> Frames:
    """Those frames, scaled to fill the picture."""
    wanted = "+".join(f"eq(n,{number})" for number in numbers)
    if isinstance(numbers, range):
        wanted = f"between(n,{numbers.start},{numbers.stop - 1})"
    fill = f"scale={width}:{height}:force_original_aspect_ratio=increase:flags=area,crop={width}:{height}"
    path: Path = media_folder() / footage.file
    raw = subprocess.run(
        [
            "ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-vf", f"select='{wanted}',{fill}",
            "-fps_mode", "passthrough", "-pix_fmt", "bgr24", "-f", "rawvideo", "-",
        ],
        capture_output=True,
        check=True,
    ).stdout  # fmt: skip
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)
