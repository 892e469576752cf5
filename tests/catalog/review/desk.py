"""A reviewer at work: each call is a transaction of its own."""

import uuid
from typing import Any

from heaters.catalog.connection import Catalog
from heaters.catalog.review import actions
from heaters.catalog.review.actions import Outcome
from heaters.catalog.review.undo import redo, undo
from heaters.domain.review.plans import Action
from tests.catalog.review_videos import (
    live_clips,
    query,
)


class Desk:
    """One reviewer at work on one video; each call is a transaction of its own."""

    def __init__(self, catalog: Catalog, video_id: str, reviewer: str = "ann") -> None:
        self.catalog, self.video_id, self.reviewer = catalog, video_id, reviewer

    def clip(self, at: int) -> dict[str, Any]:
        return live_clips(self.catalog, self.video_id)[at]

    def decide(self, at: int, action: Action = Action.APPROVE) -> Outcome:
        clip = self.clip(at)
        with self.catalog.transaction() as connection:
            return actions.decide_clip(
                connection,
                clip_id=clip["clip_id"],
                action=action,
                version=clip["version"],
                reviewer=self.reviewer,
            )

    def add_cut(self, frame: int, at: int) -> Outcome:
        with self.catalog.transaction() as connection:
            return actions.add_cut(
                connection,
                video_id=self.video_id,
                frame=frame,
                version=self.clip(at)["version"],
                new_ids=_ids(),
                reviewer=self.reviewer,
            )

    def remove_cut(self, frame: int, at: int) -> Outcome:
        with self.catalog.transaction() as connection:
            return actions.remove_cut(
                connection,
                video_id=self.video_id,
                frame=frame,
                version=self.clip(at)["version"],
                new_id=_ids()[0],
                reviewer=self.reviewer,
            )

    def move_cut(self, frame: int, to_frame: int, at: int) -> Outcome:
        with self.catalog.transaction() as connection:
            return actions.move_cut(
                connection,
                video_id=self.video_id,
                frame=frame,
                to_frame=to_frame,
                version=self.clip(at)["version"],
                new_ids=_ids(),
                reviewer=self.reviewer,
            )

    def undo(self) -> Outcome:
        with self.catalog.transaction() as connection:
            return undo(connection, reviewer=self.reviewer)

    def redo(self) -> Outcome:
        with self.catalog.transaction() as connection:
            return redo(connection, reviewer=self.reviewer)

    def states(self) -> list[str]:
        return [clip["state"].removeprefix("review_") for clip in live_clips(self.catalog, self.video_id)]

    def ranges(self) -> list[tuple[int, int]]:
        return [(c["start_frame"], c["end_frame"]) for c in live_clips(self.catalog, self.video_id)]

    def cuts(self) -> list[int]:
        rows = query(self.catalog, "SELECT frame FROM cuts WHERE video_id = %s ORDER BY frame", self.video_id)
        return [row["frame"] for row in rows]


def _ids() -> tuple[str, str]:
    return str(uuid.uuid4()), str(uuid.uuid4())
