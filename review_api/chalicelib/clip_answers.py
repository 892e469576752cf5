"""Clips of the catalog as the API shows them, with URLs that read one object each for ten minutes."""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.clip_facts import find_facts
from chalicelib.models.clips import Clip, ClipFacts, EmbeddingFacts, Export, KeyframeImage
from chalicelib.video_answers import show_problem

from heaters.domain.jobs import ObjectRef
from heaters.s3.store import MediaStore

Row = Mapping[str, Any]

_SAME_IN_CLIP = (
    "clip_id", "video_id", "start_frame", "end_frame", "state", "version", "group_id", "decided_by", "decided_at",
)  # fmt: skip


def show_clips(rows: Sequence[Row], store: MediaStore) -> list[Clip]:
    """In their order. Facts are read from the bucket, so not within a transaction that others wait for."""
    return [_show(row, store, facts) for row, facts in zip(rows, find_facts(rows, store), strict=True)]


def show_clip(row: Row, store: MediaStore) -> Clip:
    return show_clips([row], store)[0]


def _show(row: Row, store: MediaStore, facts: ClipFacts | None) -> Clip:
    export, embedding = row["export"], row["embedding"]
    return Clip(
        **{name: row[name] for name in _SAME_IN_CLIP},
        error=show_problem(row["error_name"], row["error_message"]),
        export=Export(url=store.presigned_get(ObjectRef(key=export["key"])), **export["facts"])
        if export
        else None,
        keyframes=[
            KeyframeImage(frame=image["frame"], url=store.presigned_get(ObjectRef(key=image["key"])))
            for image in row["keyframes"]
        ],
        embedding=EmbeddingFacts(**embedding) if embedding else None,
        facts=facts,
    )
