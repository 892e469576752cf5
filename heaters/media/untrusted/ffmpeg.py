"""Call ffmpeg and ffprobe: safe arguments for untrusted input, progress, and the end of the log for messages.

Argument lists are made by pure functions and never go through a shell. Never decides what to encode.
"""

import json
import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ffmpeg

from heaters.domain.errors import DamagedMedia, NotEnoughDisk, WorkerLost
from heaters.media.untrusted.lines import LineReader
from heaters.media.untrusted.process import Limits, Reader, open_side_channel, run_limited
from heaters.media.untrusted.sniff import Container

MAX_PIXELS = 16384 * 8640
"""The largest picture that a decoder may allocate; a header that asks for more is refused by ffmpeg itself."""

_NO_FILTER = re.compile(r"No such filter: '(\w+)'")  # zscale, for HDR, is not in every build
_DISK_FULL = "No space left on device"
LOG_LINES = 200
"""As many lines of a log are kept, the last ones."""

_LOG_LINE_CHARS = 500
_PROBE_BYTES = 64 * 1024**2
_PROBE_LIMITS = Limits(file_bytes=0, timeout_s=300)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run is. `fraction` and `eta_s` need a known duration; `speed` is seconds of video per second."""

    frame: int
    fraction: float | None = None
    speed: float | None = None
    eta_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class FfmpegRun:
    """A run that has ended: its exit code and the last lines of its log, oldest first."""

    exit_code: int
    log: tuple[str, ...]


def safe_input(
    path: Path, container: Container, *, options: Sequence[str] = (), max_pixels: int = MAX_PIXELS
) -> list[str]:
    """Arguments that open `path` as exactly the container it was sniffed to be, and nothing else anywhere.

    No other file or address can be reached from inside the file: one demuxer, local protocols only. The same
    arguments work for ffmpeg and ffprobe.
    """
    safe = [
        part for name, value in _safe_options(container, max_pixels).items() for part in (f"-{name}", value)
    ]
    return [*safe, *options, "-i", _url(path)]


def safe_source(path: Path, container: Container, *, max_pixels: int = MAX_PIXELS) -> Any:
    """The same as an input of ffmpeg-python's builder."""
    return ffmpeg.input(_url(path), **_safe_options(container, max_pixels))


def _safe_options(container: Container, max_pixels: int) -> dict[str, str]:
    return {
        "protocol_whitelist": "file,pipe",
        "format_whitelist": container.demuxer,
        "max_pixels": str(max_pixels),
        "f": container.demuxer,
    }


def _url(path: Path) -> str:
    return f"file:{path.absolute()}"


def run_ffmpeg(
    arguments: Sequence[str],
    *,
    folder: Path,
    limits: Limits | None = None,
    duration_s: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_output: Reader | None = None,
    extra_outputs: Mapping[str, Reader] | None = None,
    log_level: str = "warning",
    check: bool = True,
) -> FfmpegRun:
    """Run `ffmpeg` with `arguments` (inputs first, see `safe_input`) in `folder`, where outputs are named relative.

    `on_output` gets what is written to `pipe:1`, and `extra_outputs` names more of them: an argument that is such a
    name is replaced by a pipe that its reader gets. `on_progress` is called about once a second, in this thread.
    Raises DamagedMedia with ffmpeg's last words when it fails (unless `check` is off), NotEnoughDisk when the disk is
    full, WorkerLost when this ffmpeg was built without a filter, and what `run_limited` raises.
    """
    log, names, channels = _LogTail(), dict[str, str](), []
    argv = ["ffmpeg", "-nostdin", "-hide_banner", "-nostats", "-loglevel", f"level+{log_level}", "-y"]
    with ExitStack() as pipes:
        for name, read in (extra_outputs or {}).items():
            channels.append(pipes.enter_context(open_side_channel(read)))
            names[name] = f"pipe:{channels[-1].write_fd}"
        if on_progress:
            reader = LineReader(_ProgressReader(duration_s=duration_s, report=on_progress))
            channels.append(pipes.enter_context(open_side_channel(reader)))
            argv += ["-progress", f"pipe:{channels[-1].write_fd}", "-stats_period", "1"]
        exit_code = run_limited(
            [*argv, *(names.get(argument, argument) for argument in arguments)],
            folder=folder,
            limits=limits or Limits(),
            on_stdout=on_output or _discard,
            on_stderr=log,
            side_channels=channels,
        )
    run = FfmpegRun(exit_code=exit_code, log=log.lines())
    if exit_code != 0:
        _refuse_failure(run, check=check)
    return run


