"""Decide what the proxy of a source will be: rate, size, colours, sound, tiles. Pure; runs nothing.

The rules are those of the design: constant rate, at most 1080p, square pixels, even size, yuv420p, BT.709, upright,
progressive. A picture that does not say its colours is taken for BT.709, so its samples pass unchanged.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from heaters.media.proxy.colours import UNSAID, assume_colours, changed_parameters, name_assumed
from heaters.media.proxy.rate import choose_rate
from heaters.media.proxy.size import Size, even, first_size, fit_proxy, fit_scores, upright_size
from heaters.media.proxy.sound_plan import MOST_CHANNELS, SoundPlan, plan_sounds
from heaters.media.source.facts import SourceProbe, VideoFacts
from heaters.media.untrusted.sniff import MP4, MPEG_PS, MPEGTS, OGG

TILE_HEIGHT = 160
TILE_COLUMNS = TILE_ROWS = 10
SHEET_WIDTH = 4096
SMALLEST_FIELDS = 16
"""Shorter sides are not deinterlaced: bwdif wants four rows and three columns of each plane; 4:1:0 has a quarter."""

_LENGTH_TOLERANCE_S = Fraction(1, 10)  # stated lengths are rounded, and the last frame's is often left out
_ZIMG_MATRICES = frozenset({"smpte170m", "bt470bg", "smpte240m", "fcc", "bt2020nc"})
_JUMPING_CLOCKS = (MPEGTS, MPEG_PS, OGG)  # AVFMT_TS_DISCONT in libavformat
_FIELD_CODECS = frozenset({"h264", "hevc", "mpeg2video", "mpeg4", "vc1", "dvvideo", "prores"})


@dataclass(frozen=True, kw_only=True)
class SheetPlan:
    """One tile a second, the first frame of each, in sheets of `columns` x `rows`, in reading order."""

    tile: Size
    columns: int
    rows: int


@dataclass(frozen=True, kw_only=True)
class ProxyPlan:
    """All that the pass needs to know. `first_frame_s` counts from the time that ffmpeg makes 0, and may be before it.

    `last_frame_s` counts from the first frame; None where times are not known before they are decoded.

    `first_size` is the first frame's, turned but with its own pixels: frames of other sizes are scaled to it.
    `stated_frames` is how many frames should decode if nothing is lost, `stated_shown` how many the proxy should
    have; None where the source does not say. Fewer by up to `length_tolerance` frames is still none lost.
    `parameters` tell setparams what frames do not say; `assumed_colours` is that for people, None where they say it.
    `watch_fields` is whether frames may be interlaced that come later than the first. `first_aspect` is the first
    frame's shape where later ones may have another, which is then kept.
    `other_matrix` is how the source codes its colours where zimg has to convert them to BT.709.
    `clock_is_broadcast` is whether bits of times may be wrong where the rest is not; `clock_jumps` is whether ffmpeg
    mends jumps.
    `other_sounds` are what to try if `sound` is silence.
    `is_even` is whether the source has a constant rate; if not, frames are doubled or dropped by intent.
    """

    stream_index: int
    rate: Fraction
    is_even: bool
    first_size: Size
    size: Size
    needs_scaling: bool
    deinterlace: bool
    watch_fields: bool
    first_aspect: Fraction | None
    tone_map: bool
    parameters: str
    assumed_colours: str | None
    other_matrix: str | None
    first_frame_s: float
    last_frame_s: float | None
    clock_is_broadcast: bool
    clock_jumps: bool
    stated_frames: int | None
    stated_shown: int | None
    length_tolerance: int
    sound: SoundPlan | None
    other_sounds: tuple[SoundPlan, ...]
    score_size: Size
    sheet: SheetPlan


def plan_proxy(source: SourceProbe) -> ProxyPlan:
    """What to make of `source`."""
    stated, video = source.video, assume_colours(source.video)
    rate, is_even = choose_rate(video)
    first, size = first_size(video), fit_proxy(upright_size(video))
    first_frame_s = video.first_frame_s - _zero_s(source, video.start_s)
    sounds = _plan_sounds(source)
    is_broadcast = source.container in (MPEGTS, MPEG_PS)
    return ProxyPlan(
        stream_index=video.stream_index,
        rate=rate,
        is_even=is_even,
        first_size=first,
        size=size,
        needs_scaling=size != first or not _has_proxy_samples(video),
        deinterlace=video.interlaced and _has_fields(video),
        watch_fields=video.codec in _FIELD_CODECS and _has_fields(video),
        first_aspect=_aspect(video) if is_broadcast and not video.rotation_deg else None,
        tone_map=video.is_hdr,
        parameters=changed_parameters(stated, video),
        assumed_colours=name_assumed(stated, video),
        other_matrix=_other_matrix(video),
        first_frame_s=first_frame_s,
        last_frame_s=_last_frame_s(video),
        clock_jumps=source.container in _JUMPING_CLOCKS,
        clock_is_broadcast=is_broadcast,
        stated_frames=_expected_frames(source, rate, is_even),
        stated_shown=_expected_shown(video, rate),
        length_tolerance=max(ceil(_LENGTH_TOLERANCE_S * rate), 1),
        sound=sounds[0] if sounds else None,
        other_sounds=sounds[1:],
        score_size=fit_scores(size),
        sheet=_plan_sheet(size, source.duration_s),
    )


def may_be_proxy(source: SourceProbe, plan: ProxyPlan) -> bool:
    """Whether nothing in these facts speaks against using the source as its own proxy; its layout is not looked at."""
    video, sound = source.video, source.audio
    return (
        source.container is MP4
        and video.codec == "h264"
        and video.intra_only
        and video.pixel_aspect == 1
        and not (plan.needs_scaling or video.interlaced or video.reordered or video.rotation_deg)
        and plan.is_even
        and plan.rate == video.average_rate
        and plan.first_frame_s == 0
        and plan.stated_frames is not None
        and plan.stated_frames == video.stated_frames
        and (
            not sound
            or (
                len(sound) == 1
                and sound[0].is_decodable
                and sound[0].codec == "aac"
                and sound[0].channels <= MOST_CHANNELS
            )
        )
    )


def _has_fields(video: VideoFacts) -> bool:
    """Whether bwdif takes these pictures as they are: planes of YUV with rows enough."""
    is_planar = video.pixel_format.startswith(("yuv4", "yuvj4")) and "be" not in video.pixel_format
    return is_planar and min(video.width, video.height) >= SMALLEST_FIELDS


def _aspect(video: VideoFacts) -> Fraction:
    return Fraction(video.width, video.height) * video.pixel_aspect


def _last_frame_s(video: VideoFacts) -> float | None:
    if video.times is None:
        return None
    return video.times.first_s + float(video.times.span_s) - video.first_frame_s


def _zero_s(source: SourceProbe, track_start_s: float | None) -> float:
    """The time that ffmpeg makes 0 when it reads one track alone: the file's earliest; where clocks may jump, the
    track's. Its jumps are mended by what comes before on the same track: by two, one may be mended twice.
    """
    if source.container not in _JUMPING_CLOCKS or track_start_s is None:
        return source.start_s
    return track_start_s


def _plan_sounds(source: SourceProbe) -> tuple[SoundPlan, ...]:
    """Their times, from their own 0 on, are shifted by what the picture's first frame is later than that."""
    return plan_sounds(
        source.audio, lambda track: source.video.first_frame_s - _zero_s(source, track.start_s)
    )


