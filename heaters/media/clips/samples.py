"""The samples that one clip needs, and the byte ranges of the proxy that hold them. It reads only what it is handed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from heaters.domain.errors import InvalidJob
from heaters.domain.timebase import FrameRange, samples_in
from heaters.media.clips.index_format import (
    FRAME,
    HEADER_BYTES,
    PACKET,
    IndexHeader,
    Records,
    check_samples,
)

ReadRange = Callable[[int, int], bytes]
"""`(start, size_bytes) -> bytes`: one ranged read of an object."""

_PRIMING_PACKETS = (
    1  # an AAC packet decodes right only after the one before it: their windows overlap (14496-3)
)
_MAX_GAP_BYTES = 64 * 1024  # reading over a gap this small is cheaper than another request
_MAX_READ_BYTES = 32 * 1024**2  # what one read may hold in memory


@dataclass(frozen=True, kw_only=True, eq=False)
class ClipSamples:
    """Records of the video samples of `frames` and of the audio packets that sound with them, one more in front.

    `audio` is empty where nothing sounds. Times in `audio` count from the proxy's frame 0.
    """

    header: IndexHeader
    frames: FrameRange
    video: Records
    audio: Records

    @property
    def span(self) -> tuple[int, int]:
        """The audio samples that belong to the clip, half-open, counted from the proxy's frame 0."""
        return samples_in(self.frames, self.header.fps, self.header.sample_rate_hz)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One sample inside a read: `number` counts in its track within the clip."""

    is_video: bool
    number: int
    at: int
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class Read:
    """One ranged read of the proxy and the samples in it, in the order of the file."""

    start: int
    size_bytes: int
    samples: tuple[Sample, ...]


def read_clip_samples(read: ReadRange, frames: FrameRange) -> ClipSamples:
    """The samples of `frames` by at most three small ranged reads of an index.

    Raises InvalidJob if the proxy does not have these frames, DamagedMedia if the index contradicts itself.
    """
    header = IndexHeader.from_bytes(read(0, HEADER_BYTES))
    if frames.end_frame > header.frame_count:
        raise InvalidJob(
            f"Frames [{frames.start_frame}, {frames.end_frame}) are not all in a proxy of {header.frame_count} frames; "
            "read the clip again and cut inside the video.",
        )
    at = header.frames_at + frames.start_frame * FRAME.itemsize
    video = np.frombuffer(read(at, (frames.frame_count + 1) * FRAME.itemsize), FRAME)
    check_samples(video, "video", header.file_size_bytes)
    audio = np.zeros(0, PACKET)
    if header.has_audio:
        first = max(int(video["first_packet"][0]) - _PRIMING_PACKETS, 0)
        stop = min(int(video["first_packet"][-1]) + 1, header.packet_count)
        if first < stop:
            size = (stop - first) * PACKET.itemsize
            audio = np.frombuffer(read(header.packets_at + first * PACKET.itemsize, size), PACKET)
        check_samples(audio, "audio", header.file_size_bytes)
    found = ClipSamples(header=header, frames=frames, video=video[:-1], audio=audio)
    return ClipSamples(header=header, frames=frames, video=video[:-1], audio=_sounding(found))


def _sounding(clip: ClipSamples) -> Records:
    if not len(clip.audio):
        return clip.audio
    start, end = clip.span
    audio = clip.audio[clip.audio["start_sample"] < end]
    ends = audio["start_sample"] + audio["sample_count"]
    return audio if np.any(ends > start) else audio[:0]


def plan_reads(clip: ClipSamples) -> tuple[Read, ...]:
    """Ranged reads that cover all samples, in the order of the file; one is enough where a proxy is interleaved."""
    samples = sorted(
        [*_in_file(clip.video, is_video=True), *_in_file(clip.audio, is_video=False)], key=lambda s: s.at
    )
    reads: list[list[Sample]] = []
    for sample in samples:
        if reads and _fits(reads[-1], sample):
            reads[-1].append(sample)
        else:
            reads.append([sample])
    return tuple(
        Read(start=group[0].at, size_bytes=_end(group[-1]) - group[0].at, samples=tuple(group))
        for group in reads
    )


def _in_file(records: Records, *, is_video: bool) -> Iterator[Sample]:
    pairs = zip(records["offset"].tolist(), records["size_bytes"].tolist(), strict=True)
    for number, (offset, size) in enumerate(pairs):
        yield Sample(is_video=is_video, number=number, at=offset, size_bytes=size)


def _end(sample: Sample) -> int:
    return sample.at + sample.size_bytes


def _fits(group: list[Sample], sample: Sample) -> bool:
    near = sample.at - _end(group[-1]) <= _MAX_GAP_BYTES
    return near and _end(sample) - group[0].at <= _MAX_READ_BYTES
