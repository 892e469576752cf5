"""Check a downloaded file's container from end to end, and repair it: a new container first, new frames last.

A file that is sound is never touched. Checking decodes no more than the first frames: what is lost inside
frames is the proxy's to find and to say.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from heaters.domain.errors import DamagedMedia
from heaters.domain.results import Repair
from heaters.media.source.facts import SourceProbe
from heaters.media.source.probe import probe
from heaters.media.untrusted.ffmpeg import Progress, run_ffmpeg, safe_input
from heaters.media.untrusted.sniff import Container, sniff

LENGTH_TOLERANCE = 0.9
"""A file shorter than this part of the stated length is incomplete; stated lengths are rounded and often guessed."""

_JUMP_MS = 500
"""A time that goes back by less is a seam between fragments, which players do not notice."""

_LATEST_FIRST_FRAME_S = 1.0
"""After the first packet: what cannot be decoded before it confuses players, and a new container leaves it out."""

_PACE_TOLERANCE = 0.05
_BACKWARDS = re.compile(
    r"Non-monoton\w+ DTS.*previous: (-?\d+), current: (-?\d+)"
)  # libavformat/ffmpeg, in ms here
_BROKEN = re.compile(r"duplicated MOOV|timestamps are unset", re.IGNORECASE)
_COPIED = ("-map", "0:v", "-map", "0:a?", "-c", "copy")
_FORGIVING = ("-fflags", "+genpts+discardcorrupt", "-err_detect", "ignore_err")

_RISING = "if(gt(N,0),PREV_OUTDTS+if(gt(DTS,PREV_INDTS),DTS-PREV_INDTS,DURATION),DTS)"
_TIMES_ANEW = ("-bsf", f"setts=dts='{_RISING}':pts='{_RISING}+PTS-DTS'")
"""Each packet follows the one before it by the distance they had, or by its duration where time went back."""

_WARNINGS = {
    Repair.REMUXED: "The container of the downloaded file was broken and was written anew; "
    "picture and sound are as the site sent them.",
    Repair.REENCODED: "The downloaded file was broken and could only be repaired by encoding it again: "
    "the original is not what the site sent.",
}


class FaultKind(StrEnum):
    CONTAINER = "container"
    TIMES = "times"
    FRAMES = "frames"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong with a file: its container, the times in it, or that its first frames cannot be decoded."""

    kind: FaultKind
    said: str


@dataclass(frozen=True, kw_only=True)
class CheckedFile:
    """A file that reads well from end to end."""

    path: Path
    source: SourceProbe
    repair: Repair


def describe_repair(repair: Repair) -> tuple[str, ...]:
    """What people should know about it: one sentence, or none."""
    return (_WARNINGS[repair],) if repair in _WARNINGS else ()


def check_and_repair(path: Path, *, stated_s: float) -> CheckedFile:
    """The file at `path`, repaired in place if it had to be. `stated_s` is its promised length, 0 if unknown.

    Raises UnsupportedMedia for what is no video, DamagedMedia for what cannot be repaired or is incomplete.
    """
    container = sniff(path)
    fault = find_fault(path, container)
    repair = _repair(path, container, fault) if fault else Repair.NONE
    source = probe(path)
    if source.duration_s < stated_s * LENGTH_TOLERANCE:
        raise DamagedMedia(
            f"The video lasts {stated_s:.1f} s, but only {source.duration_s:.1f} s arrived; submit it again."
        )
    return CheckedFile(path=path, source=source, repair=repair)


def find_fault(path: Path, container: Container) -> Fault | None:
    """What is wrong with the file, if anything.

    Every packet of picture and sound is read once and written to nowhere by a muxer that minds their order.
    """
    try:
        video = probe(path, container).video
    except DamagedMedia as exc:
        return Fault(kind=FaultKind.FRAMES, said=exc.message)
    if video.start_s is not None and video.first_frame_s - video.start_s > _LATEST_FIRST_FRAME_S:
        return Fault(kind=FaultKind.FRAMES, said="It begins with frames that cannot be decoded.")
    arguments = [*safe_input(path, container), *_COPIED, "-f", "matroska", "file:/dev/null"]
    log = run_ffmpeg(arguments, folder=path.parent, check=False).log
    for line in log:
        jump = _BACKWARDS.search(line)
        if jump and int(jump[1]) - int(jump[2]) > _JUMP_MS:
            return Fault(kind=FaultKind.TIMES, said=line)
    broken = [line for line in log if _BROKEN.search(line)]
    return Fault(kind=FaultKind.CONTAINER, said=broken[0]) if broken else None


def _repair(path: Path, container: Container, fault: Fault) -> Repair:
    """Put a repaired file in the place of `path`; says what it took."""
    repaired = path.with_name("repaired")
    for repair, rewrite in ((Repair.REMUXED, _remux), (Repair.REENCODED, _reencode)):
        try:
            rewrite(path, container, repaired, fault)
            if find_fault(repaired, sniff(repaired)) is None:
                repaired.replace(path)
                return repair
        except DamagedMedia:
            continue  # the next way may do
        finally:
            repaired.unlink(missing_ok=True)
    raise DamagedMedia(f"The downloaded file is broken and cannot be repaired: {fault.said} Upload the file.")


def _remux(path: Path, container: Container, to: Path, fault: Fault) -> None:
    """Copy every packet into a new container. Raises DamagedMedia where that would change the video's pace."""
    times = _TIMES_ANEW if fault.kind is FaultKind.TIMES else ()
    opened = safe_input(path, container, options=_FORGIVING)
    frames = _write([*opened, *_COPIED, *times], to, formats=("mp4", "matroska"))
    if fault.kind is not FaultKind.TIMES:
        return
    rate, length_s = probe(path, container).video.average_rate, probe(to).duration_s
    if abs(frames - rate * length_s) > _PACE_TOLERANCE * frames:
        raise DamagedMedia(f"{frames} frames do not make {length_s:.1f} s; encode the video again.")


def _reencode(path: Path, container: Container, to: Path, fault: Fault) -> None:
    """Decode what can be decoded and encode it near-losslessly: CRF 12 is beyond what the eye sees; sound is FLAC.

    Where the times cannot be trusted, frames and samples are placed one after the other.
    """
    placed: Sequence[str] = ("-fps_mode", "vfr")
    if fault.kind is FaultKind.TIMES:
        rate = probe(path, container).video.average_rate
        placed = (
            "-vf", f"setpts=N/({rate or 25})/TB", "-af", "asetpts=N/SR/TB", "-fps_mode", "passthrough",
        )  # fmt: skip
    encoded = ("-c:v", "libx264", "-crf", "12", "-preset", "veryfast", "-c:a", "flac")
    opened = safe_input(path, container, options=_FORGIVING)
    _write([*opened, "-map", "0:v:0", "-map", "0:a?", *placed, *encoded], to, formats=("matroska",))


def _write(arguments: Sequence[str], to: Path, *, formats: Sequence[str]) -> int:
    """Write `to` in the first of `formats` that can hold it; the number of frames. Raises DamagedMedia."""
    seen = [Progress(frame=0)]
    for number, name in enumerate(formats, start=1):
        run = run_ffmpeg(
            [*arguments, "-f", name, f"file:{to.name}"],
            folder=to.parent,
            on_progress=seen.append,
            check=number == len(formats),
        )
        if run.exit_code == 0:
            break
    return seen[-1].frame
