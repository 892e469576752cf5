"""Scenes detected anew with other settings: what a reviewer asks for and what would change."""

from chalicelib.models.base import AnswerModel, RequestModel
from chalicelib.models.clips import Clip
from pydantic import Field

from heaters.domain.jobs import Detector
from heaters.domain.review.redetection import Kept


class DetectRequest(RequestModel):
    """Settings that are left out are those that stand: applied last, or else the video's first ones."""

    adaptive_threshold: float | None = Field(
        default=None,
        ge=0.1,
        le=100,
        allow_inf_nan=False,
        description="How many times more than its neighbours a frame must differ; lower finds more cuts.",
    )
    min_scene_len_s: float | None = Field(
        default=None,
        ge=0,
        le=3600,
        allow_inf_nan=False,
        description="Fades and dissolves keep this far from other cuts; with `adaptive` and `content`, all cuts do.",
    )
    detector: Detector | None = Field(
        default=None,
        description="Who finds the cuts. `threshold`, `hash` and `histogram` need the pictures and are refused: scores "
        "are stored, which answer for the others at once.",
    )
    apply: bool = Field(default=False, description="False: only show what would change.")


class DetectChoice(AnswerModel):
    """The settings that the answer is for."""

    adaptive_threshold: float
    min_scene_len_s: float
    detector: Detector


class KeptClips(AnswerModel):
    """Neighbouring clips that stay as they are: `decided`, `cut_by_hand`, or `with_somebody` who reviews them now."""

    start_frame: int
    end_frame: int
    clip_count: int
    because: Kept


class DetectAnswer(AnswerModel):
    """All cuts that the video would have, and has if `event_id` is there; `added` and `removed` are the difference.

    `clips` are those that applying changed, at most 2,000 of them; `clips_left_out` counts the others. `event_id` is
    null where nothing was applied, or nothing was left to change. `decided_by` is `rules` for `fused` where no network
    has looked at the video.
    """

    settings: DetectChoice
    decided_by: Detector
    cuts: list[int]
    cut_count: int
    added: list[int]
    removed: list[int]
    kept: list[KeptClips]
    clips: list[Clip]
    clips_left_out: int
    event_id: int | None
