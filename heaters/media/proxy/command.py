"""The ffmpeg arguments of the proxy pass: one decode, split into proxy, small frames and storyboard. Pure.

Options are those that ffmpeg 5.1 and 7.1 both know.
"""

from fractions import Fraction
from math import floor
from pathlib import Path

from heaters.domain.timebase import format_rate
from heaters.media.proxy.piece_plan import Piece
from heaters.media.proxy.plan import ProxyPlan
from heaters.media.proxy.size import count_halvings
from heaters.media.proxy.sound_command import REPRODUCIBLE

PROXY_FILE = "proxy.mp4"
TILES_OUTPUT = "pipe:tiles"
"""Stands for the pipe of tiles, whose number is known only when ffmpeg starts."""

COUNT_OUTPUT = "pipe:count"
"""Likewise for the pipe that gets COUNT_BYTES for each decoded frame of a piece."""

COUNT_BYTES = 4

ONE_SIZE = ("-reinit_filter:v", "0")
"""Options of the input: where the size changes, frames are scaled. To begin afresh loses the one that `fps` holds."""

PRESET = "superfast"
"""0.78 of the CPU seconds of `veryfast` and, at the same number of bytes, a similarity (SSIM) that is 0.001 lower."""

CRF = 20

_TONE_MAP = (
    "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,"
    "zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
)
_SAME_SHAPE = 0.01
_HALF = Fraction(501, 1000)  # and a hair, for times that were rounded
_TIME_ERROR_S = 0.0005
"""Seconds here are rounded to microseconds, and frames never follow each other faster than twice this."""

_NEVER_HOURS_LATER = "setpts='if(gt((PTS-PREV_OUTPTS)*TB,3600),PREV_OUTPTS,PTS)'"
"""ffmpeg mends a clock that jumps for good; a single frame that claims to be hours later has a damaged time."""

_NO_SEI = (
    "filter_units=remove_types=6"  # x264 writes its number of threads there, and nothing that a player needs
)
_BT709 = ("-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv")


def proxy_arguments(
    plan: ProxyPlan, *, with_proxy: bool = True, piece: Piece | None = None, sound: Path | None = None
) -> list[str]:
    """All arguments after the input. Raw yuv420p frames to score go to `pipe:1`, raw bgr24 tiles to TILES_OUTPUT.

    `sound`, a file in the folder of the run, is copied into the proxy. Without `with_proxy`, the source itself is the
    proxy: its frames are only scored and tiled. With a `piece`, the proxy has that piece's pictures; frames to score
    begin with the first of its warm-up, and decoded frames are counted through COUNT_OUTPUT.
    """
    outputs = [*_raw_output("scores", "pipe:1"), *_raw_output("tiles", TILES_OUTPUT)]
    if piece:
        outputs += _raw_output("count", COUNT_OUTPUT)
    if with_proxy:
        outputs = [*_proxy_output(piece, sound), *outputs]
    graph = filter_graph(plan, with_proxy=with_proxy, piece=piece)
    inputs = ["-f", "mov", "-i", f"file:{sound.name}"] if sound else []
    return [
        *inputs, "-max_error_rate", "1", *filter_threads(plan), "-filter_complex", graph, *outputs,
    ]  # fmt: skip


def filter_threads(plan: ProxyPlan) -> list[str]:
    """One thread where only small pictures are scaled: sharing that out costs more CPU than the scaling."""
    large = plan.needs_scaling or plan.deinterlace or plan.tone_map
    return [] if large else ["-filter_complex_threads", "1"]


def first_frame_arguments(plan: ProxyPlan) -> list[str]:
    """All arguments after the input to log the first frame's time, `pts: 0` where the grid begins with it."""
    graph = f"[0:{plan.stream_index}]{_timed_frames(plan)},{_even_frames(plan, None)},showinfo[picture]"
    return ["-filter_complex", graph, "-map", "[picture]", "-frames:v", "1", "-f", "null", "-"]


def filter_graph(plan: ProxyPlan, *, with_proxy: bool = True, piece: Piece | None = None) -> str:
    """Decoded frames to constant rate, once; then the three uses of each frame."""
    uses = ["scores", "tiles", *(["picture"] if with_proxy else [])]
    timed = f"[0:{plan.stream_index}]{_timed_frames(plan)}{_count(plan, piece)}"
    chains = [
        f"{timed},{_even_frames(plan, piece)},split={len(uses)}" + "".join(f"[{use}_in]" for use in uses),
        f"[scores_in]{score_filters(plan)}[scores]",
        f"[tiles_in]{_tiles(plan, piece)}[tiles]",
    ]
    if with_proxy:
        chains.append(f"[picture_in]{_picture(plan)}[picture]")
    return ";".join(chains)


def score_filters(plan: ProxyPlan) -> str:
    """Small frames to score. Rows are left out first, for nothing; PySceneDetect's scaling looks at fewer pixels."""
    size = plan.score_size
    fields = "field=top," * count_halvings(plan.first_size.height, size.height)
    return f"{fields}{_scale(size.width, size.height, 'area')}:out_range=tv,format=yuv420p"


def _timed_frames(plan: ProxyPlan) -> str:
    """Decoded frames in one size; time starts with the first of them."""
    steps = [
        *([f"setparams={plan.parameters}"] if plan.parameters else []),
        *_one_shape(plan),
        *(["bwdif=mode=send_frame:deint=interlaced"] if plan.deinterlace or plan.watch_fields else []),
        *([f"setpts=round(PTS{-plan.first_frame_s:+.6f}/TB)"] if plan.first_frame_s else []),
        *([_until_last_is_shown(plan)] if plan.last_frame_s is not None else []),
        *([_NEVER_HOURS_LATER] if plan.clock_is_broadcast else []),
        *([_one_after_another(plan.rate)] if plan.is_even and plan.clock_jumps else []),
    ]
    return ",".join(steps)


