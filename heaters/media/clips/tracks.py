"""A proxy's tracks without their samples: templates for a muxer, and a decoder for single intra-coded samples."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import av
from av.codec.context import ThreadType
from av.container import InputContainer

from heaters.domain.errors import DamagedMedia
from heaters.media.clips.index_format import IndexHeader

_DECODER_THREADS = 2  # neighbouring stills decode side by side; more would only hold more pictures in memory


@contextmanager
def open_tracks(header: IndexHeader) -> Iterator[InputContainer]:
    """The tracks that the index describes, as an open container without samples."""
    try:
        with av.open(io.BytesIO(header.init_segment), "r", format="mp4") as tracks:
            yield tracks
    except av.FFmpegError as exc:
        raise DamagedMedia(f"The proxy's tracks cannot be read: {exc}; make the proxy again.") from exc


def decode_stills(tracks: InputContainer, samples: Sequence[bytes]) -> list[av.VideoFrame]:
    """One frame for each intra-coded video sample, in order. Raises DamagedMedia if one gives none."""
    decoder = tracks.streams.video[0].codec_context
    decoder.thread_type, decoder.thread_count = ThreadType.FRAME, min(len(samples), _DECODER_THREADS)
    frames = [frame for sample in samples for frame in decoder.decode(av.Packet(sample))]
    frames += decoder.decode(None)
    if len(frames) != len(samples):
        raise DamagedMedia(f"{len(samples)} samples decode to {len(frames)} frames; make the proxy again.")
    return frames
