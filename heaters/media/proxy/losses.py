"""What became of frames between the decoder and the proxy, and whether what is left is a video worth having. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from heaters.domain.errors import DamagedMedia, SourceTooLarge
from heaters.media.proxy.colours import describe_assumed
from heaters.media.proxy.plan import ProxyPlan
from heaters.media.source.facts import SourceProbe

FEWEST_SHOWN = Fraction(1, 50)
"""A rate so high that no more than this part of the frames is shown is a header's lie."""

SPARSEST = Fraction(1, 1000)
"""A rate so low, for an hour or more, that the proxy would be nothing but repeated frames."""

_DAMAGE = re.compile(
    r"corrupt|damaged|error while decoding|concealing|partial file|File ended prematurely|"
    r"Invalid (?:NAL unit size|data found when processing)|Error submitting|invalid as first byte of an EBML",
    re.IGNORECASE,
)
_FRAME_COUNTS = re.compile(
    r"(\d+) frames in, (\d+) frames out; (\d+) frames dropped, (\d+) frames duplicated"
)


@dataclass(frozen=True, kw_only=True)
class FrameCounts:
    """What happened to frames between decoder and proxy: to keep time, some are shown longer, some left out.

    `shown` is how many the proxy has; `is_damaged` whether ffmpeg spoke of damage.
    """

    decoded: int
    left_out: int
    repeated: int
    shown: int
    is_damaged: bool = False


def read_counts(log: Sequence[str]) -> FrameCounts:
    """The counts in the closing words of ffmpeg's log, summed over the times that it began afresh."""
    found = [[int(n) for n in match.groups()] for line in log if (match := _FRAME_COUNTS.search(line))]
    decoded, shown, left_out, repeated = (
        (sum(column) for column in zip(*found, strict=True)) if found else (0,) * 4
    )
    return FrameCounts(
        decoded=decoded,
        left_out=left_out,
        repeated=repeated,
        shown=shown,
        is_damaged=any(_DAMAGE.search(line) for line in log),
    )


def count_lost(plan: ProxyPlan, counts: FrameCounts) -> int:
    """Frames that the container states and the decoder did not deliver.

    Where it states no number: those missing before the stated end, and the holes that were filled in an even source
    that is damaged. 0 where nothing is stated and nothing damaged.
    """
    if plan.stated_frames is not None:
        return max(plan.stated_frames - counts.decoded, 0)
    missing = (plan.stated_shown or 0) - counts.shown
    holes = counts.repeated if counts.is_damaged and plan.is_even else 0
    return holes + (missing if missing > plan.length_tolerance else 0)


def refuse_endless(source: SourceProbe, plan: ProxyPlan) -> None:
    """Raise SourceTooLarge if a few frames claim to last for hours."""
    average, frames = source.video.average_rate, source.video.stated_frames or 1
    if 0 < average < plan.rate * SPARSEST and frames > 3600 * average:
        raise SourceTooLarge(
            f"The file claims that its frames last {float(1 / average) / 3600:.2f} hours each; correct its times and "
            "upload it again.",
        )


def check_rate_is_true(source: SourceProbe, counts: FrameCounts) -> None:
    """Raise DamagedMedia if the source claims so many frames a second that hardly one of them is shown."""
    if counts.left_out and counts.shown <= counts.decoded * FEWEST_SHOWN:
        rate = source.video.average_rate or source.video.base_rate
        raise DamagedMedia(
            f"The file claims {float(rate):,.0f} frames a second, so that {counts.shown:,} of {counts.decoded:,} "
            "would be shown; correct its frame rate and upload it again.",
        )


def check_enough_remains(counts: FrameCounts, *, lost: int) -> None:
    """Raise DamagedMedia if losses leave less than half of the stated frames, however short the video is."""
    decoded = counts.decoded
    if decoded == 0:
        raise DamagedMedia(
            "Not one frame of this video can be decoded; check the source and upload it again."
        )
    if decoded < lost:
        raise DamagedMedia(
            f"Only {decoded:,} of {decoded + lost:,} frames could be decoded; upload the video again.",
            decoded_frames=decoded,
            lost_frames=lost,
        )


def describe_losses(
    source: SourceProbe, counts: FrameCounts, *, lost: int, rate: Fraction
) -> tuple[str, ...]:
    """Sentences for people about what the proxy does not show as the source meant it, worst first."""
    said = []
    if source.second_file_at is not None:
        rest = source.size_bytes - source.second_file_at
        said.append(
            f"Another video begins behind the first one in the same file; its {rest:,} bytes were left out. "
            "Split the file and upload the parts."
        )
    repeated = max(counts.repeated - lost, 0)
    if lost:
        said.append(f"{lost:,} of {counts.decoded + lost:,} frames could not be decoded.")
    elif counts.is_damaged:
        said.append("Parts of the file seem damaged; some pictures may be broken.")
    if counts.left_out and source.second_file_at is None:
        said.append(f"The frame rate is not constant: {counts.left_out:,} frames were left out to keep time.")
    if repeated:
        minutes = int(repeated / rate / 60)
        told = f", {minutes:,} minutes in all" if minutes else ""
        said.append(
            f"The frame rate is not constant: frames were repeated {repeated:,} times to keep time{told}."
        )
    return (*said, *describe_assumed(source.video))
