"""What a timeline is, and what a format of files must have to carry one. Knows no format."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from heaters.domain.states import ClipState
from heaters.domain.timebase import FrameRange


@dataclass(frozen=True, kw_only=True)
class TimelineClip:
    """One clip of a timeline."""

    clip_id: str
    frames: FrameRange
    state: ClipState
    group_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The live clips of a video in order; together they are the whole video."""

    title: str
    rate: Fraction
    clips: tuple[TimelineClip, ...]


@dataclass(frozen=True, kw_only=True)
class FileFormat:
    """One format. `read` takes text and the video's rate and gives each clip's first frame and the one behind its
    last, in the file's order; it may fail as it likes. It is None where a file does not hold every frame number.
    """

    name: str
    description: str
    media_type: str
    suffix: str
    write: Callable[[Timeline], str]
    read: Callable[[str, Fraction], Iterable[tuple[int, int]]] | None