def _refuse_failure(run: FfmpegRun, *, check: bool) -> None:
    """Raise what a failed run's log says: what is missing on this machine always, damage only to `check`."""
    if any(_DISK_FULL in line for line in run.log):
        raise NotEnoughDisk("The disk was full before ffmpeg was done; it is tried again elsewhere.")
    if missing := _NO_FILTER.search("\n".join(run.log)):
        raise WorkerLost(
            f"ffmpeg has no filter {missing[1]}, which this video needs; install an ffmpeg that has it in this image."
        )
    if check:
        raise DamagedMedia(
            f"ffmpeg could not process this file: {last_words(run.log)}; check the source and upload it again.",
            exit_code=run.exit_code,
            log=list(run.log[-10:]),
        )


def run_ffprobe(arguments: Sequence[str], *, folder: Path, limits: Limits = _PROBE_LIMITS) -> dict[str, Any]:
    """The JSON that `ffprobe` prints for `arguments`; `{}` where it could not open the file.

    What it said about errors is under the key `"log"`, a list of lines. Raises DamagedMedia if it prints more than
    64 MiB, and what `run_limited` raises.
    """
    log, output = _LogTail(), bytearray()

    def collect(data: bytes) -> None:
        output.extend(data)
        if len(output) > _PROBE_BYTES:
            raise DamagedMedia("ffprobe found more in this file than a video has; check the source.")

    argv = ["ffprobe", "-hide_banner", "-loglevel", "level+error", "-of", "json", *arguments]
    run_limited(argv, folder=folder, limits=limits, on_stdout=collect, on_stderr=log)
    try:
        answer = json.loads(output.decode("utf-8", errors="replace") or "{}")
    except ValueError:
        answer = {}
    return {**answer, "log": list(log.lines())}


def last_words(log: Sequence[str]) -> str:
    """The last line of a log that names an error, without ffmpeg's prefixes."""
    errors = [line for line in log if "[error]" in line or "[fatal]" in line] or list(log)
    line = errors[-1] if errors else "it said nothing"
    return line.rsplit("] ", 1)[-1].strip().rstrip(".")


def parse_progress(block: Mapping[str, str], *, duration_s: float | None) -> Progress:
    """One block of ffmpeg's `-progress` output. Values that are not there yet (`N/A`) become 0 or None.

    The last block counts as the end, whatever its last time is: the end of a stream is not always written to it.
    """
    out_time_s = max(_number(block.get("out_time_us")) or 0.0, 0.0) / 1e6
    speed = _number((block.get("speed") or "").rstrip("x"))
    frame = int(_number(block.get("frame")) or 0)
    if not duration_s:
        return Progress(frame=frame, speed=speed)
    if block.get("progress") == "end":
        out_time_s = duration_s
    eta_s = max(duration_s - out_time_s, 0.0) / speed if speed else None
    return Progress(
        frame=frame,
        fraction=min(out_time_s / duration_s, 1.0),
        speed=speed,
        eta_s=eta_s,
    )


@dataclass(kw_only=True)
class _ProgressReader:
    """Joins lines of the progress pipe into blocks; each ends with the line `progress=continue` or `progress=end`."""

    duration_s: float | None
    report: Callable[[Progress], None]
    _block: dict[str, str] = field(default_factory=dict)

    def __call__(self, line: bytes) -> None:
        name, _, value = line.decode("ascii", errors="replace").partition("=")
        self._block[name.strip()] = value.strip()
        if name.strip() == "progress":
            self.report(parse_progress(self._block, duration_s=self.duration_s))
            self._block.clear()


class _LogTail:
    """The last lines of a child's stderr, however much it says."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=LOG_LINES)
        self._reader = LineReader(self._keep, max_rest_bytes=_LOG_LINE_CHARS)

    def __call__(self, data: bytes) -> None:
        self._reader(data.replace(b"\r", b"\n"))

    def lines(self) -> tuple[str, ...]:
        rest = self._reader.rest
        return (*self._lines, *([_text(rest)] if rest.strip() else []))

    def _keep(self, line: bytes) -> None:
        if line.strip():
            self._lines.append(_text(line))


def _text(line: bytes) -> str:
    return line[:_LOG_LINE_CHARS].decode("utf-8", errors="replace").strip()


def _discard(_data: bytes) -> None:
    """For output that nobody asked for."""


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
