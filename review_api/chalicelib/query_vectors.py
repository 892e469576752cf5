"""What somebody searches with, made into a vector by the embed function: asked through Step Functions, awaited in S3.

The API has neither a model nor a way to call functions: from its subnets it reaches Step Functions and S3 only.
"""

import hashlib
import time
import uuid
from typing import Any

from chalicelib.models.search import ImageRequest, ImageUpload, SearchRequest
from chalicelib.people import Person
from chalicelib.services import Services

from heaters.catalog.search.nearest import QueryVector
from heaters.domain import object_keys, wire
from heaters.domain.errors import (
    NotFound,
    SourceUnavailable,
    StageTimeout,
    WorkflowUnavailable,
    error_from_json,
)
from heaters.domain.query_jobs import QueryJob, QueryResult
from heaters.intake.executions import start_query

DEADLINE_S = 10.0
"""How long a search waits for its vector; a model that has to be loaded first may take longer."""

UPLOAD_S = 600

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.05, 0.4


def make_image_upload(services: Services, person: Person, request: ImageRequest) -> ImageUpload:
    """A key of this person's own, and the URL that takes exactly the bytes that were announced."""
    key = object_keys.query_image(_owner(person), str(uuid.uuid4()))
    parameters = {
        "Bucket": services.store.bucket,
        "Key": key,
        "ContentType": request.content_type,
        "ContentLength": request.size_bytes,
    }
    url = services.store.presigned("put_object", parameters, expires_s=UPLOAD_S)
    return ImageUpload(image_key=key, upload_url=url)


def embed_query(services: Services, person: Person, request: SearchRequest, query_id: str) -> QueryVector:
    """The vector of the request's text or picture.

    Raises NotFound for a picture that is not this person's; what the model had to say about it; StageTimeout.
    """
    if not services.query_machine_arn:
        raise WorkflowUnavailable(
            "Here nothing embeds queries; set HEATERS_QUERY_MACHINE_ARN, or search by a clip."
        )
    if request.image_key and request.image_key.split("/")[2] != _owner(person):
        raise NotFound("There is no picture of yours under this key; upload it with POST /search/images.")
    job = QueryJob(
        query_id=query_id, model=services.settings.embed_model, text=request.text, image_key=request.image_key
    )
    start_query(services.workflow, machine_arn=services.query_machine_arn, job=job)
    result = _read_result(_await_answer(services, job))
    return QueryVector(
        model=result.model,
        model_version=result.model_version,
        dimensions=result.dimensions,
        vector="[" + ",".join(map(repr, result.vector)) + "]",
    )


def _await_answer(services: Services, job: QueryJob) -> dict[str, Any]:
    end_s, wait_s = time.monotonic() + DEADLINE_S, _FIRST_WAIT_S
    while time.monotonic() < end_s:
        time.sleep(wait_s)
        wait_s = min(wait_s * 1.5, _LONGEST_WAIT_S)
        try:
            answer: dict[str, Any] = services.store.read_json(job.result_key)
        except SourceUnavailable:
            continue
        return answer
    raise StageTimeout(
        f"The query was not embedded within {DEADLINE_S:.0f} s; its model may just be starting: search again soon."
    )


def _read_result(answer: dict[str, Any]) -> QueryResult:
    """Raises the error that the function left in place of a result."""
    if "error" not in answer:
        return wire.from_json(QueryResult, answer)
    error = error_from_json(answer)
    if isinstance(error, SourceUnavailable):
        raise NotFound("The picture is not there; upload it to its URL first, then search.") from error
    raise error


def _owner(person: Person) -> str:
    """Stands for a person in a key: names may hold anything."""
    return hashlib.sha256(person.name.encode()).hexdigest()[:32]
