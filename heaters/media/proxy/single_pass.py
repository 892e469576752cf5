"""The proxy pass: decode a source once and get its proxy, its scores, facts of its frames and its storyboard.

Gathers facts, plans, runs one ffmpeg process, and judges what was lost. Knows no bucket and no job.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from heaters.media.facts.fact_counter import FactCounter
from heaters.media.facts.frame_facts import FrameFacts
from heaters.media.proxy.command import ONE_SIZE, PROXY_FILE, TILES_OUTPUT, proxy_arguments
from heaters.media.proxy.holes import refuse_holes
from heaters.media.proxy.losses import (
    check_enough_remains,
    check_rate_is_true,
    count_lost,
    describe_losses,
    read_counts,
    refuse_endless,
)
from heaters.media.proxy.mp4_layout import is_plain_all_intra
from heaters.media.proxy.plan import ProxyPlan, may_be_proxy, plan_proxy
from heaters.media.proxy.sound import Sound, encode_sound
from heaters.media.proxy.storyboard import SheetFiles, SheetWriter
from heaters.media.scenes.network.cells import with_probabilities
from heaters.media.scenes.network.frame_judge import FrameJudge, open_judge
from heaters.media.scenes.network.model import Judge
from heaters.media.scenes.score_counter import ScoreCounter
from heaters.media.scenes.scores import Scores
from heaters.media.source.facts import SourceProbe
from heaters.media.untrusted.ffmpeg import Progress, run_ffmpeg, safe_input
from heaters.media.untrusted.process import Limits

PASS_LIMITS = Limits(resident_bytes=3 * 1024**3 // 2)
"""4K in HDR and 8K take 0.7 GiB with two CPUs."""


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
    facts: FrameFacts
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
    network: Judge | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> ProxyPass:
    """Run the pass over the source at `path`, whose facts are `source`, writing into the empty `folder`.

    With a `network`, its probabilities are among the scores.

    A source that already meets the proxy rules is only scored and tiled. Raises DamagedMedia when too little of it
    decodes, SourceTooLarge when the proxy would be endless, and what `run_ffmpeg` raises.
    """
    plan = plan_proxy(source)
    refuse_endless(source, plan)
    refuse_holes(path, source, plan)
    reuse = may_be_proxy(source, plan) and is_plain_all_intra(path)
    run = partial(
        _run_pass,
        path,
        source,
        plan,
        folder=folder,
        limits=limits,
        network=network,
        on_progress=on_progress,
    )
    done = run(reuse=reuse)
    return run(reuse=False) if reuse and done.scores.frame_count != plan.stated_frames else done


def count_frames(plan: ProxyPlan, judging: FrameJudge | None, facts: FactCounter) -> ScoreCounter:
    """A reader of the pass's frames that scores them, takes facts of them and shows them to the network, if any."""
    size = plan.score_size
    seen = judging.add if judging else None
    return ScoreCounter(width=size.width, height=size.height, on_frame=seen, on_luma=facts.add)


def _run_pass(
    path: Path,
    source: SourceProbe,
    plan: ProxyPlan,
    *,
    folder: Path,
    limits: Limits | None,
    network: Judge | None,
    on_progress: Callable[[Progress], None] | None,
    reuse: bool,
) -> ProxyPass:
    sound = Sound() if reuse else encode_sound(path, source, plan, folder=folder, limits=limits)
    facts, sheets = FactCounter(), SheetWriter(plan.sheet, folder=folder)
    with open_judge(network, rate=plan.rate) as judging:
        counter = count_frames(plan, judging, facts)
        run = run_ffmpeg(
            [
                *safe_input(path, source.container, options=ONE_SIZE),
                *proxy_arguments(plan, with_proxy=not reuse, sound=sound.file),
            ],
            folder=folder,
            limits=limits or PASS_LIMITS,
            duration_s=source.duration_s or None,
            on_progress=on_progress,
            on_output=counter,
            extra_outputs={TILES_OUTPUT: sheets},
            log_level="verbose",
        )
        scores = counter.finish(plan.rate)
        if judging:
            scores = with_probabilities(scores, judging.finish())
    if sound.file:
        sound.file.unlink()
    counts = read_counts(run.log)
    lost = count_lost(plan, counts)
    check_rate_is_true(source, counts)
    check_enough_remains(counts, lost=lost)
    return ProxyPass(
        plan=plan,
        proxy=path if reuse else folder / PROXY_FILE,
        is_source=reuse,
        scores=scores,
        facts=facts.finish(plan.rate),
        storyboard=sheets.finish(),
        decoded_frames=counts.decoded,
        lost_frames=lost,
        warnings=(*describe_losses(source, counts, lost=lost, rate=plan.rate), *sound.warnings),
    )
