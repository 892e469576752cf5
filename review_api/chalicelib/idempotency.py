"""POSTs that create something, answered once: a client that repeats one under the same Idempotency-Key gets the first
answer again. Only successes are kept; after a failure the repetition is the next try.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Mapping

from chalicelib.services import Services

from heaters.catalog.idempotency import remember_request, remember_response
from heaters.domain.errors import InvalidRequest

HEADER = "Idempotency-Key"
PATTERN = r"^[!-~]{1,128}$"
_KEY = re.compile(PATTERN)


def read_key(headers: Mapping[str, str]) -> str | None:
    """The key of a request, if it has one. Raises InvalidRequest for one that is not printable ASCII."""
    key = headers.get(HEADER.lower())
    if key is not None and not _KEY.fullmatch(key):
        raise InvalidRequest(
            f"The {HEADER} has 1 to 128 printable ASCII characters and no space; shorten it."
        )
    return key


def make_id(person: str, key: str | None) -> str:
    """The id of what a request creates: it follows from the key, so that a repetition creates the same."""
    if not key:
        return str(uuid.uuid4())
    return str(uuid.uuid5(uuid.NAMESPACE_OID, json.dumps([person, key])))  # either may hold any separator


def answer_once(
    services: Services, *, person: str, key: str, request: str, serve: Callable[[], str], keep: bool = True
) -> str:
    """What `serve` answers, or what it answered to the same `request` before. Raises KeyReused for another one.

    Not `keep`: `serve` answers each time, and creates the same.
    """
    request_hash = hashlib.sha256(request.encode()).hexdigest()
    with services.catalog.transaction() as connection:
        known = remember_request(connection, reviewer=person, key=key, request_hash=request_hash)
    if known is not None:
        return known
    response = serve()
    if not keep:
        return response
    with services.catalog.transaction() as connection:
        remember_response(connection, reviewer=person, key=key, response=response)
    return response
