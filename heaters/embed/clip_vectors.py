"""Vectors of a wave: one per keyframe, and one for the whole clip."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from heaters.domain.errors import InvalidJob
from heaters.embed.images import prepare_images
from heaters.embed.registry import ImageModel

WHOLE_CLIP = -1
"""The position of the vector that stands for all of a clip."""

BATCH_IMAGES = 32


class ClipImages(Protocol):
    """A clip and its encoded keyframes, in order."""

    @property
    def clip_id(self) -> str: ...

    def read_images(self) -> Sequence[bytes]: ...


@dataclass(frozen=True, kw_only=True, eq=False)
class WaveVectors:
    """Row i of `vectors` (n, dimensions), float32 of unit length, is of `clip_ids[i]` at `positions[i]`."""

    clip_ids: tuple[str, ...]
    positions: tuple[int, ...]
    vectors: NDArray[np.float32]

    def to_bytes(self) -> bytes:
        """An npz with `clip_ids`, `positions` and `vectors`; no pickled objects."""
        target = BytesIO()
        np.savez(
            target,
            clip_ids=np.array(self.clip_ids),
            positions=np.array(self.positions, dtype=np.int32),
            vectors=self.vectors,
        )
        return target.getvalue()


def embed_clips(model: ImageModel, clips: Sequence[ClipImages]) -> Iterator[WaveVectors]:
    """One part per clip, in order; a clip's images are read when its turn comes and not kept.

    Raises InvalidJob for a clip without keyframes.
    """
    for clip in clips:
        images = clip.read_images()
        if not images:
            raise InvalidJob(f"Clip {clip.clip_id} has no keyframes to embed; retry it.")
        stills = np.concatenate(
            [
                model.run(prepare_images(images[at : at + BATCH_IMAGES], model.manifest.preprocessing))
                for at in range(0, len(images), BATCH_IMAGES)
            ]
        )
        yield WaveVectors(
            clip_ids=(clip.clip_id,) * (len(stills) + 1),
            positions=(*range(len(stills)), WHOLE_CLIP),
            vectors=np.vstack([stills, average_direction(stills)]),
        )


def average_direction(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of unit vectors (n, d), brought back to unit length; the first of them should they cancel out."""
    mean = vectors.mean(axis=0, dtype=np.float64)
    length = np.linalg.norm(mean)
    direction = mean / length if length > 1e-6 else vectors[0]
    return np.asarray(direction, dtype=np.float32)


def join_vectors(parts: Sequence[WaveVectors]) -> WaveVectors:
    """All parts as one, in order. Raises InvalidJob when there are none."""
    if not parts:
        raise InvalidJob("There is no clip to embed in this wave; redrive from the review gate.")
    return WaveVectors(
        clip_ids=tuple(clip_id for part in parts for clip_id in part.clip_ids),
        positions=tuple(position for part in parts for position in part.positions),
        vectors=np.vstack([part.vectors for part in parts]),
    )
