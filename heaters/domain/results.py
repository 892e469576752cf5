"""What each stage reports: one frozen result per stage, JSON both ways through `wire`.

A runner puts its result at the job's `result_key`; a `complete` function reads it and records it.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from heaters.domain.jobs import Detector, DetectSettings, MasterPolicy, ObjectRef
from heaters.domain.timebase import FrameRange


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a stage really took. `compute_s` is CPU seconds of the process and its children, `wall_s` wall clock;
    `on_batch` is None where nobody said.
    """

    compute_s: float = 0.0
    wall_s: float = 0.0
    read_bytes: int = 0
    written_bytes: int = 0
    requests: int = 0
    on_batch: bool | None = None


@dataclass(frozen=True, kw_only=True)
class SourceFacts:
    """The source as found, not as its header claims. `fps` is the proxy's rate, `frame_count` what decoded.

    `lost_frames` counts frames that the container states and the decoder did not deliver. `timecode` is what the first
    frame is called, as it is written. `assumed_colours` is the standard that was taken for colours that the source does
    not say, for instance BT.601; None where it says them.
    """

    width: int
    height: int
    fps: Fraction
    frame_count: int
    duration_s: float
    container: str
    video_codec: str
    pixel_format: str
    audio_codec: str | None = None
    size_bytes: int = 0
    lost_frames: int = 0
    timecode: str | None = None
    assumed_colours: str | None = None


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """An object that a stage wrote."""

    key: str
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class Storyboard:
    """JPEG sheets of `columns` x `rows` tiles in reading order, one tile every `interval_s` seconds."""

    sheets: tuple[StoredObject, ...]
    tile_width: int
    tile_height: int
    columns: int
    rows: int
    interval_s: float
    tile_count: int


class Repair(StrEnum):
    """What a downloaded file needed before it could be read: nothing, a new container, or new frames as well."""

    NONE = "none"
    REMUXED = "remuxed"
    REENCODED = "re-encoded"


@dataclass(frozen=True, kw_only=True)
class DownloadResult:
    """The original, and what its page says about it; `upload_date` is like 2026-11-21.

    `warnings` are sentences for people; one of them says so if `source` is not what the site sent.
    """

    source: StoredObject
    title: str
    webpage_url: str
    uploader: str | None = None
    upload_date: str | None = None
    licence: str | None = None
    repair: Repair = Repair.NONE
    warnings: tuple[str, ...] = ()
    usage: Usage = Usage()


@dataclass(frozen=True, kw_only=True)
class ProxyResult:
    """`proxy` is the object to review and cut; `warnings` are sentences for people, worst first.

    `keyframe_candidates`, `facts` and `sound` are None in results from before there were any.
    """

    source: SourceFacts
    proxy: ObjectRef
    proxy_size_bytes: int
    width: int
    height: int
    fps: Fraction
    frame_count: int
    has_audio: bool
    frame_index: StoredObject
    scores: StoredObject
    storyboard: Storyboard
    keyframe_candidates: StoredObject | None = None
    facts: StoredObject | None = None
    sound: StoredObject | None = None
    warnings: tuple[str, ...] = ()
    usage: Usage = Usage()


@dataclass(frozen=True, kw_only=True)
class DetectResult:
    """`cuts` are proxy frames, strictly rising, inside `(0, frame_count)`.

    `decided_by` is `rules` where `fused` was asked for but no network had looked at the video.
    """

    cuts: tuple[int, ...]
    frame_count: int
    settings: DetectSettings
    decided_by: Detector = Detector.RULES
    usage: Usage = Usage()


@dataclass(frozen=True, kw_only=True)
class MasterResult:
    """`segments` play one after the other; none where the policy keeps the original."""

    policy: MasterPolicy
    segments: tuple[StoredObject, ...]
    frame_count: int
    usage: Usage = Usage()


@dataclass(frozen=True, kw_only=True)
class ExportResult:
    """MD5s are of decoded frames as ffmpeg's `framemd5` prints them: packed planes in the proxy's pixel format."""

    clip_id: str
    export: StoredObject
    frames: FrameRange
    frame_count: int
    first_frame_md5: str
    last_frame_md5: str
    usage: Usage = Usage()


@dataclass(frozen=True, kw_only=True)
class Keyframe:
    """A still of the clip; `frame` counts from the start of the proxy."""

    frame: int
    image: StoredObject


@dataclass(frozen=True, kw_only=True)
class KeyframesResult:
    clip_id: str
    keyframes: tuple[Keyframe, ...]
    usage: Usage = Usage()


@dataclass(frozen=True, kw_only=True)
class EmbedResult:
    """`vectors` is an npz with `clip_ids` (n,), `positions` (n,), `vectors` (n, dimensions) float32, unit length.

    A position is a keyframe's place in its clip; -1 is the whole clip: the mean of its keyframes, normalized.
    """

    model: str
    model_version: str
    dimensions: int
    clip_count: int
    vectors: StoredObject
    usage: Usage = Usage()


Result = (
    DownloadResult | ProxyResult | DetectResult | MasterResult | ExportResult | KeyframesResult | EmbedResult
)
