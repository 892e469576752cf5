"""What a source says about itself, and what its first frames show: the facts that plans are made from.

Headers are read by ffprobe, and the first frames are really decoded, because start times, interlacing and colours
in headers are often wrong. Never decodes more than those frames and decides nothing.
"""

import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from heaters.domain.errors import DamagedMedia, SourceTooLarge, UnsupportedMedia
from heaters.media.source.facts import SourceProbe
from heaters.media.source.packets import TIMED, Packets, read_packets
from heaters.media.source.probe_answer import choose_video, read_probe
from heaters.media.untrusted.ffmpeg import last_words, run_ffprobe, safe_input
from heaters.media.untrusted.sniff import MP4, Container, sniff

_FIRST_PACKETS = 40  # enough to get past the reordering of B-frames and to see a field order
_MORE_PACKETS = (400, 4_000, 40_000)  # how far to look for a frame where a stream begins within a long GOP
_FRAME_FACTS = (
    "media_type,width,height,sample_aspect_ratio,pix_fmt,pict_type,interlaced_frame,best_effort_timestamp_time,"
    "color_range,color_space,color_transfer,color_primaries"
)
_REFUSED_SIZE = re.compile(r"Picture size (\d+x\d+) (?:is invalid|exceeds)")  # libavutil/imgutils.c


def probe(path: Path, container: Container | None = None) -> SourceProbe:
    """The facts of the source at `path`.

    Raises UnsupportedMedia for what is not a video, DamagedMedia for a video that cannot be opened or of which not
    one of the first frames decodes, SourceTooLarge for pictures larger than any decoder may allocate.
    """
    log: list[str] = []
    try:
        return _probe(path, container or sniff(path), log)
    except (DamagedMedia, UnsupportedMedia) as exc:
        if refused := _REFUSED_SIZE.search("\n".join(log)):
            raise SourceTooLarge(
                f"The file claims to hold pictures of {refused[1]} pixels; scale it down and upload it again."
            ) from exc
        raise


def _probe(path: Path, container: Container, log: list[str]) -> SourceProbe:
    """As `probe`; what ffprobe says is added to `log`."""
    opened = safe_input(path, container)
    answer = run_ffprobe(["-show_format", "-show_streams", *opened], folder=path.parent)
    log += answer["log"]
    if "format" not in answer:
        raise _unreadable(path, container, answer["log"])
    stream = choose_video(answer.get("streams", []))
    packets = _packets(path, container, stream)
    frames = _first_frames(path, container, stream, packets, log)
    return read_probe(answer, frames, packets=packets, container=container, size_bytes=path.stat().st_size)


def _packets(path: Path, container: Container, stream: Mapping[str, Any]) -> Packets | None:
    if container not in TIMED:
        return None
    return read_packets(path, container, int(stream["index"]), Fraction(str(stream.get("time_base", 0))))


def _first_frames(
    path: Path, container: Container, stream: Mapping[str, Any], packets: Packets | None, log: list[str]
) -> list[Mapping[str, Any]]:
    """Facts of the first frames: of those after what an edit list hides or what a cut left without a key frame."""
    counts = [packets.lead + _FIRST_PACKETS] if packets else [_FIRST_PACKETS, *_MORE_PACKETS]
    for count in counts:
        first = ["-select_streams", str(stream["index"]), "-read_intervals", f"%+#{count}"]
        shown = run_ffprobe(
            [*first, "-show_entries", f"frame={_FRAME_FACTS}", *safe_input(path, container)],
            folder=path.parent,
        )
        log += shown["log"]
        if frames := [
            frame for frame in shown.get("frames", []) if frame.get("media_type", "video") == "video"
        ]:
            return frames
    return []


def _unreadable(path: Path, container: Container, log: list[str]) -> DamagedMedia | UnsupportedMedia:
    """Why ffprobe could not open a file that looked like a `container`."""
    if container is MP4 and any("moov atom not found" in line for line in log):
        return DamagedMedia(
            "The file ends before its index (moov), so its upload was cut off; upload it again."
        )
    if path.stat().st_size < 1024:
        return DamagedMedia(f"The file ends after {path.stat().st_size} bytes; upload it again.")
    return UnsupportedMedia(
        f"The file looks like {container.name} but cannot be opened: {last_words(log)}; upload it again.",
    )
