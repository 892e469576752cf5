"""Vectors of clips: one per keyframe and one for the whole clip (position -1), written a wave at a time.

It stores what a model made and never compares vectors of different models.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from pgvector.psycopg import register_vector

from heaters.catalog.connection import Connection
from heaters.domain.errors import InvalidJob

WHOLE_CLIP = -1
"""The position of the vector that stands for all of a clip."""


@dataclass(frozen=True, kw_only=True)
class WaveVectors:
    """Row i is the vector of `clip_ids[i]` at `positions[i]`; `vectors` is (n, dimensions) float32, unit length."""

    clip_ids: tuple[str, ...]
    positions: tuple[int, ...]
    vectors: NDArray[np.float32]


def read_vectors(body: bytes, *, dimensions: int) -> WaveVectors:
    """The npz that an embed stage wrote. Raises InvalidJob when its shapes do not fit together."""
    with np.load(BytesIO(body), allow_pickle=False) as arrays:
        clip_ids = tuple(str(clip_id) for clip_id in arrays["clip_ids"])
        positions = tuple(int(position) for position in arrays["positions"])
        vectors = arrays["vectors"].astype(np.float32, copy=False)
    if vectors.shape != (len(clip_ids), dimensions) or len(positions) != len(clip_ids):
        raise InvalidJob(
            f"The vectors have shape {vectors.shape} for {len(clip_ids)} clips, {len(positions)} positions and "
            f"{dimensions} dimensions; embed the wave again."
        )
    return WaveVectors(clip_ids=clip_ids, positions=positions, vectors=vectors)


def replace_embeddings(connection: Connection, found: WaveVectors, *, model: str, model_version: str) -> None:
    """Make these the vectors of their clips for `model`, in place of any that were there."""
    _delete_embeddings(connection, clip_ids=sorted(set(found.clip_ids)), model=model)
    copy_embeddings(
        connection,
        zip(found.clip_ids, found.positions, found.vectors, strict=True),
        model=model,
        model_version=model_version,
    )


def copy_embeddings(
    connection: Connection,
    rows: Iterable[tuple[str, int, NDArray[np.float32]]],
    *,
    model: str,
    model_version: str,
) -> None:
    """Add vectors, each of a clip at a position, where none are there for `model`."""
    register_vector(connection)
    statement = """
        COPY embeddings (clip_id, position, model, model_version, dimensions, vector)
        FROM STDIN WITH (FORMAT BINARY)
    """
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(["text", "int4", "text", "text", "int4", "vector"])
        for clip_id, position, vector in rows:
            copy.write_row((clip_id, position, model, model_version, len(vector), vector))


def _delete_embeddings(connection: Connection, *, clip_ids: Sequence[str], model: str) -> None:
    connection.execute(
        "DELETE FROM embeddings WHERE clip_id = ANY(%(clip_ids)s) AND model = %(model)s",
        {"clip_ids": list(clip_ids), "model": model},
    )
