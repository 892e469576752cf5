"""Embed query: what somebody searches with in, its vector out, as a Lambda. Whoever asked waits for it in S3."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from heaters.domain import wire
from heaters.domain.errors import HeatersError, SourceTooLarge
from heaters.domain.jobs import ObjectRef
from heaters.domain.query_jobs import MAX_IMAGE_BYTES, QueryJob, QueryResult
from heaters.embed.query_vectors import embed_query_image, embed_query_text
from heaters.embed.registry import load_model
from heaters.s3.store import MediaStore

logger = Logger(service="heaters")
_loaded = cache(load_model)
"""A warm Lambda keeps its model."""


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    """A QueryJob; its result, or the error that it met, is left at its result key."""
    job = wire.from_json(QueryJob, event)
    store = MediaStore(bucket=os.environ["HEATERS_BUCKET"])
    try:
        answer = wire.to_json(embed_query(job, store))
    except HeatersError as exc:
        logger.info("query refused", query_id=job.query_id, failure=exc.to_json())
        answer = exc.to_json()
    store.write_json(job.result_key, answer)
    return {"result_key": job.result_key}


def embed_query(job: QueryJob, store: MediaStore) -> QueryResult:
    model = _loaded(job.model)
    if job.image_key is None:
        return embed_query_text(model, job.text or "")
    image = ObjectRef(key=job.image_key)
    size_bytes = store.size_bytes(image)
    if size_bytes > MAX_IMAGE_BYTES:
        raise SourceTooLarge(
            f"The picture has {size_bytes} bytes, more than {MAX_IMAGE_BYTES}; send a smaller one."
        )
    return embed_query_image(model, store.read(image))
