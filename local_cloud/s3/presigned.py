"""Whether a presigned URL was signed with our own key, for this very request, and has not expired.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from werkzeug import Request


def is_presigned(request: Request) -> bool:
    return "X-Amz-Signature" in request.args


def verify(request: Request, *, secret_key: str, now: datetime | None = None) -> bool:
    """True for a valid, unexpired AWS4-HMAC-SHA256 query signature."""
    query = request.args
    try:
        signed_at = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        expires = signed_at + timedelta(seconds=int(query["X-Amz-Expires"]))
        _, date, region, service, _ = query["X-Amz-Credential"].split("/")
        signed_headers = query["X-Amz-SignedHeaders"].split(";")
    except (KeyError, ValueError, OverflowError):
        return False
    if (now or datetime.now(UTC)) > expires:
        return False
    canonical = _canonical_request(request, signed_headers)
    scope = f"{date}/{region}/{service}/aws4_request"
    to_sign = "\n".join(
        ("AWS4-HMAC-SHA256", query["X-Amz-Date"], scope, hashlib.sha256(canonical.encode()).hexdigest())
    )
    key = f"AWS4{secret_key}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    wanted = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, query["X-Amz-Signature"])


def _canonical_request(request: Request, signed_headers: list[str]) -> str:
    pairs = [(k, v) for k, v in request.args.items(multi=True) if k != "X-Amz-Signature"]
    query = "&".join(sorted(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in pairs))
    headers = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in signed_headers)
    path = quote(request.path, safe="/-_.~")
    return "\n".join((request.method, path, query, headers, ";".join(signed_headers), "UNSIGNED-PAYLOAD"))
