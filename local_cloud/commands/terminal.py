"""What people read while videos are worked on: a line when something changes, at most one every 2 s a video."""

import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

_QUIET_S = 2.0

_DOING = {
    "new": "waiting to start",
    "downloading": "downloading",
    "downloaded": "uploaded",
    "preprocessing": "making the proxy",
    "preprocessed": "proxy made",
    "detecting_scenes": "finding scenes",
    "in_review": "in review",
    "complete": "complete",
    "download_failed": "download failed",
    "preprocess_failed": "proxy failed",
    "detect_scenes_failed": "scene detection failed",
}

_WORKING = frozenset({"downloading", "preprocessing", "detecting_scenes"})


class Progress:
    """Prints the videos that it is shown, as often as they are worth a line."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._shown: dict[str, tuple[str, float]] = {}
        self._started_s = time.monotonic()

    def say(self, text: str) -> None:
        elapsed_s = time.monotonic() - self._started_s
        print(f"[{elapsed_s:6.1f} s] {text}", file=self._out, flush=True)

    def remember(self, label: str, video: Mapping[str, Any]) -> None:
        """A video whose present state is nothing new."""
        self._shown[label] = (describe(video), time.monotonic())

    def show(self, label: str, video: Mapping[str, Any]) -> None:
        """A video as the API describes it."""
        line = describe(video)
        before, at_s = self._shown.get(label, ("", float("-inf")))
        same_step = line.split(":")[0] == before.split(":")[0]
        now_s = time.monotonic()
        if line == before or (same_step and now_s - at_s < _QUIET_S):
            return
        self._shown[label] = (line, now_s)
        self.say(f"{label}  {line}")


def describe(video: Mapping[str, Any]) -> str:
    """`making the proxy: 45 %, 3.1x, 8 s left; master 20 %` or `in review: 2 approved, 1 exporting`."""
    parts = []
    state = video["state"]
    if video.get("progress") and state in _WORKING:
        parts.append(_describe_progress(video["progress"]))
    counts = {name: n for name, n in (video.get("counts") or {}).items() if n and name != "superseded"}
    if counts:
        parts.append(", ".join(f"{n} {name.replace('_', ' ')}" for name, n in counts.items()))
    if video.get("master_state") == "archiving":
        progress = video.get("master_progress")
        parts.append(f"archiving the master {_describe_progress(progress) if progress else ''}".rstrip())
    elif video.get("master_state") == "failed":
        parts.append("master failed")
    doing = _DOING.get(state, state)
    return f"{doing}: {'; '.join(parts)}" if parts else doing


def _describe_progress(progress: Mapping[str, Any]) -> str:
    text = f"{round(progress['fraction'] * 100)} %"
    if progress.get("speed"):
        text += f", {progress['speed']:.1f}x"
    if progress.get("eta_s") is not None:
        text += f", {progress['eta_s']:.0f} s left"
    return text


def format_table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Columns padded to their widest cell."""
    cells = [list(header), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)
