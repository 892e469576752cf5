"""The names of the states of videos, clips, masters and gates. What may become what is in `transitions`.

Postgres has the same names as enum types: migrating adds those that it does not know yet.
"""

from enum import StrEnum


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


_C = ClipState

DECIDED_CLIP_STATES = frozenset({_C.REVIEW_APPROVED, _C.REVIEW_SKIPPED, _C.REVIEW_ARCHIVED})
"""A reviewer has spoken and no wave has claimed the clip yet."""

REVIEWABLE_CLIP_STATES = DECIDED_CLIP_STATES | {_C.PENDING_REVIEW}
"""Cuts around such a clip may still change."""
