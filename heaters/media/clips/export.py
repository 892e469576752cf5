"""Cut a clip out of a proxy by copying its samples into a new MP4, and prove that it shows exactly those frames.

Nothing is re-encoded, and the bytes depend on the samples alone. Audio is cut to the sample: the packets that
straddle an end are copied whole, and the edit list starts the track inside the first and ends it inside the last
(ISO/IEC 14496-12, 8.6.6). One more packet goes in front, because an AAC packet decodes right only after another.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer

from heaters.domain.errors import DamagedMedia, ExportMismatch
from heaters.domain.timebase import FrameRange
from heaters.media.clips.frame_hashes import frame_md5, same_picture
from heaters.media.clips.samples import ClipSamples, Read, ReadRange, Sample, plan_reads, read_clip_samples
from heaters.media.clips.tracks import decode_stills, open_tracks

_MAX_TIMESCALE = 2**31 - 1
_NO_GUESSING = {
    "probesize": "32"
}  # an MP4 says all there is to know; probing would decode a frame for nothing


@dataclass(frozen=True, kw_only=True)
class Export:
    """What was written and proved: the MD5s are of decoded frames, as `framemd5` prints them."""

    frame_count: int
    first_frame_md5: str
    last_frame_md5: str
    size_bytes: int


def export_clip(
    *,
    frames: FrameRange,
    read_index: ReadRange,
    read_proxy: ReadRange,
    path: Path,
    report: Callable[[float], None] = lambda _fraction: None,
) -> Export:
    """Write the MP4 of `frames` to `path`, from ranged reads of the frame index and of the proxy.

    Memory holds one read at a time, so a clip may be as long as the disk allows. Raises InvalidJob for frames that
    the proxy does not have, DamagedMedia for an index or proxy that cannot be read, ExportMismatch if the file does
    not decode to the frames that it was cut from.
    """
    clip = read_clip_samples(read_index, frames)
    try:
        with open_tracks(clip.header) as tracks:
            edges = _copy_samples(clip, tracks, read_proxy, path, report)
            wanted = decode_stills(tracks, edges)
        count, shown = _read_back(path)
    except av.FFmpegError as exc:
        raise DamagedMedia(
            f"Frames {frames} of the proxy cannot be copied: {exc}; make the proxy again."
        ) from exc
    if count != frames.frame_count or not all(map(same_picture, wanted, shown)):
        raise ExportMismatch(
            f"The export of frames [{frames.start_frame}, {frames.end_frame}) shows {count} frames from "
            f"{frame_md5(shown[0])} to {frame_md5(shown[-1])}, the proxy {frames.frame_count} from "
            f"{frame_md5(wanted[0])} to {frame_md5(wanted[-1])}; retry the clip, then make the proxy again.",
        )
    return Export(
        frame_count=count,
        first_frame_md5=frame_md5(shown[0]),
        last_frame_md5=frame_md5(shown[-1]),
        size_bytes=path.stat().st_size,
    )


@dataclass(frozen=True, kw_only=True)
class _Timing:
    """In ticks of `time_base`, from the clip's first frame on."""

    pts: int
    duration: int
    time_base: Fraction


class _ClipClock:
    """When each sample of one clip is presented."""

    def __init__(self, clip: ClipSamples, video_time_base: Fraction) -> None:
        self._audio = clip.audio
        self._span = clip.span if len(clip.audio) else (0, 0)
        self._audio_time_base = Fraction(1, clip.header.sample_rate_hz or 1)
        self._video_time_base = video_time_base
        self._frame_ticks = 1 / (clip.header.fps * video_time_base)

    def timing(self, sample: Sample) -> _Timing:
        if sample.is_video:
            start, end = (round((sample.number + step) * self._frame_ticks) for step in (0, 1))
            return _Timing(pts=start, duration=end - start, time_base=self._video_time_base)
        start = int(self._audio["start_sample"][sample.number])
        end = min(start + int(self._audio["sample_count"][sample.number]), self._span[1])
        return _Timing(pts=start - self._span[0], duration=end - start, time_base=self._audio_time_base)


def _copy_samples(
    clip: ClipSamples,
    tracks: InputContainer,
    read_proxy: ReadRange,
    path: Path,
    report: Callable[[float], None],
) -> list[bytes]:
    """Mux all samples; returns the first and the last video sample."""
    edges = {0: b"", clip.frames.frame_count - 1: b""}
    picture = tracks.streams.video[0]
    video_time_base = picture.time_base or 1 / clip.header.fps
    clock, reads = _ClipClock(clip, video_time_base), plan_reads(clip)
    options = _muxer_options(clip, video_time_base)
    with av.open(str(path), "w", format="mp4", options=options) as output:
        output.add_stream_from_template(picture, opaque=True)
        if len(clip.audio):
            output.add_stream_from_template(tracks.streams.audio[0], opaque=True)
        for done, read in enumerate(reads, start=1):
            for sample, body in _cut_up(read, read_proxy):
                if sample.is_video and sample.number in edges:
                    edges[sample.number] = body
                _mux(output, 0 if sample.is_video else 1, body, clock.timing(sample))
            report(done / len(reads))
    return [edges[0], edges[clip.frames.frame_count - 1]]


def _muxer_options(clip: ClipSamples, video_time_base: Fraction) -> dict[str, str]:
    """Edit lists count in the movie's time scale, so it is one in which both tracks' ends are exact."""
    scale = video_time_base.denominator
    if len(clip.audio):
        both = lcm(scale, clip.header.sample_rate_hz)
        scale = both if both <= _MAX_TIMESCALE else clip.header.sample_rate_hz
    return {"movflags": "faststart", "fflags": "bitexact", "movie_timescale": str(scale)}


def _cut_up(read: Read, read_proxy: ReadRange) -> Iterator[tuple[Sample, bytes]]:
    body = memoryview(read_proxy(read.start, read.size_bytes))
    if len(body) != read.size_bytes:
        raise DamagedMedia(
            f"The proxy ends before byte {read.start + read.size_bytes}; make the proxy again."
        )
    for sample in read.samples:
        at = sample.at - read.start
        yield sample, bytes(body[at : at + sample.size_bytes])


def _mux(output: OutputContainer, stream: int, body: bytes, timing: _Timing) -> None:
    packet = av.Packet(body)
    packet.stream = output.streams[stream]
    packet.time_base = timing.time_base
    packet.pts = packet.dts = timing.pts
    packet.duration = timing.duration
    packet.is_keyframe = True
    output.mux(packet)


def _read_back(path: Path) -> tuple[int, list[av.VideoFrame]]:
    """Read the export as a player would: how many frames it shows, and its first and last one."""
    count, edges = 0, [b"", b""]
    with av.open(str(path), format="mp4", options=_NO_GUESSING) as media:
        for packet in media.demux(media.streams.video[0]):
            if packet.size and not packet.is_discard:
                edges = [edges[0] if count else bytes(packet), bytes(packet)]
                count += 1
        return count, decode_stills(media, edges)
