"""The review API on Chalice's own local server, in a process of its own: a crash takes nothing else with it.

This module is both sides: `ApiServer` keeps the process running and forwards requests to it, and
`python -m local_cloud.web.api_server PORT_FILE` is the process.
"""

import http.client
import importlib
import json
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from werkzeug import Request, Response

from local_cloud.aws.front import Front
from local_cloud.machine.processes import Children, open_log
from local_cloud.machine.settings import LOOPBACK, REPOSITORY
from local_cloud.web.compression import compress

_START_DEADLINE_S = 30.0
_ANSWER_DEADLINE_S = 30.0  # API Gateway gives up after 29
_BACKLOG = (
    128  # Python's servers let 5 wait; when all pages ask again at once, others would wait a second or three
)
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "server", "date"})
_NOT_SENT_ON = _HOP_BY_HOP | {"content-length"}
"""The length is that of the body which is sent on, whatever the caller said."""
_REFUSALS = {
    403: (404, "NotFound", "There is no such route."),
    414: (414, "RequestTooLarge", "The address is too long."),
    501: (405, "MethodNotAllowed", "No route takes this method."),
}
"""What Chalice's local server refuses before the app sees it, in words of its own: status, code and message."""


class ApiServer:
    """Starts in the background; a request that comes before it is ready waits."""

    def __init__(
        self, *, environment: Mapping[str, str], front: Front, children: Children, log: Path, home: Path
    ) -> None:
        self._environment = environment
        self._compressed_from_bytes = front.compressed_from_bytes
        self._children = children
        self._log = log
        self._port_file = home / "api-port"
        self._closing = threading.Event()

    def start(self) -> None:
        self._port_file.unlink(missing_ok=True)
        threading.Thread(target=self._keep_running, name="api", daemon=True).start()

    def close(self) -> None:
        self._closing.set()

    def forward(self, request: Request, path: str) -> Response:
        """Send a request on as `path`; 502 or 504 where the process does not answer. Errors have the API's shape."""
        target = quote(path, safe="/")
        if request.query_string:
            target += "?" + quote(request.query_string, safe="!$&'()*+,;=:@/?%[]")
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _NOT_SENT_ON}
        connection = None
        try:
            connection = http.client.HTTPConnection(LOOPBACK, self._port(), timeout=_ANSWER_DEADLINE_S)
            connection.request(request.method, target, request.get_data(), headers)
            answer = connection.getresponse()
            body = answer.read()
        except TimeoutError:
            return _error(504, "ApiUnavailable", "The API took too long; try again.")
        except (OSError, http.client.HTTPException) as exc:
            return _error(502, "ApiUnavailable", f"The API does not answer ({exc}); see {self._log}.")
        finally:
            if connection:
                connection.close()
        if answer.status in _REFUSALS and not _has_our_shape(body):
            return _error(*_REFUSALS[answer.status])
        kept = [(k, v) for k, v in answer.getheaders() if k.lower() not in _HOP_BY_HOP]
        response = Response(body, status=answer.status, headers=kept)
        return compress(request, response, from_bytes=self._compressed_from_bytes)

    def _port(self) -> int:
        deadline_s = time.monotonic() + _START_DEADLINE_S
        while time.monotonic() < deadline_s and not self._closing.is_set():
            if self._port_file.exists():
                return int(self._port_file.read_text())
            time.sleep(0.05)
        raise ConnectionRefusedError("it did not start")

    def _keep_running(self) -> None:
        while not self._closing.is_set():
            with open_log(self._log) as log:
                try:
                    process = self._children.start(
                        [sys.executable, "-m", "local_cloud.web.api_server", str(self._port_file)],
                        env=self._environment,
                        log=log,
                    )
                except RuntimeError:
                    return
                self._children.wait(process)
            self._port_file.unlink(missing_ok=True)
            self._closing.wait(1)


def _has_our_shape(body: bytes) -> bool:
    try:
        return "error" in json.loads(body)
    except ValueError:
        return False


def _error(status: int, code: str, message: str) -> Response:
    body = {"error": {"code": code, "message": message, "details": {}}}
    return Response(json.dumps(body), status=status, content_type="application/json")


def main(port_file: Path) -> None:
    folder = REPOSITORY / "review_api"
    sys.path.insert(0, str(folder))
    from chalice.config import Config  # noqa: PLC0415 - only the process needs Chalice
    from chalice.local import create_local_server  # noqa: PLC0415

    app = importlib.import_module("app").app
    server = create_local_server(app, Config.create(project_dir=str(folder)), LOOPBACK, 0)
    server.server.socket.listen(_BACKLOG)
    making = port_file.with_suffix(".new")
    making.write_text(str(server.server.server_address[1]))
    making.rename(port_file)
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
