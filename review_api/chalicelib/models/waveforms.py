"""The sound of a video as a picture of its peaks."""

from chalicelib.models.base import AnswerModel, Frame, RequestModel
from pydantic import Field


class WaveformQuery(RequestModel):
    """Frames `start_frame <= f < end_frame`, the whole video where they are left out, in `points` equal parts."""

    start_frame: Frame = 0
    end_frame: Frame | None = None
    points: int = Field(default=1000, ge=1, le=4000)


class Waveform(AnswerModel):
    """The loudest sample of each part, 0 to 1; null where the video was made before its sound was measured."""

    peaks: list[float] | None
