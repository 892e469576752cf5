"""Make a lossless master in segments that leave the disk while the next is being encoded. Never keeps them.

ffmpeg writes one Matroska stream into a pipe; it is cut into files here, at frames. A slow upload fills the pipe and
so slows the encoder down: the disk holds the segment being written and the one being uploaded, never a third.
"""

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream

from heaters.domain.errors import DamagedMedia
from heaters.domain.results import StoredObject
from heaters.media.master.command import master_arguments
from heaters.media.source.facts import SourceProbe
from heaters.media.untrusted.ffmpeg import Progress, run_ffmpeg

SEGMENT_S = 60
"""Length of a segment: a minute of 1080p is about half a gigabyte."""

KeepSegment = Callable[[int, Path], StoredObject]
"""Stores segment `number` from a file that is deleted afterwards. Called for one segment at a time, in order."""


@dataclass(frozen=True, kw_only=True)
class Master:
    """The segments in order; together they show `frame_count` frames."""

    segments: tuple[StoredObject, ...]
    frame_count: int


def make_master(
    path: Path,
    source: SourceProbe,
    *,
    folder: Path,
    keep_segment: KeepSegment,
    segment_s: Fraction = Fraction(SEGMENT_S),
    on_progress: Callable[[Progress], None] | None = None,
) -> Master:
    """Encode the source at `path` and hand every finished segment to `keep_segment`.

    Segments go on counting time where the one before ended. Raises DamagedMedia where nothing decodes,
    UnsupportedMedia for audio that FLAC cannot hold, and whatever `keep_segment` raises.
    """
    read_fd, write_fd = os.pipe()
    with ThreadPoolExecutor(max_workers=1) as cutters:
        cutting = cutters.submit(_cut_stream, read_fd, folder, keep_segment, segment_s)
        try:
            with os.fdopen(write_fd, "wb", buffering=0) as pipe:
                run_ffmpeg(
                    master_arguments(path, source),
                    folder=folder,
                    duration_s=source.duration_s,
                    on_progress=on_progress,
                    on_output=lambda data: _write_all(pipe, data),
                )
        except BrokenPipeError:
            cutting.result()  # the cutter hung up first: its error is the one to tell
            raise
        return cutting.result()


def _write_all(pipe: BinaryIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[pipe.write(rest) :]


def _cut_stream(read_fd: int, folder: Path, keep_segment: KeepSegment, segment_s: Fraction) -> Master:
    with os.fdopen(read_fd, "rb") as pipe:
        try:
            with av.open(pipe, "r", format="matroska") as stream:
                return _cut(stream, folder, keep_segment, segment_s)
        except av.FFmpegError as exc:
            raise DamagedMedia(f"The master ended early: {exc}; check the source and redrive.") from exc


def _cut(stream: InputContainer, folder: Path, keep_segment: KeepSegment, segment_s: Fraction) -> Master:
    end_s, frame_count = segment_s, 0
    with _SegmentFiles(stream, folder=folder, keep=keep_segment) as files:
        for packet in stream.demux():
            if packet.pts is None:  # the demuxer's flush packet
                continue
            if packet.stream.type == "video":
                frame_count += 1
                begins_s = packet.pts * packet.time_base
                if begins_s >= end_s:
                    files.begin_next()
                    end_s = (begins_s // segment_s + 1) * segment_s
            files.mux(packet)
        segments = files.finish()
    if not frame_count:
        raise DamagedMedia("Not one frame of the source can be decoded; check it and upload it again.")
    return Master(segments=segments, frame_count=frame_count)


class _SegmentFiles:
    """Files written one after the other; each is stored and deleted while the next is written."""

    def __init__(self, stream: InputContainer, *, folder: Path, keep: KeepSegment) -> None:
        self._stream, self._folder, self._keep = stream, folder, keep
        self._uploads = ThreadPoolExecutor(max_workers=1)
        self._stored: list[Future[StoredObject]] = []
        self._output = self._open()

    def __enter__(self) -> "_SegmentFiles":
        return self

    def __exit__(self, *_error: object) -> None:
        self._output.close()
        self._uploads.shutdown(cancel_futures=True)

    def mux(self, packet: "Packet[Stream]") -> None:
        packet.stream = self._output.streams[packet.stream.index]
        self._output.mux(packet)

    def begin_next(self) -> None:
        self._hand_over()
        self._output = self._open()

    def finish(self) -> tuple[StoredObject, ...]:
        """Store the last segment and wait for all of them."""
        self._hand_over()
        return tuple(upload.result() for upload in self._stored)

    def _hand_over(self) -> None:
        """Close the file and queue it for storing, once the one before is stored."""
        self._output.close()
        if self._stored:
            self._stored[-1].result()
        number = len(self._stored)
        self._stored.append(self._uploads.submit(self._store, number, self._path(number)))

    def _store(self, number: int, path: Path) -> StoredObject:
        stored = self._keep(number, path)
        path.unlink()
        return stored

    def _open(self) -> OutputContainer:
        path = self._path(len(self._stored))
        output = av.open(str(path), "w", format="matroska", options={"fflags": "bitexact"})
        for track in self._stream.streams:
            output.add_stream_from_template(track, opaque=True)
        return output

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:05d}.mkv"
