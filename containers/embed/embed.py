"""Embed clips: the keyframes of a wave in, vectors out. A Lambda for small waves, a Batch job on GPU for large ones."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

from containers.runner import Work, run_as_batch_job, run_as_lambda
from heaters.domain import object_keys, wire
from heaters.domain.jobs import EmbedItem, EmbedJob, ObjectRef
from heaters.domain.results import EmbedResult
from heaters.embed.clip_vectors import embed_clips, join_vectors
from heaters.embed.registry import load_model
from heaters.s3.store import MediaStore

_loaded = cache(load_model)
"""A warm Lambda keeps its model."""

_READERS = 8
"""Keyframes of a clip that are fetched at once."""


@dataclass(frozen=True, kw_only=True)
class StoredClip:
    """A clip whose keyframes are fetched when they are needed."""

    clip_id: str
    keys: tuple[str, ...]
    store: MediaStore

    def read_images(self) -> Sequence[bytes]:
        with ThreadPoolExecutor(_READERS) as pool:
            return list(pool.map(lambda key: self.store.read(ObjectRef(key=key)), self.keys))


def embed_wave(work: Work[EmbedJob]) -> EmbedResult:
    """Embed every clip of the wave's manifest and store the vectors as one object."""
    job = work.job
    model = _loaded(job.model)
    items = [wire.from_json(EmbedItem, item) for item in work.store.read_json(job.manifest_key)]
    clips = [StoredClip(clip_id=item.clip_id, keys=item.keyframe_keys, store=work.store) for item in items]
    parts = []
    for done, part in enumerate(embed_clips(model, clips), start=1):
        parts.append(part)
        work.report(done / len(clips))
    key = object_keys.wave_vectors(job.video_id, job.wave_id)
    return EmbedResult(
        model=model.manifest.name,
        model_version=model.manifest.version,
        dimensions=model.manifest.dimensions,
        clip_count=len(items),
        vectors=work.store.write(key, join_vectors(parts).to_bytes()),
    )


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    return run_as_lambda("embed", embed_wave, event)


def main() -> None:
    run_as_batch_job("embed", embed_wave)


if __name__ == "__main__":
    main()
