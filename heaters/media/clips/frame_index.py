"""Index a proxy: byte offset, size and time of every sample, so that any clip can be cut by one ranged read.

Reads the container's tables and decodes nothing.
"""

import io
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer

from heaters.domain.errors import UnsupportedMedia
from heaters.media.clips.index_format import FRAME, PACKET, FrameIndex, IndexHeader, Records

__all__ = ["FrameIndex", "index_file"]

_INIT_FLAGS = {"movflags": "empty_moov+default_base_moof", "fflags": "bitexact"}


@dataclass(frozen=True, kw_only=True)
class _Track:
    """One track's samples as parallel arrays; times in ticks of `time_base`."""

    offset: Records
    size_bytes: Records
    pts: Records
    duration: Records
    time_base: Fraction


def index_file(path: Path) -> FrameIndex:
    """Index the MP4 at `path`: its first video track and, if there is one, its first audio track.

    Raises UnsupportedMedia unless every video sample is a keyframe, shown, and on a constant rate.
    """
    try:
        with av.open(f"file:{path}", format="mp4") as media:
            return _index_media(media, path.stat().st_size)
    except av.FFmpegError as exc:
        raise UnsupportedMedia(f"The proxy cannot be indexed: {exc}; make it again.") from exc


def _index_media(media: InputContainer, file_size_bytes: int) -> FrameIndex:
    if not media.streams.video:
        raise UnsupportedMedia("The proxy has no video track; make it again.")
    picture = media.streams.video[0]
    sound = media.streams.audio[0] if media.streams.audio else None
    chosen = [stream for stream in (picture, sound) if stream is not None]
    tracks = _read_tracks(media, chosen)
    video = tracks[picture.index]
    fps = _constant_rate(video, picture.average_rate)
    audio = tracks[sound.index] if sound is not None else None
    if sound is None or audio is None or len(audio.offset) == 0:
        sound, packets, sample_rate_hz = None, np.zeros(0, PACKET), 0
    else:
        sample_rate_hz = sound.codec_context.sample_rate
        packets = _packet_records(audio, video.pts[0] * video.time_base, sample_rate_hz)
    header = IndexHeader(
        fps=fps,
        frame_count=len(video.offset),
        packet_count=len(packets),
        sample_rate_hz=sample_rate_hz,
        init_segment=_init_segment([stream for stream in (picture, sound) if stream is not None]),
        file_size_bytes=file_size_bytes,
    )
    return FrameIndex(header=header, frames=_frame_records(video, packets, header), packets=packets)


def _read_tracks(media: InputContainer, streams: list[Any]) -> dict[int, _Track]:
    rows: dict[int, list[tuple[int, int, int, int]]] = {stream.index: [] for stream in streams}
    for packet in media.demux(streams):
        if packet.size == 0:  # the demuxer's flush packet
            continue
        if packet.pts is None or packet.pos is None or packet.pos < 0:
            raise UnsupportedMedia("The proxy has a sample without time or place; make it again.")
        if packet.stream.type == "video" and (packet.is_discard or not packet.is_keyframe):
            raise UnsupportedMedia(
                f"Frame {len(rows[packet.stream.index])} of the proxy is no shown keyframe; make the proxy all-intra.",
            )
        rows[packet.stream.index].append((packet.pos, packet.size, packet.pts, packet.duration or 0))
    return {stream.index: _as_track(rows[stream.index], stream.time_base) for stream in streams}


def _as_track(rows: list[tuple[int, int, int, int]], time_base: Fraction) -> _Track:
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    offset, size_bytes, pts, duration = table.T
    return _Track(offset=offset, size_bytes=size_bytes, pts=pts, duration=duration, time_base=time_base)


def _constant_rate(video: _Track, stated: Fraction | None) -> Fraction:
    """The rate that all frames keep, within one tick of the time base. Raises UnsupportedMedia if there is none."""
    count = len(video.pts)
    if count == 0:
        raise UnsupportedMedia("The proxy has no frames; make it again.")
    steps = np.diff(video.pts)
    even = count > 1 and steps.min() == steps.max() > 0
    rate = 1 / (int(steps[0]) * video.time_base) if even else stated
    if not rate:
        raise UnsupportedMedia("The proxy has no frame rate; make it again with a constant one.")
    wanted = _scaled(np.arange(count), 1 / (rate * video.time_base))
    if np.abs(video.pts - video.pts[0] - wanted).max() > 1:
        raise UnsupportedMedia(
            "The proxy's frames are not evenly spaced; make it again with a constant rate."
        )
    return rate


def _packet_records(audio: _Track, video_start_s: Fraction, sample_rate_hz: int) -> Records:
    """Audio packets with times in samples since frame 0."""
    ticks = audio.time_base * sample_rate_hz
    records = np.zeros(len(audio.offset), PACKET)
    records["offset"], records["size_bytes"] = audio.offset, audio.size_bytes
    records["start_sample"] = _scaled(audio.pts, ticks) - round(video_start_s * sample_rate_hz)
    records["sample_count"] = _scaled(audio.duration, ticks)
    if np.any(np.diff(records["start_sample"]) <= 0):
        raise UnsupportedMedia("The proxy's audio packets are not in order of time; make it again.")
    return records


def _frame_records(video: _Track, packets: Records, header: IndexHeader) -> Records:
    records = np.zeros(len(video.offset) + 1, FRAME)
    records["offset"][:-1], records["size_bytes"][:-1] = video.offset, video.size_bytes
    records["offset"][-1] = video.offset[-1] + video.size_bytes[-1]
    if len(packets):
        ends = packets["start_sample"] + packets["sample_count"]
        starts = _scaled(np.arange(len(records)), header.sample_rate_hz / header.fps)
        records["first_packet"] = np.searchsorted(ends, starts, side="right")
    return records


def _scaled(numbers: Records, scale: Fraction) -> Records:
    """`numbers` times `scale`, each rounded to the nearest integer."""
    scaled: Records = (numbers * (2 * scale.numerator) + scale.denominator) // (2 * scale.denominator)
    return scaled


def _init_segment(streams: list[Any]) -> bytes:
    """An MP4 with the tracks' parameters and no samples; the same bytes every time."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4", options=_INIT_FLAGS) as init:
        for stream in streams:
            init.add_stream_from_template(stream, opaque=True)
        init.start_encoding()
    return buffer.getvalue()