def _one_shape(plan: ProxyPlan) -> list[str]:
    """Frames in the first one's size: nothing while that stays. Where a broadcast changes its shape, bars are added."""
    width, height = plan.first_size.width, plan.first_size.height
    if plan.first_aspect is None:
        return [_scale(width, height, "bicubic")]
    wider = f"dar/({plan.first_aspect})"
    is_same = f"lt(abs({wider}-1),{_SAME_SHAPE})"
    fit_width = f"'if({is_same},{width},min({width},round({width}*{wider}/2)*2))'"
    fit_height = f"'if({is_same},{height},min({height},round({height}/({wider})/2)*2))'"
    return [
        f"{_scale(fit_width, fit_height, 'bicubic')}:eval=frame",
        f"pad={width}:{height}:(ow-iw)/2:(oh-ih)/2:eval=frame",
    ]


def _one_after_another(rate: Fraction) -> str:
    """Each frame in the place after the one before, while that is no more than a frame late.

    Where recordings were joined, the next one's clock is a part of a frame off; rounding alone would lose a frame.
    """
    to_place, to_time = f"*TB*{format_rate(rate)}", f"/({format_rate(rate)})/TB"
    place = f"round(PTS{to_place})"
    after = f"(round(PREV_OUTPTS{to_place})+1)"
    is_next = f"between({after}-PTS{to_place},-0.5,0.999)"
    return f"setpts='round(if({is_next},{after},{place}){to_time})'"


def _until_last_is_shown(plan: ProxyPlan) -> str:
    """The end, which setpts is asked for as well, comes not before the last frame had its place on the grid.

    `fps` leaves out a last frame that lasts less than half of a place, or whose packet does not say how long.
    """
    last_s = plan.last_frame_s or 0.0
    end_s = (floor(Fraction(last_s) * plan.rate + _HALF) + 1) / plan.rate
    is_over = f"gte(PREV_INPTS*TB,{last_s - _TIME_ERROR_S:.6f})"
    return f"setpts='if({is_over},max(PTS,round({float(end_s):.6f}/TB)),PTS)'"


def _count(plan: ProxyPlan, piece: Piece | None) -> str:
    """Copies of a piece's own frames, as small as can be: what lies half a frame around its times, nothing twice."""
    if not piece:
        return ""
    start, end = (
        f"{float((n - Fraction(1, 2)) / plan.rate):.6f}"
        for n in (piece.frames.start_frame, piece.frames.end_frame)
    )
    bounds = [
        *([f"start={start}"] if piece.frames.start_frame else []),
        *([] if piece.is_last else [f"end={end}"]),
    ]
    own = f"trim={':'.join(bounds)}" if bounds else "null"
    return f",split[counted][kept];[counted]{own},scale=2:2:flags=neighbor,format=gray[count];[kept]null"


def _even_frames(plan: ProxyPlan, piece: Piece | None) -> str:
    """Frames at a constant rate: a lost frame is filled by its neighbour, so time stays true.

    Times on the grid of `fps` are numbers of frames. A piece takes its own and counts their times from 0.
    """
    steps = [f"fps={format_rate(plan.rate)}"]
    if piece:
        known_by = "pts" if piece.sought else "frame"
        first, end = piece.first_frame, piece.frames.end_frame
        steps.append(f"trim=start_{known_by}={first}:end_{known_by}={end},setpts=N")
    if plan.tone_map:
        steps.append(_TONE_MAP)
    return ",".join(steps)


def _picture(plan: ProxyPlan) -> str:
    tags = "setsar=1,setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
    if not plan.needs_scaling:
        return tags
    width, height = plan.size.width, plan.size.height
    if plan.other_matrix:
        scale = f"zscale={width}:{height}:filter=bicubic:matrixin={plan.other_matrix}:matrix=bt709:range=tv"
    else:
        scale = f"{_scale(width, height, 'bicubic')}:out_color_matrix=bt709:out_range=tv"
    return f"{scale},format=yuv420p,{tags}"


def _tiles(plan: ProxyPlan, piece: Piece | None) -> str:
    rate = plan.rate
    number = f"(n+{piece.first_frame})" if piece else "n"
    second = f"floor({number}*{rate.denominator}/{rate.numerator})"
    before = f"floor(({number}-1)*{rate.denominator}/{rate.numerator})"
    warm = f"*gte(n,{piece.warm_up_frames})" if piece else ""
    tile = plan.sheet.tile
    return f"select='gt({second},{before}){warm}',{_scale(tile.width, tile.height, 'area')},format=bgr24"


def _scale(width: int | str, height: int | str, method: str) -> str:
    return f"scale={width}:{height}:flags={method}+accurate_rnd+bitexact"


def _proxy_output(piece: Piece | None, sound: Path | None) -> list[str]:
    copied = ["-map", "1:a", "-c:a", "copy"] if sound else []
    picture_filters = f"{_NO_SEI},noise=drop=lt(n\\,{piece.warm_up_frames})" if piece else _NO_SEI
    return [
        "-map", "[picture]", *copied,
        "-c:v", "libx264", "-preset", PRESET, "-crf", str(CRF), "-g", "1", "-bf", "0", "-pix_fmt", "yuv420p",
        "-fps_mode", "passthrough", *_BT709, *REPRODUCIBLE, "-map_chapters", "-1", "-bsf:v", picture_filters,
        "-movflags", "+faststart", "-f", "mp4", PROXY_FILE,
    ]  # fmt: skip


def _raw_output(label: str, target: str) -> list[str]:
    return ["-map", f"[{label}]", "-c:v", "rawvideo", "-fps_mode", "passthrough", "-f", "rawvideo", target]
