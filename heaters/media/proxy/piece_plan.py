"""Decide how a proxy is made in pieces that join to the very bytes of one pass. Pure; runs nothing.

x264 takes two things from the frames before a frame. In CRF its quantiser follows a running mean of complexity, in
which the past halves with every frame; and numbers of frames show in its bits: every other picture gets another
`idr_pic_id`, and the end of a slice is padded from a table of 32 bits. So a piece begins to encode at a multiple of 32
at least `WARM_UP_FRAMES` before its first frame, and what it encoded before that frame is thrown away.
"""

from dataclasses import dataclass
from itertools import pairwise

from heaters.domain.errors import InvalidJob
from heaters.domain.timebase import FrameRange
from heaters.media.proxy.plan import ProxyPlan
from heaters.media.untrusted.sniff import MATROSKA, MP4, WEBM

WARM_UP_FRAMES = 64
"""After so many halvings, nothing older is left in a double's 53 bits."""

PERIOD_FRAMES = 32
"""The longest period in which the number of a frame shows in its bits."""

SEEK_EARLIER_S = 2.0
"""Pictures right after a seek may refer to what was not read; they are over by then."""

SEEKABLE = frozenset({MP4, MATROSKA, WEBM})
"""Containers that store when each frame is shown. In others that is guessed by counting, which a seek would upset."""

KEEP_TIMES = ("-copyts", "-start_at_zero", "-noaccurate_seek")
"""After a seek, times count from the earliest in the file, as they do without one."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Frames `frames` of the proxy, made by encoding from `first_frame` on.

    Where `sought`, decoding begins near them and frames are known by their times; otherwise by counting from the
    first frame of the source. Of the piece that `is_last`, all that the source still has is its own.
    """

    frames: FrameRange
    first_frame: int
    is_last: bool = False
    sought: bool = False

    @property
    def warm_up_frames(self) -> int:
        """How many frames are made and thrown away."""
        return self.frames.start_frame - self.first_frame


def plan_piece(frames: FrameRange, *, is_last: bool = False, sought: bool = False) -> Piece:
    """The piece that makes `frames`."""
    warm = max(frames.start_frame - WARM_UP_FRAMES, 0)
    return Piece(frames=frames, first_frame=warm - warm % PERIOD_FRAMES, is_last=is_last, sought=sought)


def split_frames(frame_count: int, pieces: int) -> tuple[FrameRange, ...]:
    """`frame_count` frames as that many ranges, of lengths that differ by one at most, in order.

    Raises InvalidJob where a piece would have no frame.
    """
    if not 1 <= pieces <= frame_count:
        raise InvalidJob(f"{frame_count:,} frames cannot be made in {pieces:,} pieces; ask for fewer.")
    bounds = [frame_count * number // pieces for number in range(pieces + 1)]
    return tuple(FrameRange(start_frame=start, end_frame=end) for start, end in pairwise(bounds))


def seek_time_s(plan: ProxyPlan, piece: Piece) -> float:
    """Where in the source to look for the key frame to begin with; not above 0 where that is its first."""
    return float(piece.first_frame / plan.rate + plan.first_frame_s - SEEK_EARLIER_S)


def input_options(plan: ProxyPlan, piece: Piece) -> tuple[str, ...]:
    """Options of the input that skip what lies before a sought piece; times stay those of the whole."""
    return (*KEEP_TIMES, "-ss", f"{seek_time_s(plan, piece):.6f}") if piece.sought else ()
