"""States of videos, clips, masters and gates, and the only transitions between them.

Postgres repeats the same names as enum types and the catalog makes each change with one conditional UPDATE;
a test compares both with these tables.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar


class VideoState(StrEnum):
    """Where a source video is in the pipeline."""

    NEW = "new"
    DOWNLOADING = "downloading"
    DOWNLOADED = "downloaded"
    PREPROCESSING = "preprocessing"
    PREPROCESSED = "preprocessed"
    DETECTING_SCENES = "detecting_scenes"
    IN_REVIEW = "in_review"
    COMPLETE = "complete"
    DOWNLOAD_FAILED = "download_failed"
    PREPROCESS_FAILED = "preprocess_failed"
    DETECT_SCENES_FAILED = "detect_scenes_failed"


class ClipState(StrEnum):
    """Where a clip is between being proposed and being searchable."""

    PENDING_REVIEW = "pending_review"
    REVIEW_APPROVED = "review_approved"
    REVIEW_SKIPPED = "review_skipped"
    REVIEW_ARCHIVED = "review_archived"
    EXPORTING = "exporting"
    EXPORTED = "exported"
    KEYFRAMING = "keyframing"
    KEYFRAMED = "keyframed"
    EMBEDDING = "embedding"
    EMBEDDED = "embedded"
    ARCHIVED = "archived"
    EXPORT_FAILED = "export_failed"
    KEYFRAME_FAILED = "keyframe_failed"
    EMBEDDING_FAILED = "embedding_failed"
    SUPERSEDED = "superseded"


class MasterState(StrEnum):
    """Where the archive copy is; apart from the video's own state."""

    PENDING = "pending"
    ARCHIVING = "archiving"
    ARCHIVED = "archived"
    FAILED = "failed"


class GateState(StrEnum):
    """A gate waits for reviewers; released: they are done; resumed: Step Functions was told; gone: nobody waits."""

    OPEN = "open"
    RELEASED = "released"
    RESUMED = "resumed"
    GONE = "gone"


_V, _C, _M, _G = VideoState, ClipState, MasterState, GateState
State = TypeVar("State", bound=StrEnum)

VIDEO_TRANSITIONS: Mapping[VideoState, frozenset[VideoState]] = {
    _V.NEW: frozenset({_V.DOWNLOADING, _V.DOWNLOADED}),  # an upload is already here
    _V.DOWNLOADING: frozenset({_V.DOWNLOADED, _V.DOWNLOAD_FAILED}),
    _V.DOWNLOADED: frozenset({_V.PREPROCESSING}),
    _V.PREPROCESSING: frozenset({_V.PREPROCESSED, _V.PREPROCESS_FAILED}),
    _V.PREPROCESSED: frozenset({_V.DETECTING_SCENES}),
    _V.DETECTING_SCENES: frozenset({_V.IN_REVIEW, _V.DETECT_SCENES_FAILED}),
    _V.IN_REVIEW: frozenset({_V.COMPLETE}),
    _V.COMPLETE: frozenset({_V.IN_REVIEW}),  # a failed clip is retried after its video completed
    _V.DOWNLOAD_FAILED: frozenset({_V.DOWNLOADING}),
    _V.PREPROCESS_FAILED: frozenset({_V.PREPROCESSING}),
    _V.DETECT_SCENES_FAILED: frozenset({_V.DETECTING_SCENES}),
}

_DECIDED = frozenset({_C.REVIEW_APPROVED, _C.REVIEW_SKIPPED, _C.REVIEW_ARCHIVED})
_BACK_TO_REVIEW = frozenset({_C.PENDING_REVIEW, _C.SUPERSEDED}) | _DECIDED

CLIP_TRANSITIONS: Mapping[ClipState, frozenset[ClipState]] = {
    _C.PENDING_REVIEW: _DECIDED | {_C.SUPERSEDED},
    _C.REVIEW_APPROVED: (_BACK_TO_REVIEW | {_C.EXPORTING}) - {_C.REVIEW_APPROVED},
    _C.REVIEW_SKIPPED: _BACK_TO_REVIEW - {_C.REVIEW_SKIPPED},
    _C.REVIEW_ARCHIVED: (_BACK_TO_REVIEW | {_C.ARCHIVED}) - {_C.REVIEW_ARCHIVED},
    _C.SUPERSEDED: _DECIDED | {_C.PENDING_REVIEW},  # undo of a change to cuts
    _C.EXPORTING: frozenset({_C.EXPORTED, _C.EXPORT_FAILED}),
    _C.EXPORTED: frozenset({_C.KEYFRAMING}),
    _C.KEYFRAMING: frozenset({_C.KEYFRAMED, _C.KEYFRAME_FAILED}),
    _C.KEYFRAMED: frozenset({_C.EMBEDDING}),
    _C.EMBEDDING: frozenset({_C.EMBEDDED, _C.EMBEDDING_FAILED}),
    _C.EMBEDDED: frozenset(),
    _C.ARCHIVED: frozenset(),
    _C.EXPORT_FAILED: frozenset({_C.EXPORTING, _C.REVIEW_APPROVED}),
    _C.KEYFRAME_FAILED: frozenset({_C.KEYFRAMING, _C.REVIEW_APPROVED}),
    _C.EMBEDDING_FAILED: frozenset({_C.EMBEDDING, _C.REVIEW_APPROVED}),
}

MASTER_TRANSITIONS: Mapping[MasterState, frozenset[MasterState]] = {
    _M.PENDING: frozenset({_M.ARCHIVING}),
    _M.ARCHIVING: frozenset({_M.ARCHIVED, _M.FAILED}),
    _M.ARCHIVED: frozenset(),
    _M.FAILED: frozenset({_M.ARCHIVING}),
}

GATE_TRANSITIONS: Mapping[GateState, frozenset[GateState]] = {
    _G.OPEN: frozenset({_G.RELEASED, _G.GONE}),
    _G.RELEASED: frozenset({_G.RESUMED, _G.GONE}),
    _G.RESUMED: frozenset(),
    _G.GONE: frozenset(),
}

DECIDED_CLIP_STATES = _DECIDED
"""A reviewer has spoken and no wave has claimed the clip yet."""

REVIEWABLE_CLIP_STATES = _DECIDED | {_C.PENDING_REVIEW}
"""Cuts around such a clip may still change."""

FAILED_CLIP_STATES = frozenset({_C.EXPORT_FAILED, _C.KEYFRAME_FAILED, _C.EMBEDDING_FAILED})

IN_WAVE_CLIP_STATES = frozenset(
    {_C.EXPORTING, _C.EXPORTED, _C.KEYFRAMING, _C.KEYFRAMED, _C.EMBEDDING},
)
"""A wave is working on the clip."""


def may_become(table: Mapping[State, frozenset[State]], before: State, after: State) -> bool:
    """Whether `table` allows the change from `before` to `after`."""
    return after in table[before]


def sources_of(table: Mapping[State, frozenset[State]], after: State) -> frozenset[State]:
    """Every state from which `after` can be reached in one step."""
    return frozenset(before for before, afters in table.items() if after in afters)
