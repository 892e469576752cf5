"""Long answers of the API are compressed on their way out, as API Gateway does it on AWS. The API does not know."""

import gzip

from werkzeug import Request, Response

from infra.review.site_headers import COMPRESSED_FROM_BYTES


def compress(request: Request, answer: Response) -> Response:
    """The answer, with a gzipped body if it is long enough and whoever asked can read that."""
    body = answer.get_data()
    if len(body) < COMPRESSED_FROM_BYTES or "Content-Encoding" in answer.headers:
        return answer
    answer.headers.add("Vary", "Accept-Encoding")
    if request.accept_encodings["gzip"] > 0:
        answer.set_data(gzip.compress(body, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
    return answer
