"""The frame index as data and as bytes: where every sample of a proxy lies. Never opens a media file.

Layout, little-endian, so that a clip's records can be had by ranged reads without the rest:

    0       header      HEADER_BYTES: `_HEADER`, then the tracks' parameters, then zeros
    2048    frames      (frame_count + 1) records of FRAME; the last one is a sentinel at the end of the video
    ...     packets     packet_count records of PACKET

The tracks' parameters are an MP4 initialization segment (ISO/IEC 14496-12, 8.8: `moov` without samples), the
standard's own form for "codec parameters without media".
"""

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heaters.domain.errors import DamagedMedia, UnsupportedMedia

MAGIC = b"HTRINDEX"
VERSION = 1
HEADER_BYTES = 2048
_HEADER = struct.Struct("<8sHHIIIIIIQ")
"""magic, version, padding, fps numerator, fps denominator, frames, packets, sample rate, init bytes, file bytes."""

Records = NDArray[Any]

FRAME = np.dtype([("offset", "<u8"), ("size_bytes", "<u4"), ("first_packet", "<u4")])
"""A video sample, in order of showing; `first_packet` is the first audio packet still sounding when it appears."""

PACKET = np.dtype(
    [("offset", "<u8"), ("start_sample", "<i8"), ("size_bytes", "<u4"), ("sample_count", "<u4")]
)
"""An audio packet; `start_sample` counts samples from the moment that frame 0 appears, and may be negative."""


@dataclass(frozen=True, kw_only=True)
class IndexHeader:
    """What holds for all samples. `init_segment` describes the tracks: video first, then audio if there is any.

    `fps` is the constant rate; frame `f` is shown from `f / fps` seconds on. `sample_rate_hz` is 0 without audio.
    """

    fps: Fraction
    frame_count: int
    packet_count: int
    sample_rate_hz: int
    init_segment: bytes
    file_size_bytes: int

    @property
    def has_audio(self) -> bool:
        return self.packet_count > 0

    @property
    def frames_at(self) -> int:
        """Byte offset of the frame records in the index."""
        return HEADER_BYTES

    @property
    def packets_at(self) -> int:
        """Byte offset of the packet records in the index."""
        return HEADER_BYTES + (self.frame_count + 1) * FRAME.itemsize

    @property
    def size_bytes(self) -> int:
        """Size of the whole index."""
        return self.packets_at + self.packet_count * PACKET.itemsize

    def to_bytes(self) -> bytes:
        """The header, HEADER_BYTES long. Raises UnsupportedMedia if the tracks' parameters do not fit."""
        room = HEADER_BYTES - _HEADER.size
        if len(self.init_segment) > room:
            raise UnsupportedMedia(
                f"The proxy's codec parameters take {len(self.init_segment)} bytes and the index has room for {room}; "
                "transcode the source instead of using it as its own proxy.",
            )
        fixed = _HEADER.pack(
            MAGIC, VERSION, 0, self.fps.numerator, self.fps.denominator, self.frame_count, self.packet_count,
            self.sample_rate_hz, len(self.init_segment), self.file_size_bytes,
        )  # fmt: skip
        return (fixed + self.init_segment).ljust(HEADER_BYTES, b"\0")

    @classmethod
    def from_bytes(cls, data: bytes) -> "IndexHeader":
        """Raises DamagedMedia for anything but a whole header of this version."""
        if len(data) < HEADER_BYTES or data[: len(MAGIC)] != MAGIC:
            raise DamagedMedia(
                f"These {len(data)} bytes do not begin with a frame index; make the proxy again."
            )
        _, version, _, num, den, frames, packets, rate, init_size, size = _HEADER.unpack_from(data)
        if version != VERSION:
            raise DamagedMedia(
                f"Frame index version {version} is not version {VERSION}; make the proxy again."
            )
        if not (num and den and frames) or init_size > HEADER_BYTES - _HEADER.size:
            raise DamagedMedia("The frame index has an impossible header; make the proxy again.")
        return cls(
            fps=Fraction(num, den),
            frame_count=frames,
            packet_count=packets,
            sample_rate_hz=rate,
            init_segment=bytes(data[_HEADER.size : _HEADER.size + init_size]),
            file_size_bytes=size,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class FrameIndex:
    """Byte offset, size and time of every sample of one proxy. `frames` holds frame_count + 1 records."""

    header: IndexHeader
    frames: Records
    packets: Records

    def __post_init__(self) -> None:
        if len(self.frames) != self.header.frame_count + 1 or len(self.packets) != self.header.packet_count:
            raise DamagedMedia(
                "The frame index does not hold the samples that it announces; make the proxy again."
            )
        for records, name in ((self.frames, "video"), (self.packets, "audio")):
            check_samples(records, name, self.header.file_size_bytes)

    @property
    def frame_count(self) -> int:
        return self.header.frame_count

    @property
    def fps(self) -> Fraction:
        return self.header.fps

    @property
    def has_audio(self) -> bool:
        return self.header.has_audio

    def to_bytes(self) -> bytes:
        return self.header.to_bytes() + self.frames.tobytes() + self.packets.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> "FrameIndex":
        """The index that `to_bytes` wrote. Raises DamagedMedia if it is cut short, too long or contradicts itself."""
        header = IndexHeader.from_bytes(data)
        if len(data) != header.size_bytes:
            raise DamagedMedia(
                f"The frame index has {len(data)} bytes instead of {header.size_bytes}; make the proxy again.",
            )
        return cls(
            header=header,
            frames=np.frombuffer(data, FRAME, header.frame_count + 1, header.frames_at),
            packets=np.frombuffer(data, PACKET, header.packet_count, header.packets_at),
        )


def check_samples(records: Records, name: str, file_size_bytes: int) -> None:
    """Raises DamagedMedia unless the samples lie one after the other inside the file."""
    ends = records["offset"] + records["size_bytes"]
    if np.any(ends[:-1] > records["offset"][1:]) or np.any(ends > file_size_bytes):
        raise DamagedMedia(f"The {name} samples do not lie one after the other in the proxy; make it again.")
