"""Clips with vectors, made by SQL alone: points on a sphere whose distances a test chooses or knows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pgvector.psycopg import register_vector

from heaters.catalog.connection import Catalog, Connection

DIMENSIONS = 512
MODEL, VERSION = "colour-layout", "1"

Vectors = NDArray[np.float32]


def unit(*head: float) -> Vectors:
    """The direction that begins with these numbers."""
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    vector[: len(head)] = head
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def at_cosine(cosine: float, axis: int = 1) -> Vectors:
    """A direction whose cosine with `unit(1)` is this; two on different axes differ from each other, too."""
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    vector[0], vector[axis] = cosine, (1 - cosine**2) ** 0.5
    return vector


def add_clusters(count: int, *, seed: int, spread: float = 0.6, per_cluster: int = 40) -> Vectors:
    """Vectors (count, 512) of unit length in clusters, as shots of one video are; the same for the same seed."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((max(count // per_cluster, 1), DIMENSIONS), dtype=np.float32)
    noise = random.standard_normal((count, DIMENSIONS), dtype=np.float32) * spread
    vectors = centres[random.integers(len(centres), size=count)] + noise
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def embed_clip(
    catalog: Catalog,
    clip_id: str,
    keyframes: Sequence[Vectors],
    *,
    model: str = MODEL,
    version: str = VERSION,
) -> None:
    """Give a clip its keyframes' vectors, their average, and the pictures; it then waits to be compared."""
    whole = np.mean(np.stack(keyframes), axis=0)
    rows = [*enumerate(keyframes), (-1, whole / np.linalg.norm(whole))]
    with catalog.transaction() as connection:
        register_vector(connection)
        for position, vector in rows:
            connection.execute(
                """
                INSERT INTO embeddings (clip_id, position, model, model_version, dimensions, vector)
                VALUES (%s, %s, %s, %s, %s, %s)
                """,
                (clip_id, position, model, version, len(vector), vector),
            )
        add_pictures(connection, clip_id, len(keyframes))
        connection.execute("INSERT INTO clips_to_compare (clip_id, model) VALUES (%s, %s)", (clip_id, model))


def add_pictures(connection: Connection, clip_id: str, count: int) -> None:
    connection.execute(
        """
        INSERT INTO artifacts (key, video_id, clip_id, kind, position, size_bytes, facts)
        SELECT format('keyframes/%%s/%%s.jpg', clip_id, n), video_id, clip_id, 'keyframe', n, 9,
               jsonb_build_object('frame', start_frame + n)
        FROM clips, generate_series(0, %(last)s) AS n WHERE clip_id = %(clip_id)s
        ON CONFLICT DO NOTHING
        """,
        {"clip_id": clip_id, "last": count - 1},
    )
