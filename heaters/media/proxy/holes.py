"""Long stretches of a source in which no new picture comes. To keep time, a proxy would repeat one for so long.

Times are read from the container; nothing is decoded, and most sources are not even read.
"""

from dataclasses import dataclass
from pathlib import Path

from heaters.domain.errors import SourceTooLarge
from heaters.media.proxy.piece_plan import SEEKABLE
from heaters.media.proxy.plan import ProxyPlan
from heaters.media.source.facts import SourceProbe
from heaters.media.untrusted.ffmpeg import safe_input
from heaters.media.untrusted.lines import LineReader
from heaters.media.untrusted.process import Limits, run_limited
from heaters.media.untrusted.sniff import ASF, FLV, IVF

LONGEST_HOLE_S = 3600.0
"""Slides and screens stand still for long; but not for more than an hour."""

_OWN_CLOCK = SEEKABLE | {ASF, FLV, IVF}
"""Containers whose times ffmpeg takes as they are; it mends the jumps of a transport stream's clock."""

_LIMITS = Limits(file_bytes=0, timeout_s=3600)


@dataclass(frozen=True, kw_only=True)
class Hole:
    """For `length_s` after `start_s`, on the file's own clock, the picture of `start_s` is all there is."""

    start_s: float
    length_s: float


def refuse_holes(path: Path, source: SourceProbe, plan: ProxyPlan) -> None:
    """Raise SourceTooLarge if one picture would stand for more than LONGEST_HOLE_S."""
    if not may_have_holes(source, plan):
        return
    hole = find_longest_hole(path, source)
    if hole.length_s > LONGEST_HOLE_S:
        raise SourceTooLarge(
            f"For {hole.length_s / 3600:,.1f} hours after its second {hole.start_s - source.start_s:,.0f} the file has "
            "no picture; cut it there and upload the parts.",
            start_s=hole.start_s,
            length_s=hole.length_s,
        )


def may_have_holes(source: SourceProbe, plan: ProxyPlan) -> bool:
    """Whether the stated frames leave more than LONGEST_HOLE_S of the stated time unfilled."""
    filled_s = float((source.video.stated_frames or 0) / plan.rate)
    return source.container in _OWN_CLOCK and source.duration_s - filled_s > LONGEST_HOLE_S


def find_longest_hole(path: Path, source: SourceProbe) -> Hole:
    """The longest time for which one frame is shown, the last one included."""
    times = _Times(start_s=source.video.first_frame_s)
    run_limited(
        [
            "ffprobe", "-hide_banner", "-loglevel", "error", "-select_streams", str(source.video.stream_index),
            "-show_entries", "packet=pts_time,duration_time", "-of", "csv=p=0", *safe_input(path, source.container),
        ],
        folder=path.parent, limits=_LIMITS, on_stdout=LineReader(times), on_stderr=lambda _data: None,
    )  # fmt: skip
    return times.finish()


class _Times:
    """Reads lines of `time,duration` in order of decoding and remembers the longest step."""

    def __init__(self, *, start_s: float) -> None:
        self._last_s, self._last_lasts_s = start_s, 0.0
        self._longest = Hole(start_s=start_s, length_s=0.0)

    def __call__(self, line: bytes) -> None:
        self._read(line.decode().split(","))

    def finish(self) -> Hole:
        self._step(self._last_s + self._last_lasts_s)
        return self._longest

    def _read(self, fields: list[str]) -> None:
        try:
            time_s = float(fields[0])
        except ValueError:  # a packet without a time
            return
        if time_s >= self._last_s:
            self._step(time_s)
            self._last_s = time_s
            self._last_lasts_s = float(fields[1]) if fields[1:] and fields[1] not in ("", "N/A") else 0.0

    def _step(self, next_s: float) -> None:
        if next_s - self._last_s > self._longest.length_s:
            self._longest = Hole(start_s=self._last_s, length_s=next_s - self._last_s)
