"""Strange sources: cut off, with holes, with bytes changed."""

from collections.abc import Callable, Mapping

import numpy as np

from heaters.domain.errors import DamagedMedia
from tests.media.source.strange_case import (
    AAC,
    FASTSTART,
    X264,
    Case,
    Fails,
    Generator,
    Made,
    beep,
    cut,
    edited,
    file,
    signal,
)

_SHORT_GOPS = (*X264, "-g", "10", "-bf", "0")
_LONG = signal(duration_s=4)
_MP4 = file("mp4", *_LONG, *_SHORT_GOPS, *FASTSTART)
_MKV = file("matroska", *_LONG, *_SHORT_GOPS, "-cluster_time_limit", "200")
_MKV_SOUND = file(
    "matroska", *_LONG, *beep(duration_s=4), *_SHORT_GOPS, *AAC, "-ac", "2", "-cluster_time_limit", "200"
)
_WEBM = file("webm", *_LONG, "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-g", "10")
_TS = file("mpegts", *_LONG, *_SHORT_GOPS)
_AVI = file("avi", *_LONG, "-c:v", "mpeg4", "-g", "10")
_FRAGMENTS = file("mp4", *_LONG, *_SHORT_GOPS, "-movflags", "frag_keyframe+empty_moov")
_BROKEN = (r"Parts of the file seem damaged|frames could not be decoded",)
_LOST = (r"of 100 frames could not be decoded",)


def _flipped(make: Generator, share: float, *, start: float, end: float = 1.0) -> Generator:
    """One byte in `1 / share` changed, between `start` and `end` of the file; the same ones every time."""

    def change(data: bytes) -> bytes:
        array = np.frombuffer(data, np.uint8).copy()
        first, last = int(start * len(array)), int(end * len(array))
        chosen = np.random.default_rng(7).random(last - first) < share
        array[first:last][chosen] ^= 0x5A
        return array.tobytes()

    return edited(make, change)


def _without(start: float, end: float) -> Callable[[bytes], bytes]:
    return lambda data: data[: int(start * len(data))] + data[int(end * len(data)) :]


def _zeroed(start: float, end: float) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        first, last = int(start * len(data)), int(end * len(data))
        return data[:first] + bytes(last - first) + data[last:]

    return change


_THREE_QUARTERS = Made(frames=range(60, 90), decoded=range(60, 90), warnings=_BROKEN)
_CONCEALED = Made(frames=100, decoded=range(90, 101), lost=range(11), warnings=_BROKEN)
_SOME = Made(frames=range(51, 101), decoded=range(51, 100), lost=range(1, 50), warnings=_LOST)

DAMAGE: Mapping[str, Case] = {
    "an MP4 cut off behind its index": Case(make=cut(_MP4, 0, 0.75), expect=_SOME),
    "an MP4 of which a third is there": Case(
        make=cut(_MP4, 0, 0.35), expect=Fails(error=DamagedMedia, words="of 100 frames could be decoded")
    ),
    "most of an MP4 of half a second": Case(
        make=cut(file("mp4", *signal(duration_s=0.9, at_s=0.4), *_SHORT_GOPS, *FASTSTART), 0, 0.8),
        expect=Made(
            frames=range(12, 23), decoded=range(12, 22), lost=range(1, 11), signal_frame=10,
            warnings=(r"of 23 frames could not be decoded",),
        ),
    ),
    "less than half of an MP4 of half a second": Case(
        make=cut(file("mp4", *signal(duration_s=0.9, at_s=0.4), *_SHORT_GOPS, *FASTSTART), 0, 0.4),
        expect=Fails(error=DamagedMedia, words="of 23 frames could be decoded"),
    ),
    "a second of which one frame is bad": Case(
        make=cut(file("mp4", *signal(duration_s=1, at_s=0.4), *_SHORT_GOPS, *FASTSTART), 0, 0.985),
        expect=Made(
            frames=range(24, 26), decoded=24, lost=1, signal_frame=10,
            warnings=(r"1 of 25 frames could not be decoded",),
        ),
    ),
    "an MP4 cut off before its index": Case(
        make=cut(file("mp4", *_LONG, *_SHORT_GOPS), 0, 0.9), expect=Fails(error=DamagedMedia, words="moov")
    ),
    "an MP4 cut off within its index": Case(
        make=cut(_MP4, 0, 0.002), expect=Fails(error=DamagedMedia, words="upload it again")
    ),
    "a fragmented MP4 cut off": Case(make=cut(_FRAGMENTS, 0, 0.75), expect=_THREE_QUARTERS),
    "a transport stream cut off": Case(make=cut(_TS, 0, 0.75), expect=_THREE_QUARTERS),
    "an MKV cut off": Case(make=cut(_MKV, 0, 0.75), expect=_SOME),
    "an MKV with sound cut off": Case(
        make=cut(_MKV_SOUND, 0, 0.75), expect=Made(
            frames=range(51, 101), decoded=range(51, 100), lost=range(1, 50), warnings=_LOST, channels=2
        )
    ),
    "an MKV of which a third is there": Case(
        make=cut(_MKV, 0, 0.35), expect=Fails(error=DamagedMedia, words="frames could be decoded")
    ),
    "a WebM cut off": Case(make=cut(_WEBM, 0, 0.75), expect=_SOME),
    "an AVI cut off": Case(make=cut(_AVI, 0, 0.75), expect=_SOME),
    "a program stream cut off": Case(
        make=cut(file("vob", *_LONG, "-c:v", "mpeg2video"), 0, 0.75), expect=_THREE_QUARTERS
    ),
    "an MP4 with bytes changed": Case(make=_flipped(_MP4, 0.0005, start=0.3, end=0.6), expect=_CONCEALED),
    "a transport stream with bytes changed": Case(
        make=_flipped(_TS, 0.0005, start=0.3, end=0.6), expect=_CONCEALED
    ),
    "an MKV with bytes changed": Case(
        make=_flipped(_MKV, 0.0005, start=0.3, end=0.6), expect=_CONCEALED
    ),
    "an MP4 with a hole of zeros": Case(make=edited(_MP4, _zeroed(0.3, 0.5)), expect=_SOME),
    "an MP4 with nothing but zeros behind its index": Case(
        make=edited(_MP4, _zeroed(0.03, 1)), expect=Fails(error=DamagedMedia, words="decoded")
    ),
    "an MKV with a piece missing": Case(make=edited(_MKV, _without(0.3, 0.5)), expect=_SOME),
    "a transport stream with a piece missing": Case(
        make=edited(_TS, _without(0.3, 0.5)), expect=_SOME
    ),
    "an MP4 whose index is damaged": Case(
        make=_flipped(_MP4, 0.3, start=0.001, end=0.01), expect=Fails(error=DamagedMedia, words="again")
    ),
}  # fmt: skip
