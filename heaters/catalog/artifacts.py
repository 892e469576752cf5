"""Artifacts: which objects a video or a clip has in the bucket, with what a viewer needs to know of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from psycopg.types.json import Jsonb

from heaters.catalog.connection import Connection
from heaters.domain import wire
from heaters.domain.results import (
    DownloadResult,
    ExportResult,
    KeyframesResult,
    MasterResult,
    ProxyResult,
    StoredObject,
)


class ArtifactKind(StrEnum):
    """What an object is; Postgres has the same names as the type `artifact_kind`."""

    SOURCE = "source"
    PROXY = "proxy"
    FRAME_INDEX = "frame_index"
    SCORES = "scores"
    FACTS = "facts"
    SOUND = "sound"
    STORYBOARD = "storyboard"
    MASTER_SEGMENT = "master_segment"
    EXPORT = "export"
    KEYFRAME = "keyframe"


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """One object; `position` orders the objects of one kind."""

    kind: ArtifactKind
    stored: StoredObject
    position: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)


def artifacts_of(result: Any) -> list[Artifact]:
    """The objects that a stage's result tells of; none for a stage whose objects nobody looks up by video or clip."""
    return _READERS[type(result)](result) if type(result) in _READERS else []


def _of_download(result: DownloadResult) -> list[Artifact]:
    return [Artifact(kind=ArtifactKind.SOURCE, stored=result.source)]


def _of_proxy(result: ProxyResult) -> list[Artifact]:
    """The proxy and what its pass made beside it."""
    proxy = StoredObject(key=result.proxy.key, size_bytes=result.proxy_size_bytes)
    measured = {ArtifactKind.FACTS: result.facts, ArtifactKind.SOUND: result.sound}
    return [
        Artifact(kind=ArtifactKind.PROXY, stored=proxy),
        Artifact(kind=ArtifactKind.FRAME_INDEX, stored=result.frame_index),
        Artifact(kind=ArtifactKind.SCORES, stored=result.scores),
        *(Artifact(kind=kind, stored=stored) for kind, stored in measured.items() if stored),
        *_numbered(ArtifactKind.STORYBOARD, result.storyboard.sheets),
    ]


def _of_master(result: MasterResult) -> list[Artifact]:
    return _numbered(ArtifactKind.MASTER_SEGMENT, result.segments)


def _of_export(result: ExportResult) -> list[Artifact]:
    """The exported file with the hashes that prove it."""
    facts = {
        "frame_count": result.frame_count,
        "first_frame_md5": result.first_frame_md5,
        "last_frame_md5": result.last_frame_md5,
    }
    return [Artifact(kind=ArtifactKind.EXPORT, stored=result.export, facts=facts)]


def _of_keyframes(result: KeyframesResult) -> list[Artifact]:
    """The stills, each with the proxy's frame that it shows."""
    return [
        Artifact(kind=ArtifactKind.KEYFRAME, stored=still.image, position=at, facts={"frame": still.frame})
        for at, still in enumerate(result.keyframes)
    ]


_READERS: Mapping[type, Callable[[Any], list[Artifact]]] = {
    DownloadResult: _of_download,
    ProxyResult: _of_proxy,
    MasterResult: _of_master,
    ExportResult: _of_export,
    KeyframesResult: _of_keyframes,
}


def replace_artifacts(
    connection: Connection, *, video_id: str, clip_id: str | None = None, artifacts: list[Artifact]
) -> None:
    """Make these the video's (or the clip's) artifacts of their kinds, in place of any that were there."""
    kinds = sorted({artifact.kind for artifact in artifacts})
    _delete_artifacts(connection, video_id=video_id, clip_id=clip_id, kinds=kinds)
    _insert_artifacts(connection, video_id=video_id, clip_id=clip_id, artifacts=artifacts)


def delete_clip_artifacts(connection: Connection, clip_ids: Iterable[str]) -> None:
    """Forget the objects of clips; for clips whose objects have been deleted."""
    connection.execute(
        "DELETE FROM artifacts WHERE clip_id = ANY(%(clip_ids)s)", {"clip_ids": list(clip_ids)}
    )


def _delete_artifacts(
    connection: Connection, *, video_id: str, clip_id: str | None, kinds: list[ArtifactKind]
) -> None:
    connection.execute(
        """
        DELETE FROM artifacts
        WHERE video_id = %(video_id)s AND clip_id IS NOT DISTINCT FROM %(clip_id)s::text
          AND kind = ANY(%(kinds)s::artifact_kind[])
        """,
        {"video_id": video_id, "clip_id": clip_id, "kinds": kinds},
    )


def _insert_artifacts(
    connection: Connection, *, video_id: str, clip_id: str | None, artifacts: list[Artifact]
) -> None:
    rows = [
        {
            "key": artifact.stored.key,
            "kind": artifact.kind.value,
            "position": artifact.position,
            "size_bytes": artifact.stored.size_bytes,
            "facts": wire.to_json(artifact.facts),
        }
        for artifact in artifacts
    ]
    connection.execute(
        """
        INSERT INTO artifacts (key, video_id, clip_id, kind, position, size_bytes, facts)
        SELECT key, %(video_id)s, %(clip_id)s, kind, position, size_bytes, facts
        FROM jsonb_to_recordset(%(rows)s)
            AS new (key text, kind artifact_kind, position integer, size_bytes bigint, facts jsonb)
        ON CONFLICT (key) DO UPDATE SET size_bytes = excluded.size_bytes, facts = excluded.facts
        """,
        {"video_id": video_id, "clip_id": clip_id, "rows": Jsonb(rows)},
    )


def _numbered(kind: ArtifactKind, stored: Iterable[StoredObject]) -> list[Artifact]:
    return [Artifact(kind=kind, stored=one, position=at) for at, one in enumerate(stored)]
