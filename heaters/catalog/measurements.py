"""What was measured of videos and where it is stored, for whoever shows clips. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from heaters.catalog.connection import Connection
from heaters.domain import wire
from heaters.domain.errors import NotFound
from heaters.domain.jobs import DetectSettings


@dataclass(frozen=True, kw_only=True)
class Measured:
    """An object with measurements. `made_at` changes when they are made anew, under the same key."""

    key: str
    size_bytes: int
    made_at: datetime


@dataclass(frozen=True, kw_only=True)
class Measurements:
    """Of one video; `facts` and `sound` are None where it was made before there were any.

    `shortest_frames` is how long detection lets a clip be at least, by the settings that stand. Rate, length and this
    are None before there is a proxy.
    """

    rate: Fraction | None
    frame_count: int | None
    shortest_frames: int | None
    facts: Measured | None
    sound: Measured | None


def get_measurements(connection: Connection, video_id: str) -> Measurements:
    """Those of one video. Raises NotFound."""
    found = find_measurements(connection, [video_id])
    if video_id not in found:
        raise NotFound(f"There is no video {video_id}; list the videos to find it.", video_id=video_id)
    return found[video_id]


def find_measurements(connection: Connection, video_ids: Iterable[str]) -> dict[str, Measurements]:
    """By video, of those that there are."""
    wanted = sorted(set(video_ids))
    if not wanted:
        return {}
    rows = connection.execute(
        """
        SELECT video.video_id, video.fps_num, video.fps_den, video.frame_count,
               coalesce(detection.settings, video.detect_settings) AS detect_settings,
               facts.key AS facts_key, facts.size_bytes AS facts_bytes, facts.created_at AS facts_at,
               sound.key AS sound_key, sound.size_bytes AS sound_bytes, sound.created_at AS sound_at
        FROM source_videos video
        LEFT JOIN artifacts facts ON facts.video_id = video.video_id AND facts.kind = 'facts'
        LEFT JOIN artifacts sound ON sound.video_id = video.video_id AND sound.kind = 'sound'
        LEFT JOIN LATERAL (
            SELECT settings FROM review_events
            WHERE video_ids[1] = video.video_id AND action = 'detect' AND undone_by IS NULL
            ORDER BY event_id DESC LIMIT 1
        ) detection ON true
        WHERE video.video_id = ANY(%(video_ids)s)
        """,
        {"video_ids": wanted},
    )
    return {row["video_id"]: _read(row) for row in rows}


def _read(row: dict[str, Any]) -> Measurements:
    rate = Fraction(row["fps_num"], row["fps_den"]) if row["fps_num"] else None
    settings = wire.from_json(DetectSettings, row["detect_settings"])
    return Measurements(
        rate=rate,
        frame_count=row["frame_count"],
        shortest_frames=settings.min_scene_frames(rate) if rate else None,
        facts=_read_object(row, "facts"),
        sound=_read_object(row, "sound"),
    )


def _read_object(row: dict[str, Any], kind: str) -> Measured | None:
    if row[f"{kind}_key"] is None:
        return None
    return Measured(key=row[f"{kind}_key"], size_bytes=row[f"{kind}_bytes"], made_at=row[f"{kind}_at"])
