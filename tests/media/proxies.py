"""Proxy-like files: all-intra H.264 at a constant rate, made from real videos and tones."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from heaters.domain.timebase import FrameRange
from heaters.media.clips.export import Export, export_clip
from heaters.media.clips.frame_index import FrameIndex, index_file
from heaters.media.clips.samples import ReadRange
from tests.media.pictures import encode, run

INTRA = ("-c:v", "libx264", "-g", "1", "-crf", "20", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
FASTSTART = ("-movflags", "+faststart")


@dataclass(frozen=True, kw_only=True, repr=False)
class Proxy:
    """A proxy, its bytes, its index and what ffmpeg says that its frames are."""

    path: Path
    data: bytes
    index: FrameIndex
    index_data: bytes
    frame_md5s: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Proxy {self.path.name}, {self.index.frame_count} frames>"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """As hypothesis writes it, too."""
        printer.text(repr(self))


def make_proxy(path: Path, *arguments: str) -> Proxy:
    """Encode a proxy-like file from ffmpeg `arguments` (inputs, filters, audio codec)."""
    encode(path, *arguments, *INTRA, *FASTSTART)
    index = index_file(path)
    return Proxy(
        path=path,
        data=path.read_bytes(),
        index=index,
        index_data=index.to_bytes(),
        frame_md5s=frame_md5s(path),
    )


def reader(data: bytes, reads: list[int] | None = None) -> ReadRange:
    """Ranged reads of `data`; their sizes are appended to `reads`."""

    def read(start: int, size_bytes: int) -> bytes:
        body = data[start : start + size_bytes]
        if reads is not None:
            reads.append(len(body))
        return body

    return read


def cut(proxy: Proxy, frames: FrameRange, path: Path, reads: list[int] | None = None) -> Export:
    """Export `frames` of `proxy` to `path`."""
    return export_clip(
        frames=frames,
        read_index=reader(proxy.index_data, reads),
        read_proxy=reader(proxy.data, reads),
        path=path,
    )


def frame_md5s(path: Path, *arguments: str) -> tuple[str, ...]:
    """The MD5 of every frame that ffmpeg decodes, in its own pixel format."""
    listing = run(
        "ffmpeg", "-nostdin", "-v", "quiet", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", *arguments,
        "-f", "framemd5", "-",
    )  # fmt: skip
    return tuple(line.split(",")[-1].strip() for line in listing.decode().splitlines() if line[:1] == "0")


def decoded_audio(path: Path) -> NDArray[np.float32]:
    """What a player plays: the audio track's samples, (channels, n), ended where the track says that it ends."""
    with av.open(str(path)) as media:
        track = media.streams.audio[0]
        parts = [frame.to_ndarray() for frame in media.decode(track)]
        assert track.time_base
        assert (track.start_time or 0) * track.time_base >= 0
        length_s = (track.duration or 0) * track.time_base
        return np.concatenate(parts, axis=1)[:, : round(length_s * track.rate)].astype(np.float32, copy=False)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
