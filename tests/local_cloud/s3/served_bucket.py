"""The local cloud's S3 alone on a port, as its public port serves it: signed requests, and links where they verify."""

import http.client
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from werkzeug import Request, Response

from local_cloud.machine.http_server import HttpServer
from local_cloud.s3 import presigned
from local_cloud.s3.cors import CorsRule
from local_cloud.s3.object_store import ObjectStore
from local_cloud.s3.objects import Version
from local_cloud.s3.server import S3

BUCKET = "media"
SECRET = "secret"
SITE = "https://site.example"
RULE = CorsRule(origins=(SITE,), methods=("GET", "PUT"), headers=("content-type",), exposed=("ETag",))


class Served:
    """A bucket on a port, and what it announced."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.created: list[tuple[str, str, str]] = []
        self.store = ObjectStore(folder)
        self._s3 = S3(
            store=self.store, buckets=frozenset({BUCKET}), created=self._note, cors_rules={BUCKET: (RULE,)}
        )
        self.server = HttpServer(0)
        self.server.serve(lambda environ, start: self._answer(Request(environ))(environ, start))
        self.client = self.open_client()

    def open_client(self) -> Any:
        return boto3.client(
            "s3", endpoint_url=self.server.url, region_name="us-east-1", aws_access_key_id="local",
            aws_secret_access_key=SECRET, config=Config(signature_version="s3v4", retries={"total_max_attempts": 1}),
        )  # fmt: skip

    def list_uploads(self, key: str) -> list[str]:
        """S3's ids of the uploads to a key that have not ended."""
        index = sqlite3.connect(self._folder / "index.sqlite")
        rows = index.execute("SELECT upload_id FROM uploads WHERE key = ?", (key,)).fetchall()
        index.close()
        return [row[0] for row in rows]

    def _answer(self, request: Request) -> Response:
        is_link = presigned.is_presigned(request) and request.method != "OPTIONS"
        if is_link and not presigned.verify(request, secret_key=SECRET):
            return self._s3.refuse(request, "expired")
        return self._s3.answer(request)

    def _note(self, bucket: str, version: Version, reason: str) -> None:
        self.created.append((bucket, version.key, reason))

    def close(self) -> None:
        self.server.close()
        self.store.close()


def put(url: str, body: bytes = b"", method: str = "PUT", **headers: str) -> tuple[int, dict[str, str]]:
    """A plain HTTP request, as a browser sends it."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, f"{parts.path}?{parts.query}", body, sent)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders())
