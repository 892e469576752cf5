"""A video in which every frame carries its own number, and how to read that number from what a browser drew.

The number stands in Gray code as black and white blocks along the top edge, so that neighbouring frames differ in
one block only and scene detection sees nothing but the four shots below.
"""

import subprocess
from pathlib import Path

import numpy as np

WIDTH, HEIGHT, RATE = 640, 360, 24
BLOCKS = 10
BLOCK_WIDTH, BLOCK_HEIGHT = WIDTH // BLOCKS, 40
SHOT_FRAMES = 48
SHOT_COLOURS = ((40, 70, 160), (210, 160, 40), (40, 130, 60), (190, 60, 90))
FRAME_COUNT = SHOT_FRAMES * len(SHOT_COLOURS)
CUTS = tuple(range(SHOT_FRAMES, FRAME_COUNT, SHOT_FRAMES))

READ_NUMBER = f"""
() => {{
  const canvas = document.querySelector("canvas");
  const pixels = canvas.getContext("2d").getImageData(0, {BLOCK_HEIGHT // 2}, canvas.width, 1).data;
  let gray = 0;
  for (let block = 0; block < {BLOCKS}; block += 1) {{
    const x = Math.floor((block + 0.5) * canvas.width / {BLOCKS});
    gray = gray * 2 + (pixels[4 * x] > 127 ? 1 : 0);
  }}
  let number = 0;
  for (let bits = gray; bits > 0; bits >>= 1) number ^= bits;
  return {{ drawn: number, reported: Number(canvas.dataset.frame ?? -1) }};
}}
"""
"""JavaScript: the number that the canvas shows, and the one that the player says it shows, at one moment."""


def write_numbered_video(path: Path) -> Path:
    """Write 8 s of 24 fps H.264 with sound to `path`: four shots of 48 frames each."""
    command = [
        "ffmpeg", "-v", "error", "-y",
        "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE), "-i", "pipe:0",
        "-f", "lavfi", "-i", f"sine=frequency=440:duration={FRAME_COUNT / RATE}",
        "-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", "-pix_fmt", "yuv420p", "-c:a", "aac", str(path),
    ]  # fmt: skip
    frames = b"".join(draw_frame(number).tobytes() for number in range(FRAME_COUNT))
    subprocess.run(command, input=frames, check=True)
    return path


def draw_frame(number: int) -> np.ndarray:
    """Frame `number` as (height, width, 3) bytes: its shot's colour in a soft pattern, its number on top."""
    columns, rows = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    texture = 24 * np.sin(columns / 37) * np.cos(rows / 23)
    colour = np.array(SHOT_COLOURS[number // SHOT_FRAMES])
    picture = np.clip(colour + texture[..., None], 16, 235).astype(np.uint8)
    gray = number ^ (number >> 1)
    for block in range(BLOCKS):
        white = gray >> (BLOCKS - 1 - block) & 1
        picture[:BLOCK_HEIGHT, block * BLOCK_WIDTH : (block + 1) * BLOCK_WIDTH] = 255 * white
    return picture
