"""Long answers of the API are compressed on their way out, as API Gateway does it on AWS. The API does not know."""

import gzip

from werkzeug import Request, Response


def compress(request: Request, answer: Response, *, from_bytes: int | None) -> Response:
    """The answer, with a gzipped body if it has `from_bytes` or more and whoever asked can read that."""
    body = answer.get_data()
    if from_bytes is None or len(body) < from_bytes or "Content-Encoding" in answer.headers:
        return answer
    answer.headers.add("Vary", "Accept-Encoding")
    if request.accept_encodings["gzip"] > 0:
        answer.set_data(gzip.compress(body, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
    return answer
