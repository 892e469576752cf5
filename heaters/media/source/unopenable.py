"""Look into a file of which ffprobe refuses to say anything, because one of its sound tracks has no working decoder.

ffprobe opens a decoder for every track before it answers. ffmpeg does not: it copies the other tracks into a file that
can be asked instead. Never used where ffprobe answers.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from heaters.media.untrusted.ffmpeg import run_ffmpeg, safe_input
from heaters.media.untrusted.process import Limits, run_limited
from heaters.media.untrusted.sniff import MATROSKA, MP4, Container

_LIMITS = Limits(timeout_s=3600, resident_bytes=3 * 1024**3 // 2)
_UNOPENED = re.compile(r"Could not open codec for input stream (\d+)")
_COPIED = re.compile(r"Stream #0:(\d+) -> #0:(\d+)")
_MOST_TRACKS = 32


@dataclass(frozen=True, kw_only=True)
class Openable:
    """A copy of what can be opened. `indexes[n]` is the source's number of the copy's track `n`; `left_out` those of
    sound tracks that cannot be decoded.
    """

    path: Path
    container: Container
    indexes: tuple[int, ...]
    left_out: tuple[int, ...]


@contextmanager
def without_unopenable(path: Path, container: Container) -> Iterator[Openable | None]:
    """A copy of the file at `path` without what ffprobe stumbles over; None where it stumbles over something else.

    It is removed at the end.
    """
    with TemporaryDirectory(dir=path.parent, prefix="openable-") as folder:
        yield _copy_openable(path, container, Path(folder))


def _copy_openable(path: Path, container: Container, folder: Path) -> Openable | None:
    target = container if container is MP4 else MATROSKA
    copy, left_out = Openable(path=path, container=container, indexes=(), left_out=()), list[int]()
    for _ in range(_MOST_TRACKS):
        unopened = _find_unopenable(copy)
        if unopened is None:
            return copy if left_out else None
        left_out.append(copy.indexes[unopened] if copy.indexes else unopened)
        muxer = "mov" if target is MP4 else "matroska"
        kept = ["-map", "0:v", "-map", "0:a?", *(part for n in left_out for part in ("-map", f"-0:{n}"))]
        run = run_ffmpeg(
            [*safe_input(path, container), *kept, "-c", "copy", "-f", muxer, "openable"],
            folder=folder, limits=_LIMITS, log_level="info", check=False,
        )  # fmt: skip
        if run.exit_code != 0:
            return None
        indexes = tuple(int(found[1]) for line in run.log if (found := _COPIED.search(line)))
        copy = Openable(path=folder / "openable", container=target, indexes=indexes, left_out=tuple(left_out))
    return None


def _find_unopenable(copy: Openable) -> int | None:
    """The number of the track that ffprobe fails at."""
    log = bytearray()
    run_limited(
        ["ffprobe", "-hide_banner", "-loglevel", "warning", *safe_input(copy.path, copy.container)],
        folder=copy.path.parent, limits=Limits(file_bytes=0, timeout_s=300), on_stdout=lambda _data: None,
        on_stderr=lambda data: log.extend(data[: 1 << 16]),
    )  # fmt: skip
    found = _UNOPENED.search(log[-4096:].decode("utf-8", errors="replace"))
    return int(found[1]) if found else None
