"""The cuts of a video: the frames at which one clip ends and the next begins.

Whoever changes them changes the clips in the same transaction; the schema refuses to commit one without the
other.
"""

from collections.abc import Iterable

from heaters.catalog.connection import Connection


def insert_cuts(
    connection: Connection,
    *,
    video_id: str,
    frames: Iterable[int],
    origin: str = "detected",
    by: str | None = None,
) -> None:
    """Add cuts; one that is there already stays as it is."""
    connection.execute(
        """
        INSERT INTO cuts (video_id, frame, origin, created_by)
        SELECT %(video_id)s, frame, %(origin)s, %(by)s FROM unnest(%(frames)s::integer[]) AS frame
        ON CONFLICT (video_id, frame) DO NOTHING
        """,
        {"video_id": video_id, "frames": list(frames), "origin": origin, "by": by},
    )


def delete_cuts(connection: Connection, *, video_id: str, frames: Iterable[int]) -> None:
    """Remove cuts; one that is not there is fine."""
    connection.execute(
        "DELETE FROM cuts WHERE video_id = %(video_id)s AND frame = ANY(%(frames)s::integer[])",
        {"video_id": video_id, "frames": list(frames)},
    )


def list_cuts(connection: Connection, video_id: str) -> tuple[int, ...]:
    """The cuts of a video, rising."""
    rows = connection.execute(
        "SELECT frame FROM cuts WHERE video_id = %(video_id)s ORDER BY frame", {"video_id": video_id}
    )
    return tuple(row["frame"] for row in rows)
