"""Stills that stand for a clip: which frames, and how they become JPEGs. Decodes those frames and no other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange

from heaters.domain.errors import DamagedMedia, InvalidJob
from heaters.domain.jobs import KeyframeStrategy
from heaters.domain.timebase import FrameRange
from heaters.media.clips.candidates import KeyframeCandidates, choose_best
from heaters.media.clips.index_format import FRAME, HEADER_BYTES, IndexHeader
from heaters.media.clips.samples import ReadRange
from heaters.media.clips.tracks import decode_stills, open_tracks

JPEG_QUALITY = 90

_BT709, _UNSPECIFIED = 1, 2  # matrix coefficients, ITU-T H.273 table 4

_PLACES: Mapping[KeyframeStrategy, tuple[int, ...]] = {
    KeyframeStrategy.UNIFORM: (10, 30, 50, 70, 90),
    KeyframeStrategy.MIDPOINT: (50,),
    KeyframeStrategy.MULTI: (25, 50, 75),
    KeyframeStrategy.BEST: (50,),
}
"""Where each strategy looks, in percent of the clip's length; the best where no candidate lies in the clip."""


@dataclass(frozen=True, kw_only=True)
class Still:
    """One frame of the proxy as a JPEG in its full size."""

    frame: int
    jpeg: bytes


def choose_frames(
    frames: FrameRange, strategy: KeyframeStrategy, candidates: KeyframeCandidates | None = None
) -> tuple[int, ...]:
    """The frames that stand for a clip, rising; at least one, and none twice however short the clip is.

    `candidates` are of the whole proxy; only the strategy `best` looks at them.
    """
    if strategy is KeyframeStrategy.BEST and candidates and (best := choose_best(frames, candidates)):
        return best
    found = (frames.start_frame + frames.frame_count * percent // 100 for percent in _PLACES[strategy])
    return tuple(sorted(set(found)))


def extract_stills(
    *, frames: Sequence[int], read_index: ReadRange, read_proxy: ReadRange
) -> tuple[Still, ...]:
    """Decode `frames` (rising) by one ranged read each. Raises InvalidJob for frames that the proxy does not have."""
    header = IndexHeader.from_bytes(read_index(0, HEADER_BYTES))
    if not frames or not 0 <= frames[0] <= frames[-1] < header.frame_count:
        raise InvalidJob(
            f"Frames {list(frames)} are not all in a proxy of {header.frame_count} frames; read the clip again.",
        )
    span = (frames[-1] + 1 - frames[0]) * FRAME.itemsize
    records = np.frombuffer(read_index(header.frames_at + frames[0] * FRAME.itemsize, span), FRAME)
    places = [records[frame - frames[0]] for frame in frames]
    samples = [read_proxy(int(place["offset"]), int(place["size_bytes"])) for place in places]
    try:
        with open_tracks(header) as tracks:
            pictures = decode_stills(tracks, samples)
    except av.FFmpegError as exc:
        raise DamagedMedia(f"Frames {list(frames)} cannot be decoded: {exc}; make the proxy again.") from exc
    return tuple(
        Still(frame=frame, jpeg=encode_jpeg(picture)) for frame, picture in zip(frames, pictures, strict=True)
    )


def encode_jpeg(picture: av.VideoFrame) -> bytes:
    """A JPEG of a frame of the proxy, whose colours are BT.709; unspecified ones are taken for that, too."""
    if picture.colorspace == _UNSPECIFIED:
        picture.colorspace = _BT709
    full = picture.reformat(format="bgr24", dst_color_range=ColorRange.JPEG)
    done, data = cv2.imencode(".jpg", full.to_ndarray(), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise DamagedMedia(
            f"A frame of {picture.width}x{picture.height} does not fit a JPEG; make the proxy again."
        )
    return bytes(data)
