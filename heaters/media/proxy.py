"""The proxy pass: decode a source once and get its proxy, its scores and its storyboard.

Gathers facts, plans, runs one ffmpeg process, and judges what was lost. Knows no bucket and no job.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from heaters.domain.errors import DamagedMedia
from heaters.media.ffmpeg import Progress, run_ffmpeg, safe_input
from heaters.media.mp4_layout import is_plain_all_intra
from heaters.media.probe import SourceProbe
from heaters.media.process import Limits
from heaters.media.proxy_command import PROXY_FILE, TILES_OUTPUT, proxy_arguments
from heaters.media.proxy_plan import ProxyPlan, may_be_proxy, plan_proxy
from heaters.media.scores import ScoreCounter, Scores
from heaters.media.storyboard import SheetFiles, SheetWriter

SHORTEST_REMAINS_S = 1.0
"""Less than this, or less than half of what was stated, is too little to call a damaged source a video."""

_FRAME_COUNTS = re.compile(
    r"(\d+) frames in, (\d+) frames out; (\d+) frames dropped, (\d+) frames duplicated"
)


@dataclass(frozen=True, kw_only=True)
class FrameCounts:
    """What happened to frames between decoder and proxy: to keep time, some are shown longer, some left out."""

    decoded: int
    left_out: int
    repeated: int


@dataclass(frozen=True, kw_only=True, eq=False)
class ProxyPass:
    """What one pass made. Where `is_source`, the source already is a proxy, and `proxy` is its own path.

    `decoded_frames` left the decoder and `lost_frames` should have but did not; the proxy has
    `scores.frame_count` frames, because a lost frame is filled by its neighbour to keep time.
    """

    plan: ProxyPlan
    proxy: Path
    is_source: bool
    scores: Scores
    storyboard: SheetFiles
    decoded_frames: int
    lost_frames: int
    warnings: tuple[str, ...]


def make_proxy(
    path: Path,
    source: SourceProbe,
    *,
    folder: Path,
    limits: Limits | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> ProxyPass:
    """Run the pass over the source at `path`, whose facts are `source`, writing into the empty `folder`.

    A source that already meets the proxy rules is only scored and tiled. Raises DamagedMedia when too little of it
    decodes, and what `run_ffmpeg` raises.
    """
    plan = plan_proxy(source)
    reuse = may_be_proxy(source, plan) and is_plain_all_intra(path)
    done = _run_pass(path, source, plan, folder=folder, limits=limits, on_progress=on_progress, reuse=reuse)
    if reuse and done.scores.frame_count != plan.stated_frames:
        return _run_pass(
            path, source, plan, folder=folder, limits=limits, on_progress=on_progress, reuse=False
        )
    return done


def _run_pass(
    path: Path,
    source: SourceProbe,
    plan: ProxyPlan,
    *,
    folder: Path,
    limits: Limits | None,
    on_progress: Callable[[Progress], None] | None,
    reuse: bool,
) -> ProxyPass:
    counter = ScoreCounter(width=plan.score_size.width, height=plan.score_size.height)
    sheets = SheetWriter(plan.sheet, folder=folder)
    run = run_ffmpeg(
        [*safe_input(path, source.container), *proxy_arguments(plan, with_proxy=not reuse)],
        folder=folder,
        limits=limits,
        duration_s=source.duration_s or None,
        on_progress=on_progress,
        on_output=counter,
        extra_outputs={TILES_OUTPUT: sheets},
        log_level="verbose",
    )
    counts = read_counts(run.log)
    lost = count_lost(plan, counts)
    check_enough_remains(plan, counts, lost=lost)
    return ProxyPass(
        plan=plan,
        proxy=path if reuse else folder / PROXY_FILE,
        is_source=reuse,
        scores=counter.finish(plan.rate),
        storyboard=sheets.finish(),
        decoded_frames=counts.decoded,
        lost_frames=lost,
        warnings=describe_losses(counts, lost=lost),
    )


def read_counts(log: Sequence[str]) -> FrameCounts:
    """The counts in the closing words of ffmpeg's log, summed over the times that it began afresh."""
    found = [[int(n) for n in match.groups()] for line in log if (match := _FRAME_COUNTS.search(line))]
    decoded, _shown, left_out, repeated = (
        (sum(column) for column in zip(*found, strict=True)) if found else (0,) * 4
    )
    return FrameCounts(decoded=decoded, left_out=left_out, repeated=repeated)


def count_lost(plan: ProxyPlan, counts: FrameCounts) -> int:
    """Frames that the container states and the decoder did not deliver; 0 where it states none."""
    return max((plan.stated_frames or 0) - counts.decoded, 0)


def check_enough_remains(plan: ProxyPlan, counts: FrameCounts, *, lost: int) -> None:
    """Raise DamagedMedia if losses leave less than one second, or less than half of the stated frames."""
    decoded = counts.decoded
    if decoded == 0:
        raise DamagedMedia(
            "Not one frame of this video can be decoded; check the source and upload it again."
        )
    if lost and (decoded / plan.rate < SHORTEST_REMAINS_S or decoded < lost):
        raise DamagedMedia(
            f"Only {decoded:,} of {decoded + lost:,} frames could be decoded; upload the video again.",
            decoded_frames=decoded,
            lost_frames=lost,
        )


def describe_losses(counts: FrameCounts, *, lost: int) -> tuple[str, ...]:
    """Sentences for people about what the proxy does not show as the source meant it, worst first."""
    said = []
    repeated = max(counts.repeated - lost, 0)
    if lost:
        said.append(f"{lost:,} of {counts.decoded + lost:,} frames could not be decoded.")
    if counts.left_out:
        said.append(f"The frame rate is not constant: {counts.left_out:,} frames were left out to keep time.")
    if repeated:
        said.append(f"The frame rate is not constant: frames were repeated {repeated:,} times to keep time.")
    return tuple(said)
