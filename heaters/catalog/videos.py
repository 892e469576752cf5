"""Source videos: one row each, added once, read as a Video, locked before anything of theirs changes."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from heaters.catalog.connection import Connection
from heaters.domain import wire
from heaters.domain.errors import NotFound
from heaters.domain.jobs import DetectSettings, ObjectRef
from heaters.domain.states import MasterState, VideoState
from heaters.domain.timebase import FrameRange


@dataclass(frozen=True, kw_only=True)
class NewVideo:
    """What is known of a video when it comes in: an object in the bucket, or a URL to download."""

    video_id: str
    title: str
    bucket: str
    source: ObjectRef | None = None
    url: str | None = None
    undo_window_s: int
    release_size: int


@dataclass(frozen=True, kw_only=True)
class Video:
    """A source video as the pipeline sees it. The proxy's fields are None until the proxy is made."""

    video_id: str
    title: str
    state: VideoState
    master_state: MasterState
    source: ObjectRef | None
    url: str | None
    attempt: int
    execution_arn: str | None
    undo_window_s: int
    release_size: int
    error_name: str | None
    master_error_name: str | None
    master_attempts: int
    proxy: ObjectRef | None
    proxy_size_bytes: int | None
    fps: Fraction | None
    frame_count: int | None
    frame_index_key: str | None
    scores_key: str | None
    detect_settings: DetectSettings

    def estimate_bytes(self, frames: FrameRange) -> int:
        """How large these frames of the proxy are, as if all of its frames were of one size; 0 before there is one."""
        return frames.frame_count * (self.proxy_size_bytes or 0) // (self.frame_count or 1)


def insert_video(connection: Connection, video: NewVideo) -> bool:
    """Add a video in state `new`; False when it is there already, which then stays as it is."""
    cursor = connection.execute(
        """
        INSERT INTO source_videos (
            video_id, title, source_bucket, source_key, source_version, source_url, undo_window_s, release_size
        ) VALUES (
            %(video_id)s, %(title)s, %(bucket)s, %(key)s, %(version)s, %(url)s, %(undo_window_s)s,
            %(release_size)s
        )
        ON CONFLICT (video_id) DO NOTHING
        """,
        {
            "video_id": video.video_id,
            "title": video.title,
            "bucket": video.bucket,
            "key": video.source.key if video.source else None,
            "version": video.source.version_id if video.source else None,
            "url": video.url,
            "undo_window_s": video.undo_window_s,
            "release_size": video.release_size,
        },
    )
    return cursor.rowcount == 1


def get_video(connection: Connection, video_id: str) -> Video:
    """The video. Raises NotFound."""
    row = connection.execute(
        "SELECT * FROM source_videos WHERE video_id = %(video_id)s", {"video_id": video_id}
    ).fetchone()
    return read_video(row, video_id)


def lock_video(connection: Connection, video_id: str) -> Video:
    """The video, locked until the transaction ends: the first lock to take (see 0002_source_videos.sql)."""
    row = connection.execute(
        "SELECT * FROM source_videos WHERE video_id = %(video_id)s FOR NO KEY UPDATE", {"video_id": video_id}
    ).fetchone()
    return read_video(row, video_id)


def lock_videos(connection: Connection, video_ids: Iterable[str]) -> None:
    """Lock several videos in the order in which everybody locks them."""
    connection.execute(
        """
        SELECT FROM source_videos WHERE video_id = ANY(%(video_ids)s) ORDER BY video_id FOR NO KEY UPDATE
        """,
        {"video_ids": sorted(set(video_ids))},
    )


def find_complete_videos(connection: Connection, video_ids: Collection[str]) -> list[str]:
    """Those of `video_ids` whose execution has ended because nothing was left to do."""
    if not video_ids:
        return []
    rows = connection.execute(
        """
        SELECT video_id FROM source_videos WHERE video_id = ANY(%(video_ids)s) AND state = 'complete'
        ORDER BY video_id
        """,
        {"video_ids": list(video_ids)},
    )
    return [row["video_id"] for row in rows]


def find_missing_videos(connection: Connection, video_ids: Collection[str]) -> set[str]:
    """Those of `video_ids` that have no row."""
    rows = connection.execute(
        """
        SELECT wanted.video_id FROM unnest(%(video_ids)s::text[]) AS wanted (video_id)
        WHERE NOT EXISTS (SELECT FROM source_videos video WHERE video.video_id = wanted.video_id)
        """,
        {"video_ids": list(video_ids)},
    )
    return {row["video_id"] for row in rows}


def read_video(row: dict[str, Any] | None, video_id: str) -> Video:
    """A whole row as a Video. Raises NotFound for no row."""
    if row is None:
        raise NotFound(f"There is no video {video_id}.", video_id=video_id)
    same = (
        "video_id", "title", "attempt", "execution_arn", "undo_window_s", "release_size", "error_name",
        "master_error_name", "master_attempts", "frame_count", "frame_index_key", "scores_key",
        "proxy_size_bytes",
    )  # fmt: skip
    return Video(
        **{name: row[name] for name in same},
        state=VideoState(row["state"]),
        master_state=MasterState(row["master_state"]),
        source=_ref(row["source_key"], row["source_version"]),
        url=row["source_url"],
        proxy=_ref(row["proxy_key"], row["proxy_version"]),
        fps=Fraction(row["fps_num"], row["fps_den"]) if row["fps_num"] else None,
        detect_settings=wire.from_json(DetectSettings, row["detect_settings"]),
    )


def _ref(key: str | None, version: str | None) -> ObjectRef | None:
    return ObjectRef(key=key, version_id=version) if key else None
