"""MD5 of decoded frames, as ffmpeg's `framemd5` prints them, and whether two are the same. Decodes nothing itself."""

import hashlib

import av
import numpy as np
from numpy.typing import NDArray


def frame_md5(frame: av.VideoFrame) -> str:
    """MD5 of the frame's planes in its own pixel format, rows packed without padding (libavutil's image layout)."""
    digest = hashlib.md5(usedforsecurity=False)
    for plane in _packed_planes(frame):
        digest.update(plane.tobytes())
    return digest.hexdigest()


def same_picture(one: av.VideoFrame, other: av.VideoFrame) -> bool:
    """Whether two frames have the same pixel format, size and pixels."""
    if (one.format.name, one.width, one.height) != (other.format.name, other.width, other.height):
        return False
    return all(map(np.array_equal, _packed_planes(one), _packed_planes(other)))


def _packed_planes(frame: av.VideoFrame) -> list[NDArray[np.uint8]]:
    """Views of the planes without their padding, (height, bytes in a row)."""
    packed = []
    for plane, pixel_bytes in zip(frame.planes, _pixel_bytes(frame.format), strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8)[: plane.height * plane.line_size]
        packed.append(rows.reshape(plane.height, plane.line_size)[:, : pixel_bytes * plane.width])
    return packed


def _pixel_bytes(pixels: av.VideoFormat) -> list[int]:
    """Bytes per pixel of each plane: what its components take, each rounded up to whole bytes."""
    planes: dict[int, int] = {}
    for part in pixels.components:
        planes[part.plane] = planes.get(part.plane, 0) + (part.bits + 7) // 8
    return [planes[plane] for plane in sorted(planes)]
