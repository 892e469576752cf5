"""What S3 answers in common: XML, errors in S3's words, and what an object keeps of the request that made it."""

from collections.abc import Mapping
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from werkzeug import Request, Response

from local_cloud.s3 import documents

_KEPT_HEADERS = ("Content-Type", "Cache-Control", "Content-Disposition", "Content-Language", "Expires")


class S3Error(Exception):
    """An answer that is an error, in S3's words."""

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(message)
        self.code, self.status, self.message = code, status, message


def kept_headers(request: Request) -> dict[str, str]:
    kept = {name: request.headers[name] for name in _KEPT_HEADERS if name in request.headers}
    return kept | {n.lower(): v for n, v in request.headers.items() if n.lower().startswith("x-amz-meta-")}


def read_tags(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.headers.get("x-amz-tagging", ""), keep_blank_values=True))


def xml(root: ElementTree.Element, headers: Mapping[str, str] | None = None) -> Response:
    body = b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root)
    return Response(body, content_type="application/xml", headers=headers)


def error(code: str, status: int, message: str) -> Response:
    answer = xml(documents.error(code, message))
    answer.status_code = status
    return answer
