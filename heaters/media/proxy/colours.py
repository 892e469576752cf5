"""Which colours are taken where a picture does not say them, or says what cannot be converted. Pure.

Standard definition is BT.601 (ITU-R BT.601-7), HDR is BT.2020 (BT.2100-2), all else BT.709, whose samples pass as they
are.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from heaters.media.source.facts import VideoFacts

UNSAID = ("unknown", "unspecified")
_BROADCAST_CODECS = frozenset({"mpeg1video", "mpeg2video", "dvvideo"})
_BROADCAST_SIZES = frozenset({(720, 576), (720, 480), (704, 576), (704, 480), (720, 486)})
_TALLEST_SD = 576
_LINES_625 = frozenset({576, 288})
_NOT_CONVERTED = (*UNSAID, "bt2020c")  # constant luminance is told from the other by nobody's pictures

_NAMES: Mapping[str, str] = MappingProxyType(
    {"bt709": "BT.709", "bt470bg": "BT.601", "smpte170m": "BT.601", "bt2020nc": "BT.2020"}
)


def assume_colours(video: VideoFacts) -> VideoFacts:
    """The same picture with all the colours that are needed to convert it."""
    if video.pixel_format.startswith(("gbr", "rgb", "bgr")):
        return video
    if video.is_hdr:
        return replace(
            video,
            color_space="bt2020nc" if video.color_space in _NOT_CONVERTED else video.color_space,
            color_primaries="bt2020" if video.color_primaries in UNSAID else video.color_primaries,
        )
    if video.color_space not in UNSAID:
        return video
    return replace(video, color_space=_matrix_by_size(video))


def changed_parameters(video: VideoFacts, assumed: VideoFacts) -> str:
    """What setparams has to be told so that frames of `video` are taken for `assumed`; nothing where they agree."""
    pairs = {"colorspace": "color_space", "color_primaries": "color_primaries"}
    return ":".join(
        f"{name}={getattr(assumed, fact)}"
        for name, fact in pairs.items()
        if getattr(assumed, fact) != getattr(video, fact)
    )


def name_assumed(video: VideoFacts, assumed: VideoFacts) -> str | None:
    """The standard that was assumed, for people; None where the picture says its colours itself."""
    return _NAMES.get(assumed.color_space) if assumed != video else None


def describe_assumed(video: VideoFacts) -> tuple[str, ...]:
    """A sentence for people where HDR had to be guessed at: nobody can see that it was."""
    if not video.is_hdr or assume_colours(video) == video:
        return ()
    return ("The file says that it is HDR, but not in which colours; BT.2020 was assumed.",)


def _matrix_by_size(video: VideoFacts) -> str:
    is_sd = video.codec in _BROADCAST_CODECS and video.height <= _TALLEST_SD
    if not is_sd and (video.width, video.height) not in _BROADCAST_SIZES:
        return "bt709"
    return "bt470bg" if video.height in _LINES_625 else "smpte170m"