def _plan_sheet(size: Size, duration_s: float) -> SheetPlan:
    height = min(TILE_HEIGHT, size.height)
    tile = Size(width=min(even(Fraction(size.width * height, size.height)), SHEET_WIDTH), height=height)
    columns = max(min(SHEET_WIDTH // tile.width, TILE_COLUMNS), 1)
    rows = max(min(ceil(duration_s / columns), TILE_ROWS), 1)
    return SheetPlan(tile=tile, columns=columns, rows=rows)


def _expected_frames(source: SourceProbe, rate: Fraction, is_even: bool) -> int | None:
    """The stated number of frames, less those that are not meant to be seen.

    Where nobody could count them, the length of an MP4's edit says; as an edit may begin or end within a frame, one
    frame less than its length is still none lost.
    """
    video = source.video
    if video.stated_frames is not None and video.hidden_frames is not None:
        return video.stated_frames - video.hidden_frames
    if video.stated_frames is None or not video.duration_s or not is_even or source.container is not MP4:
        return video.stated_frames
    shown = round(Fraction(str(video.duration_s)) * rate)
    return video.stated_frames if shown >= video.stated_frames else max(shown - 1, 0)


def _expected_shown(video: VideoFacts, rate: Fraction) -> int | None:
    """Frames of the proxy up to the time at which the track is said to end."""
    if video.stated_end_s is None:
        return None
    return max(round((Fraction(video.stated_end_s) - Fraction(video.first_frame_s)) * rate), 0)


def _has_proxy_samples(video: VideoFacts) -> bool:
    return (
        video.pixel_format == "yuv420p"
        and video.color_space in ("bt709", *UNSAID)
        and video.color_range in ("tv", *UNSAID)
        and not video.is_hdr
    )


def _other_matrix(video: VideoFacts) -> str | None:
    """zimg converts 5 times as fast as swscale and without its darkening, but halves no odd length."""
    is_odd = video.width % 2 or video.height % 2
    return video.color_space if video.color_space in _ZIMG_MATRICES and not (is_odd or video.is_hdr) else None
