"""Check a downloaded file's container from end to end, and repair it: a new container first, new frames last.

A file that is sound is never touched. Checking decodes no more than the first frames: what is lost inside
frames is the proxy's to find and to say.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from heaters.domain.errors import DamagedMedia, UnsupportedMedia
from heaters.domain.results import Repair
from heaters.media.ffmpeg import last_words, run_ffmpeg, safe_input
from heaters.media.probe import SourceProbe, probe
from heaters.media.sniff import Container, sniff

LENGTH_TOLERANCE = 0.9
"""A file shorter than this part of the stated length is incomplete; stated lengths are rounded and often guessed."""

_FAULTS = re.compile(
    r"non-monoton|duplicated moov|invalid data found|error reading|packet corrupt|partial file|unset timestamp"
    r"|timestamps are unset|unknown timestamp|out of order|invalid timestamps|truncat",
    re.IGNORECASE,
)
"""What ffmpeg says of a container that players stumble over (libavformat: mux.c, mov.c, matroskadec.c, mpegts.c)."""

_COPIED = ("-map", "0:v", "-map", "0:a?", "-c", "copy")
_REENCODED_VIDEO = ("-c:v", "libx264", "-crf", "12", "-preset", "veryfast")
_WARNINGS = {
    Repair.REMUXED: "The container of the downloaded file was broken and was written anew; "
    "picture and sound are as the site sent them.",
    Repair.REENCODED: "The downloaded file was broken and could only be repaired by encoding it again: "
    "the original is not what the site sent.",
}


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

    Raises UnsupportedMedia for what is no video, DamagedMedia for what cannot be repaired.
    """
    container = sniff(path)
    fault = find_fault(path, container, stated_s=stated_s)
    if fault is None:
        return CheckedFile(path=path, source=probe(path, container), repair=Repair.NONE)
    for repair, rewrite in ((Repair.REMUXED, _remux), (Repair.REENCODED, _reencode)):
        repaired = path.with_name("repaired")
        try:
            rewrite(path, container, repaired)
            if find_fault(repaired, sniff(repaired), stated_s=stated_s) is None:
                source = probe(repaired)
                return CheckedFile(path=repaired.replace(path), source=source, repair=repair)
        except (DamagedMedia, UnsupportedMedia) as exc:
            fault = exc.message
        repaired.unlink(missing_ok=True)
    raise DamagedMedia(f"The downloaded file is broken and cannot be repaired: {fault} Submit the URL again.")


def find_fault(path: Path, container: Container, *, stated_s: float) -> str | None:
    """What is wrong with the file as a container, in ffmpeg's words; None if nothing is.

    Every packet of picture and sound is read once and written to nowhere by a muxer that minds their order.
    """
    try:
        found = probe(path, container)
    except DamagedMedia as exc:
        return exc.message
    if found.duration_s < stated_s * LENGTH_TOLERANCE:
        return f"It should last {stated_s:.1f} s, but {found.duration_s:.1f} s arrived."
    read = run_ffmpeg(
        [*safe_input(path, container), *_COPIED, "-f", "matroska", "file:/dev/null"],
        folder=path.parent,
        check=False,
    )
    faults = [line for line in read.log if _FAULTS.search(line)]
    if read.exit_code != 0 or faults:
        return f"{last_words(faults or read.log)}."
    return None


def _remux(path: Path, container: Container, to: Path) -> None:
    """Copy every packet into a new container, with times where they were missing."""
    opened = safe_input(path, container, options=["-fflags", "+genpts+discardcorrupt"])
    _write([*opened, *_COPIED], to, formats=("mp4", "matroska"))


def _reencode(path: Path, container: Container, to: Path) -> None:
    """Decode what can be decoded and place frames and samples one after the other, whatever their times said.

    CRF 12 is beyond what the eye sees; sound stays lossless.
    """
    found = probe(path, container)
    rate = found.video.average_rate or found.video.base_rate or 25
    opened = safe_input(
        path, container, options=["-fflags", "+genpts+discardcorrupt", "-err_detect", "ignore_err"]
    )
    _write(
        [
            *opened, "-map", f"0:{found.video.stream_index}", "-map", "0:a?",
            "-vf", f"setpts=N/({rate})/TB", "-af", "asetpts=N/SR/TB", "-fps_mode", "passthrough",
            *_REENCODED_VIDEO, "-c:a", "flac",
        ],
        to,
        formats=("matroska",),
    )  # fmt: skip


def _write(arguments: Sequence[str], to: Path, *, formats: Sequence[str]) -> None:
    for number, name in enumerate(formats, start=1):
        last = number == len(formats)
        run = run_ffmpeg([*arguments, "-f", name, f"file:{to.name}"], folder=to.parent, check=last)
        if run.exit_code == 0:
            return
