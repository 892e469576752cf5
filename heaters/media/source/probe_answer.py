"""ffprobe's answers as facts, and which of a file's tracks is its picture. Pure; never runs anything."""

import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from heaters.domain.errors import DamagedMedia, UnsupportedMedia
from heaters.media.source.facts import AudioFacts, SourceProbe, VideoFacts
from heaters.media.source.packets import Packets
from heaters.media.untrusted.sniff import AVI, MP4, Container


def read_probe(
    answer: Mapping[str, Any],
    frames: list[Mapping[str, Any]],
    *,
    packets: Packets | None,
    container: Container,
    size_bytes: int,
) -> SourceProbe:
    """ffprobe's answer about format and streams, the first decoded frames and, where they were read, all packets.

    Errors as in `probe`.
    """
    stream = choose_video(answer["streams"])
    if not frames:
        raise DamagedMedia("Not one of the file's first frames can be decoded; upload it again.")
    video = _video_facts(stream, frames)
    if packets:
        hidden_frames = _count_hidden(video, packets, container)
        times = packets.times if container is not AVI else None  # it has a rate, and no times but that
        video = replace(video, hidden_frames=hidden_frames, times=times)
    start_s = _seconds(answer["format"].get("start_time")) or 0.0
    duration_s = _seconds(answer["format"].get("duration")) or video.duration_s or 0.0
    tracks = [s for s in answer["streams"] if s.get("codec_type") == "audio"]
    sounds = [s for s in tracks if int(s.get("channels", 0)) > 0]
    sounds.sort(key=lambda s: (not s.get("disposition", {}).get("default"), s["index"]))
    return SourceProbe(
        container=container,
        size_bytes=size_bytes,
        start_s=start_s,
        duration_s=duration_s,
        video=video,
        audio=tuple(_audio_facts(sound) for sound in sounds),
    )


def choose_video(streams: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The default picture track, or the first; never a cover picture."""
    found = [s for s in streams if s.get("codec_type") == "video"]
    if not found and not any(s.get("codec_type") in ("audio", "subtitle") for s in streams):
        raise DamagedMedia("The file's index is damaged or cut off: no track can be read; upload it again.")
    if not found:
        raise UnsupportedMedia("The file has no picture, only sound or data; upload a video.")
    moving = [s for s in found if not s.get("disposition", {}).get("attached_pic")]
    if not moving:
        raise UnsupportedMedia("The file is sound with a cover picture; upload a video.")
    usable = [s for s in moving if s.get("codec_name", "unknown") != "unknown" and int(s.get("width", 0)) > 0]
    tag = moving[0].get("codec_tag_string", "unknown")
    if not usable:
        raise UnsupportedMedia(
            f"The video is coded as {tag!r}, which cannot be decoded; convert it to H.264."
        )
    return min(usable, key=lambda s: (not s.get("disposition", {}).get("default"), s["index"]))


def _video_facts(stream: Mapping[str, Any], frames: list[Mapping[str, Any]]) -> VideoFacts:
    first = frames[0]
    color = {
        name: _known(first.get(name)) or _known(stream.get(name)) or "unknown"
        for name in ("color_range", "color_space", "color_transfer")
    }
    stated = str(stream.get("nb_frames", ""))
    times = [s for frame in frames if (s := _seconds(frame.get("best_effort_timestamp_time"))) is not None]
    return VideoFacts(
        stream_index=int(stream["index"]),
        codec=str(stream["codec_name"]),
        width=int(first.get("width") or stream["width"]),
        height=int(first.get("height") or stream["height"]),
        rotation_deg=_rotation(stream),
        pixel_aspect=_ratio(first.get("sample_aspect_ratio") or stream.get("sample_aspect_ratio"), ":")
        or Fraction(1),
        pixel_format=str(first.get("pix_fmt") or stream.get("pix_fmt", "unknown")),
        interlaced=_is_interlaced(stream, frames),
        intra_only=all(frame.get("pict_type") == "I" for frame in frames),
        reordered=int(stream.get("has_b_frames", 0)) > 0,
        base_rate=_ratio(stream.get("r_frame_rate"), "/"),
        average_rate=_ratio(stream.get("avg_frame_rate"), "/"),
        stated_frames=int(stated) if stated.isdigit() and int(stated) > 0 else None,
        duration_s=_seconds(stream.get("duration")),
        first_frame_s=times[0] if times else _seconds(stream.get("start_time")) or 0.0,
        stated_end_s=_clock_time(stream.get("tags", {}).get("DURATION")),
        start_s=_seconds(stream.get("start_time")),
        color_range=color["color_range"],
        color_space=color["color_space"],
        color_transfer=color["color_transfer"],
        color_primaries=color["color_primaries"],
    )


def _count_hidden(video: VideoFacts, packets: Packets, container: Container) -> int | None:
    """How many of the stated frames are not meant to be seen: behind an edit list's curtain, or empty in an AVI."""
    if video.stated_frames is None or not packets.is_whole:
        return None
    if container is AVI:  # an empty chunk, on whose place no packet comes, repeats the picture before it
        return min(max(packets.slots - packets.shown, 0), video.stated_frames)
    return max(video.stated_frames - packets.shown, 0) if container is MP4 else None


def _audio_facts(stream: Mapping[str, Any]) -> AudioFacts:
    return AudioFacts(
        stream_index=int(stream["index"]),
        codec=str(stream.get("codec_name", "unknown")),
        channels=int(stream["channels"]),
        sample_rate_hz=int(stream.get("sample_rate") or 0),
        start_s=_seconds(stream.get("start_time")) or 0.0,
        duration_s=_seconds(stream.get("duration")),
    )


def _is_interlaced(stream: Mapping[str, Any], frames: list[Mapping[str, Any]]) -> bool:
    if any(int(frame.get("interlaced_frame", 0)) for frame in frames):
        return True
    return stream.get("field_order", "progressive") in ("tt", "bb", "tb", "bt")


def _rotation(stream: Mapping[str, Any]) -> int:
    """Clockwise degrees to turn the coded picture by; ffprobe prints the display matrix counter-clockwise."""
    turns = [d["rotation"] for d in stream.get("side_data_list", []) if "rotation" in d]
    return round(-float(turns[0]) / 90) * 90 % 360 if turns else 0


def _known(value: Any) -> str | None:
    return str(value) if value and value not in ("unknown", "unspecified", "reserved") else None


def _seconds(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _clock_time(value: Any) -> float | None:
    """`"01:02:03.5"` in seconds; None for anything else."""
    found = re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)", str(value))
    return int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3]) if found else None


def _ratio(value: Any, separator: str) -> Fraction:
    """`"24/1"` or `"4:3"` as a fraction; 0 for anything that is not a positive ratio."""
    left, _, right = str(value or "").partition(separator)
    try:
        return max(Fraction(int(left), int(right or 1)), Fraction(0))
    except (ValueError, ZeroDivisionError):
        return Fraction(0)
