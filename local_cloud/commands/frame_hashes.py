"""Decoded frames as hashes, by ffmpeg's own `framemd5`: the independent witness of what a file holds."""

import subprocess
from pathlib import Path

from local_cloud.machine.settings import LocalCloudError


def decode_hashes(path: Path) -> list[str]:
    """The MD5 of each frame of the first video stream, in order, none dropped and none repeated."""
    run = subprocess.run(
        [
            "ffmpeg", "-nostdin", "-v", "error", "-i", f"file:{path}", "-map", "0:v:0",
            "-fps_mode", "passthrough", "-f", "framemd5", "-",
        ],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if run.returncode != 0:
        raise LocalCloudError(f"ffmpeg cannot decode {path}:\n{run.stderr[-1000:]}")
    lines = [line for line in run.stdout.splitlines() if line and not line.startswith("#")]
    return [line.rsplit(",", 1)[1].strip() for line in lines]
