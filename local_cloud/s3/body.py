"""Request bodies as S3 receives them: plain or `aws-chunked`, checked against the checksums that came along."""

import base64
import hashlib
import zlib
from collections.abc import Iterator
from typing import IO

from werkzeug import Request

_BLOCK = 1024 * 1024


class BadDigest(Exception):
    """The body is not the one that the client summed up."""


def read_body(request: Request) -> Iterator[bytes]:
    """The body in blocks. Raises BadDigest at its end if Content-MD5 or x-amz-checksum-crc32 disagrees."""
    crc, md5 = 0, hashlib.md5(usedforsecurity=False)
    trailers: dict[str, str] = {}
    for block in _chunks(request, trailers):
        crc = zlib.crc32(block, crc)
        md5.update(block)
        yield block
    wanted_md5 = request.headers.get("Content-MD5")
    if wanted_md5 and base64.b64decode(wanted_md5) != md5.digest():
        raise BadDigest("Content-MD5")
    wanted_crc = request.headers.get("x-amz-checksum-crc32") or trailers.get("x-amz-checksum-crc32")
    if wanted_crc and base64.b64decode(wanted_crc) != crc.to_bytes(4, "big"):
        raise BadDigest("x-amz-checksum-crc32")


def _chunks(request: Request, trailers: dict[str, str]) -> Iterator[bytes]:
    source = request.stream
    if "aws-chunked" not in request.headers.get("Content-Encoding", ""):
        while block := source.read(_BLOCK):
            yield block
        return
    while size := int(source.readline().split(b";")[0].strip() or b"0", 16):
        yield from _exactly(source, size)
        source.readline()
    while line := source.readline().strip():
        name, _, value = line.decode().partition(":")
        trailers[name.strip().lower()] = value.strip()


def _exactly(source: IO[bytes], size: int) -> Iterator[bytes]:
    while size > 0:
        block = source.read(min(size, _BLOCK))
        if not block:
            raise BadDigest("a chunk that ended early")
        size -= len(block)
        yield block
