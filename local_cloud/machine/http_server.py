"""A threaded WSGI server on loopback: one thread per request, HTTP/1.1, quiet."""

import errno
import json
import logging
import socket
import threading
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from local_cloud.machine.settings import LOOPBACK, LocalCloudError

logger = logging.getLogger(__name__)


class _Handler(MotoRequestHandler):
    protocol_version = "HTTP/1.1"
    error_content_type = "application/json"
    error_message_format = json.dumps(
        {"error": {"code": "InvalidRequest", "message": "The request cannot be read.", "details": {}}}
    )

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002 - inherited signature
        if isinstance(code, int) and code >= 400:
            logger.info("%s %s %s", self.command, getattr(self, "path", "-").split("?")[0], code)


class HttpServer:
    """Holds its port from the beginning; answers once there is something to `serve`. Until then callers wait."""

    def __init__(self, port: int) -> None:
        self._app: WSGIApplication | None = None
        self._server = _bind(port, self._call)
        self._thread: threading.Thread | None = None
        self.port = int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def serve(self, app: WSGIApplication) -> None:
        """Answer with `app` from now on."""
        self._app = app
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="http", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Give the port back. Closing twice is fine."""
        if self._thread:
            self._server.shutdown()
            self._thread = None
        self._server.server_close()

    def _call(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        assert self._app is not None
        return self._app(environ, start_response)


def _bind(port: int, app: WSGIApplication) -> BaseWSGIServer:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError as exc:
        listener.close()
        if exc.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise LocalCloudError(
            f"Port {port} is in use by another program or not for us; stop that program or choose another port: "
            f"HEATERS_PORT={port + 1} make run"
        ) from exc
    listener.listen(128)
    with listener:  # the server works on a copy of the descriptor
        server = make_server(
            LOOPBACK, port, app, threaded=True, request_handler=_Handler, fd=listener.fileno()
        )
    server.daemon_threads = True  # type: ignore[attr-defined] # the threaded kind has it
    return server
