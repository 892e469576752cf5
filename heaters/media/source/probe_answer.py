"""ffprobe's answers as facts, and which of a file's tracks is its picture. Pure; never runs anything."""

import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from heaters.domain.errors import DamagedMedia, UnsupportedMedia
from heaters.media.source.facts import AudioFacts, FrameTimes, SourceProbe, VideoFacts
from heaters.media.source.packets import TIMED, Packets
from heaters.media.source.timecode import read_timecode
from heaters.media.untrusted.sniff import AVI, MP4, MPEG_PS, MPEGTS, Container

_OTHER_TRACKS = ("audio", "subtitle", "attachment")
_PICTURE_CODECS = frozenset({"png", "mjpeg", "bmp", "gif", "tiff", "webp", "apng"})
_NEARLY_ALL = 0.9
_ROUGHLY = Fraction(1, 50)


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
    stream = choose_video(answer)
    video = _video_facts(stream, frames)
    if packets:
        video = _corrected(video, packets, container)
    start_s = _seconds(answer["format"].get("start_time")) or 0.0
    duration_s = _seconds(answer["format"].get("duration")) or video.duration_s or 0.0
    return SourceProbe(
        container=container,
        size_bytes=size_bytes,
        start_s=start_s,
        duration_s=duration_s,
        video=video,
        audio=read_sounds(answer, int(stream["index"])),
        timecode=read_timecode(answer, frames),
    )


def read_sounds(answer: Mapping[str, Any], picture_index: int) -> tuple[AudioFacts, ...]:
    """The sound tracks: those of the picture's programme before others, the default one first.

    Tracks of which not even the number of channels is known are left out, unless because of their codec.
    """
    programmes = [
        frozenset(int(stream["index"]) for stream in programme.get("streams", []))
        for programme in answer.get("programs", [])
    ]
    own = {index for members in programmes if picture_index in members for index in members}
    others = {index for members in programmes for index in members} - own if own else set()
    sounds = [
        s for s in answer["streams"]
        if s.get("codec_type") == "audio" and (int(s.get("channels", 0)) > 0 or not _known(s.get("codec_name")))
    ]  # fmt: skip
    sounds.sort(key=lambda s: (s["index"] in others, not s.get("disposition", {}).get("default"), s["index"]))
    start_s = _seconds(answer.get("format", {}).get("start_time")) or 0.0
    return tuple(_audio_facts(sound, start_s, is_foreign=int(sound["index"]) in others) for sound in sounds)


def choose_video(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The default picture track, or the first; never a cover picture, and a still only if there is nothing else."""
    streams: list[Mapping[str, Any]] = answer.get("streams", [])
    found = [s for s in streams if s.get("codec_type") == "video"]
    if not found and not any(_is_other_track(s) for s in streams):
        raise DamagedMedia("The file's index is damaged or cut off: no track can be read; upload it again.")
    if not found:
        raise UnsupportedMedia("The file has no picture, only sound or data; upload a video.")
    moving = [s for s in found if not s.get("disposition", {}).get("attached_pic")]
    if not moving:
        raise UnsupportedMedia("The file is sound with a cover picture; upload a video.")
    usable = [s for s in moving if s.get("codec_name", "unknown") != "unknown" and int(s.get("width", 0)) > 0]
    if not usable:
        raise UnsupportedMedia(
            f"The video is coded {_coded_as(moving[0])}, which cannot be decoded; convert it to H.264."
        )
    return min(
        usable, key=lambda s: (_is_still(s, usable), not s.get("disposition", {}).get("default"), s["index"])
    )


def _is_other_track(stream: Mapping[str, Any]) -> bool:
    """Whether this is a track of another kind, and not one of which a damaged index does not tell the kind."""
    has_name = bool(_known(stream.get("codec_name"))) or _has_letters(stream)
    return stream.get("codec_type") in _OTHER_TRACKS or (stream.get("codec_type") == "data" and has_name)


def _has_letters(stream: Mapping[str, Any]) -> bool:
    return bool(re.fullmatch(r"[\w .-]{4}", str(stream.get("codec_tag_string", ""))))


def _coded_as(stream: Mapping[str, Any]) -> str:
    """By its four letters, where they are letters."""
    return f"as {stream['codec_tag_string']!r}" if _has_letters(stream) else "in a way that nobody knows"


def _is_still(stream: Mapping[str, Any], others: list[Mapping[str, Any]]) -> bool:
    """Whether this is a title picture beside a film: one frame, or, where nobody counts, a codec of pictures."""
    if str(stream.get("nb_frames", "")).isdigit():
        return int(stream["nb_frames"]) == 1
    films = [other for other in others if other.get("codec_name") not in _PICTURE_CODECS]
    return bool(films) and stream.get("codec_name") in _PICTURE_CODECS


def _video_facts(stream: Mapping[str, Any], frames: list[Mapping[str, Any]]) -> VideoFacts:
    first = frames[0]
    color = {
        name: _known(first.get(name)) or _known(stream.get(name)) or "unknown"
        for name in ("color_range", "color_space", "color_transfer", "color_primaries")
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


def _corrected(video: VideoFacts, packets: Packets, container: Container) -> VideoFacts:
    """The facts, with what all packets say instead of what a header claims."""
    times = packets.times
    return replace(
        video,
        hidden_frames=_count_hidden(video, packets, container),
        times=times if container in TIMED else None,
        steady_rate=_steady_rate(video, times) if times and container in (MPEGTS, MPEG_PS) else None,
    )


def _steady_rate(video: VideoFacts, times: FrameTimes) -> Fraction | None:
    """The rate of a broadcast whose clock may jump; None where packets may be fields, or no rate is kept."""
    if times.usual_share < _NEARLY_ALL or not times.usual_step_s:
        return None
    rate = 1 / times.usual_step_s
    return rate if abs(rate - video.average_rate) <= video.average_rate * _ROUGHLY else None


def _count_hidden(video: VideoFacts, packets: Packets, container: Container) -> int | None:
    """How many of the stated frames are not meant to be seen: behind an edit list's curtain, or empty in an AVI."""
    if video.stated_frames is None or not packets.is_whole:
        return None
    if container is AVI:  # an empty chunk, on whose place no packet comes, repeats the picture before it
        return min(max(packets.slots - packets.shown, 0), video.stated_frames)
    return max(video.stated_frames - packets.shown, 0) if container is MP4 else None


def _audio_facts(stream: Mapping[str, Any], file_start_s: float, *, is_foreign: bool) -> AudioFacts:
    codec, channels = str(stream.get("codec_name", "unknown")), int(stream.get("channels", 0))
    flags = stream.get("disposition", {})
    return AudioFacts(
        stream_index=int(stream["index"]),
        codec=codec,
        channels=channels,
        sample_rate_hz=int(stream.get("sample_rate") or 0),
        start_s=file_start_s if (start_s := _seconds(stream.get("start_time"))) is None else start_s,
        duration_s=_seconds(stream.get("duration")),
        layout=str(stream.get("channel_layout") or "unknown"),
        language=stream.get("tags", {}).get("language"),
        is_decodable=codec not in ("unknown", "none") and channels > 0,
        is_extra=any(flags.get(name) for name in ("comment", "hearing_impaired", "visual_impaired")),
        is_of_another_programme=is_foreign,
    )


def undecodable(stream_index: int) -> AudioFacts:
    """A sound track of which nothing else is known."""
    return AudioFacts(
        stream_index=stream_index,
        codec="unknown",
        channels=0,
        sample_rate_hz=0,
        start_s=0.0,
        duration_s=None,
        is_decodable=False,
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
