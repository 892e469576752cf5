"""What each stage is asked to do: ids, object keys and parameters, nothing else.

A `begin` or `complete` function makes a job, the state machine carries it, a runner does it. Where the output
goes follows from the ids through `object_keys`, so doing a job twice writes the same keys.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from heaters.domain.errors import InvalidJob
from heaters.domain.timebase import FrameRange, duration_to_frames


@dataclass(frozen=True, kw_only=True)
class ObjectRef:
    """An object in the media bucket; `version_id` pins the very bytes, None means the newest."""

    key: str
    version_id: str | None = None


class MasterPolicy(StrEnum):
    """FFV1: a lossless copy in segments. ORIGINAL: the uploaded bytes are the archive."""

    FFV1 = "ffv1"
    ORIGINAL = "original"


class KeyframeStrategy(StrEnum):
    """Which frames of a clip stand for it: those at fixed places, or the sharpest and stillest ones."""

    UNIFORM = "uniform"
    MIDPOINT = "midpoint"
    MULTI = "multi"
    BEST = "best"


class Detector(StrEnum):
    """Who finds the cuts. FUSED: rules and network together, and the rules alone where no network looked.

    The others but RULES and NETWORK are PySceneDetect's own. Those of PICTURE_DETECTORS need a pass over pictures;
    all else is answered from stored scores.
    """

    FUSED = "fused"
    RULES = "rules"
    NETWORK = "network"
    ADAPTIVE = "adaptive"
    CONTENT = "content"
    THRESHOLD = "threshold"
    HASH = "hash"
    HISTOGRAM = "histogram"


PICTURE_DETECTORS = frozenset({Detector.THRESHOLD, Detector.HASH, Detector.HISTOGRAM})


@dataclass(frozen=True, kw_only=True)
class DetectSettings:
    """The adaptive rule's thresholds; the defaults are the best of PySceneDetect's own parameter sweep.

    `content_threshold` is for the detector `content` alone. With `fused` and `rules`, `min_scene_len_s` keeps fades
    and dissolves apart, while every hard cut is proposed; with PySceneDetect's detectors it is their `min_scene_len`.
    `skip_flashes` drops cuts whose picture is back soon; `gradual` adds fades and dissolves. With both off, the cuts
    of `rules` are those of PySceneDetect's AdaptiveDetector, as those of `adaptive` always are.
    """

    detector: Detector = Detector.FUSED
    adaptive_threshold: float = 3.5
    window_width: int = 3
    min_content_val: float = 15.0
    content_threshold: float = 27.0
    min_scene_len_s: float = 0.6
    skip_flashes: bool = True
    gradual: bool = True

    def __post_init__(self) -> None:
        if not (0 < self.adaptive_threshold <= 100 and 1 <= self.window_width <= 50):
            raise InvalidJob(
                "Scene detection needs 0 < adaptive_threshold <= 100 and 1 <= window_width <= 50; got "
                f"{self.adaptive_threshold} and {self.window_width}.",
            )
        if not 0 <= self.content_threshold <= 255:
            raise InvalidJob(f"content_threshold is {self.content_threshold}; give one from 0 to 255.")
        if not (0 <= self.min_content_val <= 255 and 0 <= self.min_scene_len_s <= 3600):
            raise InvalidJob(
                "Scene detection needs 0 <= min_content_val <= 255 and 0 <= min_scene_len_s <= 3600; got "
                f"{self.min_content_val} and {self.min_scene_len_s}.",
            )

    def min_scene_frames(self, rate: Fraction) -> int:
        """`min_scene_len_s` in whole frames, rounded up; at least one."""
        return max(duration_to_frames(Fraction(str(self.min_scene_len_s)), rate), 1)


@dataclass(frozen=True, kw_only=True)
class DownloadJob:
    video_id: str
    url: str


@dataclass(frozen=True, kw_only=True)
class ProxyJob:
    video_id: str
    source: ObjectRef


@dataclass(frozen=True, kw_only=True)
class DetectJob:
    video_id: str
    scores_key: str
    settings: DetectSettings


@dataclass(frozen=True, kw_only=True)
class MasterJob:
    video_id: str
    source: ObjectRef
    policy: MasterPolicy = MasterPolicy.FFV1


@dataclass(frozen=True, kw_only=True)
class ExportJob:
    video_id: str
    clip_id: str
    frames: FrameRange
    proxy: ObjectRef
    frame_index_key: str


@dataclass(frozen=True, kw_only=True)
class KeyframesJob:
    video_id: str
    clip_id: str
    frames: FrameRange
    proxy: ObjectRef
    frame_index_key: str
    strategy: KeyframeStrategy = KeyframeStrategy.MULTI


@dataclass(frozen=True, kw_only=True)
class EmbedItem:
    """One clip of a wave: the keyframes that its vectors are made from, in order."""

    clip_id: str
    keyframe_keys: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EmbedJob:
    """`manifest_key` names a JSON list of EmbedItem; the vectors go to `object_keys.wave_vectors`."""

    video_id: str
    wave_id: str
    manifest_key: str
    model: str


Job = DownloadJob | ProxyJob | DetectJob | MasterJob | ExportJob | KeyframesJob | EmbedJob
