"""Many clips with vectors, written in bulk: videos of like-looking clips, three keyframes and a whole each."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heaters.catalog.connection import Catalog, Connection
from heaters.catalog.search.embeddings import WHOLE_CLIP, copy_embeddings

DIMENSIONS = 512
MODEL, VERSION = "colour-layout", "1"

KEYFRAMES = 3
CLIPS_PER_VIDEO = 50
_INNER = 48
"""Directions in which pictures really differ; the other dimensions follow from these."""


@dataclass(frozen=True, kw_only=True)
class ManyVectors:
    """`keyframes` (clips, KEYFRAMES, 512) and `whole` (clips, 512) of unit length, of clip `clip_ids[i]`."""

    clip_ids: NDArray[np.str_]
    keyframes: NDArray[np.float32]
    whole: NDArray[np.float32]


def make_vectors(clip_count: int, *, seed: int) -> ManyVectors:
    """Keyframes of a clip have a cosine of about 0.98, clips of a video 0.75, clips of two videos 0.3."""
    random = np.random.default_rng(seed)
    spread = random.standard_normal((_INNER, DIMENSIONS), dtype=np.float32)

    def inner(*shape: int) -> NDArray[np.float32]:
        return random.standard_normal((*shape, _INNER), dtype=np.float32)

    videos = inner(-(-clip_count // CLIPS_PER_VIDEO)) + 0.8
    clips = np.repeat(videos, CLIPS_PER_VIDEO, axis=0)[:clip_count] + 0.7 * inner(clip_count)
    stills = (clips[:, None] + 0.2 * inner(clip_count, KEYFRAMES)) @ spread
    keyframes = _unit(stills)
    return ManyVectors(
        clip_ids=np.array([f"clip-{n:06d}" for n in range(clip_count)]),
        keyframes=keyframes,
        whole=_unit(keyframes.mean(axis=1)),
    )


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), dtype=np.float32)


def fill_catalog(catalog: Catalog, made: ManyVectors) -> None:
    """Embedded clips of 24 to 263 frames at 24 a second; an hour lies between one and the next, and every fifth was
    skipped. Rules of the schema are not asked: the rows keep them.
    """
    with catalog.transaction() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        _insert_videos(connection, -(-len(made.clip_ids) // CLIPS_PER_VIDEO))
        _insert_clips(connection, len(made.clip_ids))
        copy_embeddings(connection, _rows(made), model=MODEL, model_version=VERSION)
    with catalog.transaction() as connection:
        connection.execute("ANALYZE source_videos, clips, embeddings")


def _insert_videos(connection: Connection, count: int) -> None:
    connection.execute(
        """
        INSERT INTO source_videos (
            video_id, title, state, source_bucket, source_key, undo_window_s, release_size, proxy_key,
            frame_index_key, scores_key, frame_count, fps_num, fps_den, width, height
        )
        SELECT format('video-%%s', n), format('video %%s', n), 'in_review', 'media', format('uploads/%%s', n), 60, 25,
               'p', 'i', 's', 24000, 24, 1, 640, 360
        FROM generate_series(0, %(last)s) AS n
        """,
        {"last": count - 1},
    )


def _insert_clips(connection: Connection, count: int) -> None:
    connection.execute(
        """
        INSERT INTO clips (clip_id, video_id, video_no, start_frame, end_frame, state, decided_at, created_at)
        SELECT format('clip-%%s', lpad(n::text, 6, '0')), video.video_id, video.video_no,
               (n %% %(each)s) * 400, (n %% %(each)s) * 400 + 24 + n %% 240,
               (CASE WHEN n %% 5 = 0 THEN 'review_skipped' ELSE 'pending_review' END)::clip_state,
               CASE WHEN n %% 5 = 0 THEN now() END,
               '2026-01-01T00:00:00Z'::timestamptz + make_interval(hours => n)
        FROM generate_series(0, %(last)s) AS n
        JOIN source_videos video ON video.video_id = format('video-%%s', n / %(each)s)
        """,
        {"last": count - 1, "each": CLIPS_PER_VIDEO},
    )


def _rows(made: ManyVectors) -> Iterator[tuple[str, int, NDArray[np.float32]]]:
    for clip_id, keyframes, whole in zip(made.clip_ids, made.keyframes, made.whole, strict=True):
        for position, vector in (*enumerate(keyframes), (WHOLE_CLIP, whole)):
            yield str(clip_id), position, vector


def best_clips(
    made: ManyVectors, query: NDArray[np.float32], *, whole: bool, allowed: NDArray[np.bool_], k: int
) -> set[str]:
    """The `k` nearest of the allowed clips, by comparing with all of them."""
    scores = made.whole @ query if whole else (made.keyframes @ query).max(axis=1)
    order = np.argsort(-np.where(allowed, scores, -2.0), kind="stable")[:k]
    return set(made.clip_ids[order].tolist())
