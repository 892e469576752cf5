"""Embedding without a model: one vector for each clip. A Lambda, and a Batch job for a large wave."""

import io
import json
import os
from typing import Any

import numpy as np

from heaters.domain import object_keys, wire
from heaters.domain.jobs import EmbedItem, EmbedJob, ObjectRef
from heaters.domain.pipeline import STAGE
from heaters.domain.results import EmbedResult
from heaters.domain.stage import ids_of_job
from tests.local_cloud.programs.light.leave import leave, store

_DIMENSIONS = 8


def handler(event: Any, _context: Any) -> Any:
    job = wire.from_json(EmbedJob, event)
    manifest = json.loads(store.read(ObjectRef(key=job.manifest_key)))
    items = [wire.from_json(EmbedItem, item) for item in manifest]
    body = io.BytesIO()
    np.savez(
        body,
        clip_ids=np.array([item.clip_id for item in items]),
        positions=np.full(len(items), -1),
        vectors=np.tile(np.eye(1, _DIMENSIONS, dtype=np.float32), (len(items), 1)),
    )
    result = EmbedResult(
        model=job.model,
        model_version="1",
        dimensions=_DIMENSIONS,
        clip_count=len(items),
        vectors=store.write(object_keys.wave_vectors(job.video_id, job.wave_id), body.getvalue()),
    )
    return leave(STAGE["embed"].result_key(ids_of_job(job)), result)


if __name__ == "__main__":
    handler(json.loads(os.environ["HEATERS_JOB"]), None)
