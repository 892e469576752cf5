"""What is known of a source: its picture, its sound, its container. Facts only; plans are made from them elsewhere."""

from dataclasses import dataclass
from fractions import Fraction

from heaters.media.untrusted.sniff import Container


@dataclass(frozen=True, kw_only=True)
class FrameTimes:
    """When frames are shown, as their packets say; read, not decoded, and on the file's own clock.

    `span_s` is from the first frame's time to the last one's, and times are multiples of `tick_s`. `is_even` is
    whether all of them lie on a line but for their rounding; `usual_share` of the steps between them are the usual one.
    `last_lasts_s` is 0 where that is not said.
    """

    count: int
    first_s: float
    span_s: Fraction
    tick_s: Fraction
    is_even: bool
    usual_step_s: Fraction
    usual_share: float
    last_lasts_s: Fraction


@dataclass(frozen=True, kw_only=True)
class VideoFacts:
    """The picture. Sizes are of the coded picture, before `rotation_deg` (clockwise, 0, 90, 180 or 270) is applied.

    `base_rate` is the lowest rate that all timestamps fit, `average_rate` frames by duration; both 0 if unknown.
    `first_frame_s` is when the first frame that decodes is shown, on the file's own clock; `intra_only` is of the
    first frames. `stated_frames` is what the container claims, None when it does not say; `hidden_frames` of them are
    not meant to be seen, None where nobody counted. `stated_end_s` is when Matroska's statistics say that the track
    ends, `start_s` when it starts. `times` are None where the container does not store them on one clock; where its
    clock jumps, `steady_rate` is what nearly all frames keep. Colour names are ffmpeg's, "unknown" where not said.
    """

    stream_index: int
    codec: str
    width: int
    height: int
    rotation_deg: int
    pixel_aspect: Fraction
    pixel_format: str
    color_range: str
    color_space: str
    color_transfer: str
    color_primaries: str
    interlaced: bool
    reordered: bool
    intra_only: bool
    base_rate: Fraction
    average_rate: Fraction
    stated_frames: int | None
    duration_s: float | None
    first_frame_s: float
    stated_end_s: float | None = None
    hidden_frames: int | None = None
    start_s: float | None = None
    times: FrameTimes | None = None
    steady_rate: Fraction | None = None

    @property
    def is_hdr(self) -> bool:
        return self.color_transfer in ("smpte2084", "arib-std-b67")


@dataclass(frozen=True, kw_only=True)
class AudioFacts:
    """One audio track; `start_s` on the file's own clock, `layout` "unknown" where not said.

    `is_extra` is a comment or a description of the pictures. `is_of_another_programme` is the sound of a broadcast
    that shares its stream with the picture's.
    """

    stream_index: int
    codec: str
    channels: int
    sample_rate_hz: int
    start_s: float
    duration_s: float | None
    layout: str = "unknown"
    language: str | None = None
    is_decodable: bool = True
    is_extra: bool = False
    is_of_another_programme: bool = False


@dataclass(frozen=True, kw_only=True)
class SourceProbe:
    """A readable source with one picture track and its audio tracks, the default one first.

    `start_s` is the earliest time in the file, which ffmpeg subtracts from every other. `second_file_at` is the byte at
    which another file begins, of which nothing is seen. `timecode` is what the first frame is called, as it is written.
    """

    container: Container
    size_bytes: int
    start_s: float
    duration_s: float
    video: VideoFacts
    audio: tuple[AudioFacts, ...]
    second_file_at: int | None = None
    timecode: str | None = None
