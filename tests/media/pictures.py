"""Decode videos to small grey pictures, so that tests can say which frame of one video a frame of another shows."""

import json
import subprocess
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from heaters.media.scenes.score_counter import planes_to_bgr

WIDTH, HEIGHT = 64, 48


def run(*argv: str | Path) -> bytes:
    """Run a program that a test trusts; its standard output."""
    return subprocess.run([str(a) for a in argv], check=True, capture_output=True).stdout


def encode(path: Path, *arguments: str) -> Path:
    """A test video at `path`, made by ffmpeg from `arguments`."""
    run("ffmpeg", "-nostdin", "-v", "error", "-y", *arguments, path)
    return path


def grey_frames(path: Path, *, matrix: str = "bt709") -> NDArray[np.float32]:
    """Every decoded frame of the first picture track, upright, (n, HEIGHT * WIDTH): the mean of red, green and blue.

    `matrix` is how the video codes its colours.
    """
    scale = f"scale={WIDTH}:{HEIGHT}:flags=area:in_color_matrix={matrix}"
    raw = run(
        "ffmpeg", "-nostdin", "-v", "quiet", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough",
        "-vf", scale, "-pix_fmt", "rgb24", "-f", "rawvideo", "-",
    )  # fmt: skip
    return np.frombuffer(raw, np.uint8).reshape(-1, WIDTH * HEIGHT, 3).mean(axis=2, dtype=np.float32)


def nearest_frames(of: NDArray[np.float32], among: NDArray[np.float32]) -> list[int]:
    """For each frame of `of`, the place of the frame of `among` that looks most like it."""
    distances = [((among - frame) ** 2).mean(axis=1) for frame in of]
    return [int(row.argmin()) for row in distances]


def frame_differences(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean squared difference of each pair of frames."""
    return ((left - right) ** 2).mean(axis=1)


def raw_frames(path: Path, width: int, height: int) -> bytes:
    """All frames as yuv420p of that size, one after the other."""
    return run(
        "ffmpeg", "-nostdin", "-v", "error", "-i", path, "-vf", f"scale={width}:{height}:flags=area",
        "-fps_mode", "passthrough", "-pix_fmt", "yuv420p", "-f", "rawvideo", "-",
    )  # fmt: skip


def bgr_frames(raw: bytes, width: int, height: int) -> NDArray[np.uint8]:
    """The same frames as OpenCV shows them to PySceneDetect, (n, height, width, 3)."""
    planes = np.frombuffer(raw, np.uint8).reshape(-1, height * 3 // 2, width)
    return np.stack([planes_to_bgr(frame) for frame in planes])


def raw_from_bgr(frames: NDArray[np.uint8]) -> bytes:
    """Frames (n, height, width, 3) as yuv420p, one after the other."""
    return b"".join(cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420).tobytes() for frame in frames)


def stream_facts(path: Path, kind: str) -> dict[str, str]:
    """What ffprobe says about the first track of that kind ("v:0", "a:0"); nothing if there is none."""
    answer = run("ffprobe", "-v", "error", "-select_streams", kind, "-show_streams", "-of", "json", path)
    streams = json.loads(answer)["streams"]
    return streams[0] if streams else {}
