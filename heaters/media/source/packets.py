"""Count the packets of a picture track and read their times: what a container really holds, whatever its header says.

Packets are read, never decoded.
"""

from array import array
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from heaters.media.source.facts import FrameTimes
from heaters.media.untrusted.ffmpeg import safe_input
from heaters.media.untrusted.process import Limits, run_limited
from heaters.media.untrusted.sniff import ASF, AVI, FLV, IVF, MATROSKA, MP4, MPEG_PS, MPEGTS, WEBM, Container

TIMED = frozenset({MP4, MATROSKA, WEBM, ASF, FLV, IVF})
"""Containers that store when each frame is shown, on one clock."""

READ = TIMED | {AVI, MPEGTS, MPEG_PS}
"""Containers whose packets tell more than their headers."""

JITTER_S = Fraction(1, 1000)
"""Times on a clock of milliseconds keep their rounding when they are copied to a finer one."""

_SLACK = Fraction(101, 100)
_MOST_TIMES = 8_000_000  # 37 hours of 60 frames a second; 64 MB
_LIMITS = Limits(file_bytes=0, timeout_s=3600)


@dataclass(frozen=True, kw_only=True)
class Packets:
    """All packets of one track.

    `shown` of them are frames to be seen; the others are there only to decode these, as an edit list wants it.
    `lead` come, in order of decoding, before the first that can be decoded and seen. `slots` counts places on the
    clock from the first packet to the last, empty ones too. `is_whole` is whether all could be read.
    """

    shown: int
    lead: int
    slots: int
    is_whole: bool
    times: FrameTimes | None


def read_packets(path: Path, container: Container, stream_index: int, time_base: Fraction) -> Packets:
    """Read every packet of one picture track of the file at `path`: once through the whole file."""
    reader, errors = _PacketReader(), bytearray()
    code = run_limited(
        [
            "ffprobe", "-hide_banner", "-loglevel", "error", "-select_streams", str(stream_index),
            "-show_entries", "packet=pts,dts,duration,flags", "-of", "csv=p=0", *safe_input(path, container),
        ],
        folder=path.parent, limits=_LIMITS, on_stdout=reader, on_stderr=lambda data: errors.extend(data[:80]),
    )  # fmt: skip
    return reader.finish(time_base, is_whole=code == 0 and not errors)


class _PacketReader:
    """Reads lines of `pts,dts,duration,flags`, one a packet, in order of decoding."""

    def __init__(self) -> None:
        self._rest, self._lines = b"", 0
        self._times: array[int] | None = array("q")
        self._last_dts = self._first_dts = 0
        self._last, self._last_lasts = -(1 << 62), 0
        self._shown = 0
        self._first_key: int | None = None
        self._first_shown: int | None = None

    def __call__(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            fields = line.split(b",")
            if len(fields) >= 4:
                self._read(_number(fields[0]), _number(fields[1]), _number(fields[2]) or 0, fields[3])

    def finish(self, time_base: Fraction, *, is_whole: bool) -> Packets:
        times = None
        if self._times and time_base > 0:
            times = describe_times(self._times, self._last_lasts, time_base)
        return Packets(
            shown=self._shown,
            lead=max(self._first_key or 0, self._first_shown or 0),
            slots=self._last_dts - self._first_dts + 1 if self._lines else 0,
            is_whole=is_whole,
            times=times,
        )

    def _read(self, shown_at: int | None, decoded_at: int | None, lasts: int, flags: bytes) -> None:
        if decoded_at is not None:
            self._last_dts = decoded_at
            self._first_dts = decoded_at if self._lines == 0 else self._first_dts
        if self._first_key is None and b"K" in flags:
            self._first_key = self._lines
        if b"D" not in flags:
            self._show(decoded_at if shown_at is None else shown_at, lasts)
        self._lines += 1

    def _show(self, at: int | None, lasts: int) -> None:
        self._shown += 1
        if self._first_shown is None:
            self._first_shown = self._lines
        if at is None or self._times is None or len(self._times) == _MOST_TIMES:
            self._times = None  # times of only a part would mislead
            return
        self._times.append(at)
        if at > self._last:
            self._last, self._last_lasts = at, lasts


def describe_times(ticks: "array[int]", last_lasts: int, time_base: Fraction) -> FrameTimes:
    """What the times of all frames, in any order, say about their rate."""
    times = np.sort(np.frombuffer(ticks, np.int64))
    steps, span = np.diff(times), int(times[-1] - times[0])
    allowed = max(1.0, float(JITTER_S / time_base)) * float(_SLACK)
    usual = int(np.median(steps)) if len(steps) else 0
    line = np.arange(len(times)) * (span / max(len(times) - 1, 1))
    return FrameTimes(
        count=len(times),
        first_s=float(times[0] * time_base),
        span_s=span * time_base,
        tick_s=time_base,
        is_even=bool(len(steps) and steps.min() > 0 and np.abs(times - times[0] - line).max() <= allowed),
        usual_step_s=usual * time_base,
        usual_share=float((np.abs(steps - usual) <= allowed).mean()) if len(steps) else 0.0,
        last_lasts_s=max(last_lasts, 0) * time_base,
    )


def _number(field: bytes) -> int | None:
    return int(field) if field.lstrip(b"-").isdigit() else None
