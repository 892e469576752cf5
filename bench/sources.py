"""The material to measure on: 60 s of 1080p made of real shots, kept between runs."""

import os
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
SECONDS = 60


def media_folder() -> Path:
    """Real videos: HEATERS_TEST_MEDIA, or shared/media beside the checkout."""
    return Path(os.environ.get("HEATERS_TEST_MEDIA") or REPOSITORY.parent / "shared" / "media")


def compose_source(folder: Path) -> Path:
    """Sixty seconds of 1080p24 H.264 with AAC: real shots, scaled up, one after the other."""
    path = folder / f"source_{SECONDS}s_1080p.mp4"
    if path.exists():
        return path
    shots = media_folder() / "big_buck_bunny_480p_30s.mp4"
    if not shots.exists():
        raise SystemExit(
            f"heaters: {shots} is missing; set HEATERS_TEST_MEDIA to the folder of real test videos."
        )
    unfinished = path.with_suffix(".part.mp4")
    run_ffmpeg(
        "-stream_loop", "-1", "-i", str(shots), "-t", str(SECONDS),
        "-vf", "scale=1920:1080:flags=lanczos,setsar=1", "-c:v", "libx264", "-preset", "veryfast", "-crf", "18",
        "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "128k", str(unfinished),
    )  # fmt: skip
    return unfinished.rename(path)


def run_ffmpeg(*arguments: str) -> None:
    """Plain ffmpeg, as somebody would type it."""
    subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-y", *arguments], check=True)
