"""Traps beside a test's files: a server that counts who connects, and a file that tells when it is opened."""

import ctypes
import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_IN_OPEN = 0x20
_IN_NONBLOCK = os.O_NONBLOCK
_EVENT = struct.Struct("iIII")  # inotify(7): watch, mask, cookie, length of the name that follows


class Doorbell(ThreadingHTTPServer):
    """A server on loopback. `rings` counts connections, whether or not anything was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Nobody)
        self.rings = 0
        self.url = f"http://127.0.0.1:{self.server_port}"

    def get_request(self) -> tuple[socket.socket, Any]:
        found = super().get_request()
        self.rings += 1
        return found


class _Nobody(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(404)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_arguments: object) -> None:
        """Keep the test's output clean."""


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[ThreadingHTTPServer]:
    """`server`, answering until the end."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class SecretFile:
    """A file that nobody should open. `openings()` counts who did since the last look."""

    def __init__(self, path: Path) -> None:
        path.write_text("root:x:0:0:root:/root:/bin/bash\n")
        self.path = path
        libc = ctypes.CDLL(None, use_errno=True)
        self._watch = libc.inotify_init1(_IN_NONBLOCK)
        if libc.inotify_add_watch(self._watch, os.fsencode(path), _IN_OPEN) < 0:
            raise OSError(ctypes.get_errno(), f"{path} cannot be watched")

    def openings(self) -> int:
        count = 0
        try:
            while events := os.read(self._watch, 4096):
                while events:
                    *_, length = _EVENT.unpack_from(events)
                    events = events[_EVENT.size + length :]
                    count += 1
        except BlockingIOError:
            return count
        return count

    def close(self) -> None:
        os.close(self._watch)
