"""A clip as a file that any player plays."""

from datetime import datetime

from chalicelib.models.base import AnswerModel


class Playback(AnswerModel):
    """An MP4 of exactly the clip's frames, as its export has them; the URL reads this one object."""

    url: str
    expires_at: datetime
    size_bytes: int
