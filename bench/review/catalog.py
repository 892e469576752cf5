"""A catalog of 100,000 clips under review, written by COPY: many short videos, two long ones, an execution waiting at
the gate of each.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from heaters.catalog.connection import CatalogSettings, Connection, open_connection
from heaters.catalog.schema.migrate import migrate
from heaters.domain.ids import clip_id_of_segment
from heaters.domain.review.gates import gate_size
from heaters.domain.settings import RELEASE_SIZE

SHORT_VIDEOS, SHORT_CLIPS = 800, 100
LONG_VIDEOS, LONG_CLIPS = 2, 10_000
CLIP_FRAMES = 48
ATTEMPT = 1


@dataclass(frozen=True, kw_only=True)
class SeededVideo:
    video_id: str
    clip_count: int

    @property
    def token(self) -> str:
        """What the execution that waits for this video is known by."""
        return f"token-{self.video_id}-1"


def list_seeded_videos() -> list[SeededVideo]:
    """Long videos come last in the queue, so that whoever works on one chose it."""
    counts = [SHORT_CLIPS] * SHORT_VIDEOS + [LONG_CLIPS] * LONG_VIDEOS
    return [
        SeededVideo(video_id=f"00000000-0000-4000-8000-{number:012d}", clip_count=count)
        for number, count in enumerate(counts)
    ]


def seed_catalog(url: str, *, undo_window_s: int) -> list[SeededVideo]:
    """Migrate an empty database and fill it; every trigger and constraint of the schema has its say."""
    videos = list_seeded_videos()
    with open_connection(CatalogSettings(conninfo=url)) as connection:
        migrate(connection)
        with connection.transaction():
            _copy(
                connection,
                "COPY source_videos (video_id, title, state, source_bucket, source_key, execution_arn, undo_window_s,"
                " release_size, proxy_key, frame_index_key, scores_key, frame_count, fps_num, fps_den, width, height)"
                " FROM STDIN",
                (_video_row(video, undo_window_s) for video in videos),
            )
            numbers = {
                row["video_id"]: row["video_no"]
                for row in connection.execute("SELECT video_id, video_no FROM source_videos")
            }
            _copy(
                connection,
                "COPY cuts (video_id, frame) FROM STDIN",
                ((video.video_id, start) for video in videos for start, _ in _segments(video) if start),
            )
            _copy(
                connection,
                "COPY clips (clip_id, video_id, video_no, start_frame, end_frame) FROM STDIN",
                (row for video in videos for row in _clip_rows(video, numbers[video.video_id])),
            )
            _copy(
                connection,
                "COPY review_gates (video_id, attempt, token, release_size) FROM STDIN",
                ((video.video_id, ATTEMPT, video.token, _gate_size(video)) for video in videos),
            )
        connection.execute("VACUUM ANALYZE")
    return videos


def _copy(connection: Connection, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for row in rows:
            copy.write_row(row)


def _video_row(video: SeededVideo, undo_window_s: int) -> tuple[object, ...]:
    number, frame_count = video.video_id[-12:].lstrip("0") or "0", video.clip_count * CLIP_FRAMES
    return (
        video.video_id, f"raw {number}.mp4", "in_review", "media", f"uploads/{number}.mp4", f"execution:{number}",
        undo_window_s, RELEASE_SIZE, f"proxies/{number}.mp4", "index", "scores", frame_count, 24, 1, 1920, 1080,
    )  # fmt: skip


def _segments(video: SeededVideo) -> Iterator[tuple[int, int]]:
    for at in range(video.clip_count):
        yield at * CLIP_FRAMES, (at + 1) * CLIP_FRAMES


def _clip_rows(video: SeededVideo, video_no: int) -> Iterator[tuple[object, ...]]:
    for start, end in _segments(video):
        clip_id = clip_id_of_segment(video_id=video.video_id, start_frame=start, end_frame=end)
        yield clip_id, video.video_id, video_no, start, end


def _gate_size(video: SeededVideo) -> int:
    return gate_size(clip_count=video.clip_count, release_size=RELEASE_SIZE)
