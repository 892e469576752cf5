"""What the site does to upload a file: begin, put the parts to the URLs that it is given, complete or abort."""

import json
import os
from typing import Any

from heaters.domain.uploads import MIN_PART_BYTES
from tests.api.api_client import Answer, Api
from tests.local_cloud.s3.served_bucket import put

FILE = os.urandom(2 * MIN_PART_BYTES + 1000)
"""Three parts."""
NAME = "holiday/../Ünser Film.mp4"
SAME_KEY: dict[str, Any] = {"idempotency-key": "k1"}


def begin(api: Api, body: bytes = FILE, **headers: str) -> Any:
    sent = json.dumps({"filename": NAME, "size_bytes": len(body)}).encode()
    answer = api.call("POST", "/uploads", sent, **headers)
    assert answer.status == 201, answer.body
    return answer.body


def cut(upload: Any, body: bytes = FILE) -> dict[int, bytes]:
    size = upload["part_size_bytes"]
    return {at // size + 1: body[at : at + size] for at in range(0, len(body), size)}


def send(url: str, body: bytes) -> str:
    """The ETag that S3 answers a plain PUT with."""
    status, headers = put(url, body)
    assert status == 200
    return headers["ETag"]


def send_parts(
    upload: Any, pieces: dict[int, bytes], order: tuple[int, ...] = (3, 1, 2)
) -> list[dict[str, Any]]:
    etags = {number: send(upload["part_urls"][number - 1], pieces[number]) for number in order}
    return [{"part_number": number, "etag": etag} for number, etag in etags.items()]


def complete(api: Api, upload: Any, parts: list[dict[str, Any]], **headers: str) -> Answer:
    return api.call(
        "POST", f"/uploads/{upload['upload_id']}/complete", json.dumps({"parts": parts}).encode(), **headers
    )


def abort(api: Api, upload: Any) -> Answer:
    return api.call("DELETE", f"/uploads/{upload['upload_id']}")
