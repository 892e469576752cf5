"""One line of JSON in the log for every request, under the id that its answer carries: what somebody who saw an error
copies from it leads to the line. Never logs a body, a query or a token.
"""

import json
import logging
import time
import uuid
from collections.abc import Callable
from typing import Any

from chalice.app import Response
from chalicelib.log_lines import FIELDS

HEADER = "X-Request-Id"
log = logging.getLogger("heaters-review")


def log_request(event: Any, get_response: Callable[[Any], Response]) -> Response:
    """Middleware: answer, then say what was asked by whom, how it went and how long it took."""
    began_s = time.monotonic()
    context = event.context or {}
    request_id = str(context.get("requestId") or uuid.uuid4())
    response = get_response(event)
    response.headers[HEADER] = request_id
    claims = (context.get("authorizer") or {}).get("claims") or {}
    line = {
        "request_id": request_id,
        "method": event.method,
        "route": event.path,
        "ids": event.uri_params or {},
        "person": claims.get("cognito:username"),
        "status": response.status_code,
        "ms": round(1000 * (time.monotonic() - began_s), 1),
    }
    log.info(json.dumps(line), extra={FIELDS: line})
    return response
