"""The sizes of pictures on their way from source to proxy, scores and tiles. Pure; decides nothing but sizes."""

from dataclasses import dataclass
from fractions import Fraction

from scenedetect.scene_manager import DEFAULT_MIN_WIDTH

from heaters.media.source.facts import VideoFacts

LONG_SIDE = 1920
SHORT_SIDE = 1080
SCORE_SIDE = DEFAULT_MIN_WIDTH
"""Frames are scored at the size at which PySceneDetect scores them."""

WIDEST_PIXELS = 4
"""A pixel aspect beyond 4:1 or 1:4 is a header's mistake: anamorphic films have 2:1."""

_SQUARE_TOLERANCE = Fraction(1, 100)  # scalers round sizes and leave pixels that are square but for a hair


@dataclass(frozen=True, kw_only=True)
class Size:
    width: int
    height: int


def upright_size(video: VideoFacts) -> Size:
    """The picture as it is meant to be seen: square pixels, never fewer of them, then turned."""
    width, height, aspect = video.width, video.height, video.pixel_aspect
    if not Fraction(1, WIDEST_PIXELS) <= aspect <= WIDEST_PIXELS:
        aspect = Fraction(1)
    if aspect > 1 + _SQUARE_TOLERANCE:
        width = round(width * aspect)
    elif aspect < 1 - _SQUARE_TOLERANCE:
        height = round(height / aspect)
    return _turned(video, width, height)


def fit_proxy(size: Size) -> Size:
    """`size` made even and scaled down, if need be, into 1920x1080 or, upright, 1080x1920."""
    long_side, short_side = max(size.width, size.height), min(size.width, size.height)
    scale = min(Fraction(LONG_SIDE, long_side), Fraction(SHORT_SIDE, short_side), Fraction(1))
    return Size(width=even(size.width * scale), height=even(size.height * scale))


def fit_scores(size: Size) -> Size:
    """The size at which PySceneDetect would score a picture of `size`: its longer side 256, never enlarged; even."""
    scale = min(Fraction(SCORE_SIDE, max(size.width, size.height)), Fraction(1))
    return Size(width=even(size.width * scale), height=even(size.height * scale))


def count_halvings(height: int, score_height: int) -> int:
    """How often every second row can be left out so that a scaled row still takes in nearly two of those left."""
    return max((height * 5 // (score_height * 9)).bit_length() - 1, 0)


def first_size(video: VideoFacts) -> Size:
    """Even where it is tone-mapped, because zimg halves no odd length."""
    width, height = (even(n) if video.is_hdr else n for n in (video.width, video.height))
    return _turned(video, width, height)


def _turned(video: VideoFacts, width: int, height: int) -> Size:
    return Size(width=height, height=width) if video.rotation_deg % 180 else Size(width=width, height=height)


def even(length: Fraction | int) -> int:
    return max(2 * round(Fraction(length) / 2), 2)
