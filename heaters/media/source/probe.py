"""What a source says about itself, and what its first frames show: the facts that plans are made from.

Headers are read by ffprobe, and the first frames are really decoded, because start times, interlacing and colours
in headers are often wrong. Never decodes more than those frames and decides nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from heaters.domain.errors import DamagedMedia, SourceTooLarge, UnsupportedMedia
from heaters.media.source.facts import AudioFacts, SourceProbe
from heaters.media.source.joined import find_second_file
from heaters.media.source.packets import READ, Packets, read_packets
from heaters.media.source.probe_answer import choose_video, read_probe, undecodable
from heaters.media.source.refusals import explain_no_frames, explain_unreadable, refuse_protected
from heaters.media.source.sounds import can_decode
from heaters.media.source.unopenable import without_unopenable
from heaters.media.untrusted.ffmpeg import run_ffprobe, safe_input
from heaters.media.untrusted.sniff import Container, sniff

_FIRST_PACKETS = 40  # enough to get past the reordering of B-frames and to see a field order
_MORE_PACKETS = (400, 4_000, 40_000)  # how far to look for a frame where a stream begins within a long GOP
_FRAME_FACTS = (
    "media_type,width,height,sample_aspect_ratio,pix_fmt,pict_type,interlaced_frame,best_effort_timestamp_time,"
    "color_range,color_space,color_transfer,color_primaries"
    ":frame_side_data=side_data_type,timecode:timecode=value"
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
    answer = run_ffprobe(["-show_format", "-show_streams", "-show_programs", *opened], folder=path.parent)
    log += answer["log"]
    if "format" not in answer:
        return _probe_openable(path, container, log)
    refuse_protected(path, container, answer)
    stream = choose_video(answer)
    packets = _packets(path, container, stream)
    frames = _first_frames(path, container, stream, packets, log)
    if not frames:
        raise explain_no_frames(path, container)
    found = read_probe(answer, frames, packets=packets, container=container, size_bytes=path.stat().st_size)
    return replace(
        found,
        audio=tuple(_tried(path, container, track) for track in found.audio),
        second_file_at=find_second_file(path, container, packets.times if packets else None),
    )


def _probe_openable(path: Path, container: Container, log: list[str]) -> SourceProbe:
    """The facts of a file of which ffprobe says nothing because it cannot decode a sound track."""
    with without_unopenable(path, container) as copy:
        if copy is None:
            raise explain_unreadable(path, container, log)
        found = _probe(copy.path, copy.container, log)
        number = copy.indexes[found.video.stream_index]
        heard = [replace(track, stream_index=copy.indexes[track.stream_index]) for track in found.audio]
        return replace(
            found,
            container=container,
            size_bytes=path.stat().st_size,
            start_s=0.0,  # ffmpeg has already subtracted it from all times of the copy
            video=replace(found.video, stream_index=number),
            audio=(*heard, *(undecodable(index) for index in copy.left_out)),
            second_file_at=find_second_file(path, container, found.video.times),
        )


def _tried(path: Path, container: Container, track: AudioFacts) -> AudioFacts:
    """The facts of a sound track, once its decoder was opened."""
    is_decodable = track.is_decodable and can_decode(path, container, track.stream_index)
    return replace(track, is_decodable=is_decodable)


def _packets(path: Path, container: Container, stream: Mapping[str, Any]) -> Packets | None:
    if container not in READ:
        return None
    return read_packets(path, container, int(stream["index"]), Fraction(str(stream.get("time_base", 0))))


def _first_frames(
    path: Path, container: Container, stream: Mapping[str, Any], packets: Packets | None, log: list[str]
) -> list[Mapping[str, Any]]:
    """Facts of the first frames: of those after what an edit list hides or what a cut left without a key frame."""
    counts = [(packets.lead if packets else 0) + _FIRST_PACKETS, *_MORE_PACKETS]
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
