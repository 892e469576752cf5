"""One input of a demo on its way through the pipeline: what was seen of it, and when. Asks nobody for anything."""

from dataclasses import dataclass
from typing import Any


@dataclass(kw_only=True)
class WatchedVideo:
    """`status` is the execution's; `video` what the API last said."""

    source: str
    label: str
    video_id: str = ""
    status: str = "RUNNING"
    video: dict[str, Any] | None = None
    error: str | None = None
    cause: str | None = None
    started_s: float = 0.0
    changed_s: float = 0.0
    ended_s: float | None = None

    @property
    def execution_name(self) -> str | None:
        return self.video.get("execution_name") if self.video else None

    @property
    def settled(self) -> bool:
        return self.ended_s is not None
