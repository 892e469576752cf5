"""Make a proxy in pieces, each on its own: the same frames, scores, facts and tiles as one pass makes.

Sound is encoded once for the whole video, because an AAC frame depends on those before it. What was lost is judged
when pieces are joined. Knows no bucket and no job.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from heaters.domain.errors import InvalidJob
from heaters.domain.timebase import FrameRange
from heaters.media.facts.fact_counter import FactCounter
from heaters.media.facts.frame_facts import FrameFacts, without_first
from heaters.media.proxy.command import (
    COUNT_BYTES,
    COUNT_OUTPUT,
    ONE_SIZE,
    PROXY_FILE,
    TILES_OUTPUT,
    first_frame_arguments,
    proxy_arguments,
)
from heaters.media.proxy.losses import read_counts, refuse_endless
from heaters.media.proxy.piece_plan import KEEP_TIMES, SEEKABLE, Piece, input_options, plan_piece, seek_time_s
from heaters.media.proxy.plan import ProxyPlan
from heaters.media.proxy.single_pass import PASS_LIMITS, count_frames
from heaters.media.scenes.network.cells import Judgement
from heaters.media.scenes.network.frame_judge import open_judge
from heaters.media.scenes.network.model import Judge
from heaters.media.scenes.scores import Scores
from heaters.media.source.facts import SourceProbe
from heaters.media.untrusted.ffmpeg import Progress, run_ffmpeg, safe_input
from heaters.media.untrusted.process import Limits

TILES_FILE = "tiles.bgr24"

_FIRST_ON_GRID = re.compile(r" n: *0 pts: *0 ")


@dataclass(frozen=True, kw_only=True, eq=False)
class ProxyPiece:
    """A made piece: `proxy` holds the pictures of `frames`, `tiles` its raw bgr24 tiles one after the other.

    `decoded_frames` left the decoder for these pictures; `is_damaged` is whether ffmpeg spoke of damage. What a
    network thinks of them is in `judgement`, not yet in the scores.
    """

    frames: FrameRange
    proxy: Path
    scores: Scores
    facts: FrameFacts
    tiles: Path
    decoded_frames: int
    is_damaged: bool
    judgement: Judgement | None = None


def make_piece(
    path: Path,
    source: SourceProbe,
    plan: ProxyPlan,
    frames: FrameRange,
    *,
    folder: Path,
    is_last: bool,
    limits: Limits | None = None,
    network: Judge | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> ProxyPiece:
    """Make frames `frames` of the proxy that `plan` describes, writing into the empty `folder`.

    Where seeking led to a frame after the first one wanted, the source is decoded from its beginning. Raises
    InvalidJob if the source has not all these frames, SourceTooLarge when the proxy would be endless, and what
    `run_ffmpeg` raises.
    """
    refuse_endless(source, plan)
    for piece in _ways_to_make(path, source, plan, frames, folder=folder, is_last=is_last):
        facts = FactCounter()
        expected, decoded = frames.end_frame - piece.first_frame, _ByteCount()
        opened = safe_input(path, source.container, options=(*ONE_SIZE, *input_options(plan, piece)))
        with (
            (folder / TILES_FILE).open("wb") as tiles,
            open_judge(
                network,
                rate=plan.rate,
                first_frame=frames.start_frame,
                skip=piece.warm_up_frames,
                is_last=is_last,
            ) as judging,
        ):
            counter = count_frames(plan, judging, facts)
            run = run_ffmpeg(
                [*opened, *proxy_arguments(plan, piece=piece)],
                folder=folder,
                limits=limits or PASS_LIMITS,
                duration_s=float(expected / plan.rate),
                on_progress=on_progress,
                on_output=counter,
                extra_outputs={TILES_OUTPUT: _writer(tiles), COUNT_OUTPUT: decoded},
                log_level="verbose",
            )
            judgement = judging.finish() if judging else None
        if counter.frame_count == expected:
            return ProxyPiece(
                frames=frames,
                proxy=folder / PROXY_FILE,
                scores=_rows_from(counter.finish(plan.rate), piece.warm_up_frames),
                facts=without_first(facts.finish(plan.rate), piece.warm_up_frames),
                tiles=folder / TILES_FILE,
                decoded_frames=decoded.size_bytes // COUNT_BYTES,
                is_damaged=read_counts(run.log).is_damaged,
                judgement=judgement,
            )
    raise InvalidJob(
        f"The source has no frames {frames.start_frame:,} to {frames.end_frame:,}: {counter.frame_count:,} of "
        f"{expected:,} were decoded; make this proxy in one pass.",
    )


def _ways_to_make(
    path: Path, source: SourceProbe, plan: ProxyPlan, frames: FrameRange, *, folder: Path, is_last: bool
) -> Iterator[Piece]:
    """By seeking, where times can be trusted; by counting from the beginning always."""
    sought = plan_piece(frames, is_last=is_last, sought=True)
    if source.container in SEEKABLE and seek_time_s(plan, sought) > 0:
        opened = safe_input(path, source.container, options=(*ONE_SIZE, *KEEP_TIMES))
        look = run_ffmpeg(
            [*opened, *first_frame_arguments(plan)], folder=folder, limits=PASS_LIMITS, log_level="info"
        )
        if any(_FIRST_ON_GRID.search(line) for line in look.log):
            yield sought
    yield plan_piece(frames, is_last=is_last)


def _rows_from(scores: Scores, row: int) -> Scores:
    arrays: dict[str, Any] = {name: getattr(scores, name)[row:] for name in array_names(scores)}
    return replace(scores, **arrays)


class _ByteCount:
    """A reader that only counts."""

    def __init__(self) -> None:
        self.size_bytes = 0

    def __call__(self, data: bytes) -> None:
        self.size_bytes += len(data)


def _writer(file: BinaryIO) -> Callable[[bytes], None]:
    def write(data: bytes) -> None:
        file.write(data)

    return write


def array_names(scores: Scores) -> list[str]:
    """Every array of scores has one row for each frame."""
    return [name for name, value in vars(scores).items() if isinstance(value, np.ndarray)]
