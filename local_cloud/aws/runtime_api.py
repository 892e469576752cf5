"""One Lambda sandbox: an `awslambdaric` process and the Runtime API it talks to, on a loopback port of its own.

Knows one process and one invocation at a time. Which sandbox serves which call is decided in lambdas.py.
"""

import json
import queue
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from local_cloud.machine.processes import Children, open_log
from local_cloud.machine.settings import LOOPBACK

INIT_ALLOWANCE_S = 60.0
"""For importing on a busy machine, before the function's own timeout counts."""


@dataclass(frozen=True, kw_only=True)
class FunctionSpec:
    """A function as its template describes it; `handler` is `module.attribute`."""

    name: str
    arn: str
    handler: str
    environment: Mapping[str, str]
    timeout_s: int
    memory_mib: int


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """What an invocation gave: JSON, and whether it is an error (`Unhandled`) as Lambda reports it."""

    payload: bytes
    function_error: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Event:
    kind: str  # taken | response | error | init_error | exit
    body: bytes = b""
    code: int = 0


def failed(error_type: str, message: str) -> Invocation:
    body = json.dumps({"errorType": error_type, "errorMessage": message}).encode()
    return Invocation(payload=body, function_error="Unhandled")


class Sandbox:
    """A warm process of one function. After `alive` is False it takes nothing more."""

    def __init__(
        self, *, spec: FunctionSpec, environment: Mapping[str, str], children: Children, log: Path
    ) -> None:
        self.spec = spec
        self.alive = True
        self.idle_since_s = time.monotonic()
        self._children = children
        self._calls: queue.Queue[tuple[str, bytes] | None] = queue.Queue()
        self._events: queue.Queue[_Event] = queue.Queue()
        self._server = _serve_runtime_api(self)
        self._log = open_log(log)
        self._process = children.start(
            [sys.executable, "-m", "awslambdaric", spec.handler],
            env={**environment, **_lambda_environment(spec, self._server.server_address[1])},
            log=self._log,
        )
        threading.Thread(target=self._watch_exit, name=f"exit-{spec.name}", daemon=True).start()

    def invoke(self, payload: bytes) -> Invocation:
        """Run one event. A timeout or a crash ends the process, as on AWS."""
        request_id = str(uuid.uuid4())
        started_s = time.monotonic()
        self._note(f"START RequestId: {request_id}")
        self._calls.put((request_id, payload))
        outcome = self._await_outcome(request_id, started_s)
        self._note(f"REPORT RequestId: {request_id} Duration: {(time.monotonic() - started_s) * 1000:.0f} ms")
        self.idle_since_s = time.monotonic()
        return outcome

    def close(self) -> None:
        self.alive = False
        self._calls.put(None)
        self._children.stop(self._process)
        threading.Thread(target=_end, args=(self._server,), daemon=True).start()
        self._log.close()

    def _await_outcome(self, request_id: str, started_s: float) -> Invocation:
        deadline_s = started_s + INIT_ALLOWANCE_S + self.spec.timeout_s
        while True:
            try:
                event = self._events.get(timeout=max(0.0, deadline_s - time.monotonic()))
            except queue.Empty:
                self._note(f"{request_id} Task timed out after {self.spec.timeout_s:.2f} seconds")
                self.close()
                text = (
                    f"RequestId: {request_id} Error: Task timed out after {self.spec.timeout_s:.2f} seconds"
                )
                return failed("Sandbox.Timedout", text)
            if event.kind == "taken":
                deadline_s = time.monotonic() + self.spec.timeout_s
                continue
            if event.kind == "response":
                return Invocation(payload=event.body)
            if event.kind == "error":
                return Invocation(payload=event.body, function_error="Unhandled")
            self.close()
            if event.kind == "init_error":
                return Invocation(payload=event.body, function_error="Unhandled")
            how = f"signal: {-event.code}" if event.code < 0 else f"exit status {event.code}"
            return failed(
                "Runtime.ExitError", f"RequestId: {request_id} Error: Runtime exited with error: {how}"
            )

    def _watch_exit(self) -> None:
        code = self._children.wait(self._process)
        self.alive = False
        self._events.put(_Event(kind="exit", code=code))

    def _note(self, line: str) -> None:
        if not self._log.closed:
            self._log.write(f"{line}\n".encode())

    def take_call(self) -> tuple[str, bytes] | None:
        """The Runtime API's `next`: waits until there is a call; None when the sandbox closes."""
        call = self._calls.get()
        if call is not None:
            self._events.put(_Event(kind="taken"))
        return call

    def report(self, kind: str, body: bytes) -> None:
        """The Runtime API's answers: `response`, `error` or `init_error`."""
        self._events.put(_Event(kind=kind, body=body))


def _lambda_environment(spec: FunctionSpec, port: int) -> dict[str, str]:
    return {
        "AWS_LAMBDA_RUNTIME_API": f"{LOOPBACK}:{port}",
        "AWS_LAMBDA_FUNCTION_NAME": spec.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_mib),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{spec.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        "_HANDLER": spec.handler,
    }


def _serve_runtime_api(sandbox: Sandbox) -> ThreadingHTTPServer:
    server = _RuntimeServer((LOOPBACK, 0), _RuntimeHandler)
    server.sandbox = sandbox
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 5}, daemon=True).start()
    return server


def _end(server: ThreadingHTTPServer) -> None:
    server.shutdown()  # waits for the server's next look around
    server.server_close()


class _RuntimeServer(ThreadingHTTPServer):
    daemon_threads = True
    sandbox: Sandbox

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A killed process breaks its connection; that is reported through its exit."""


class _RuntimeHandler(BaseHTTPRequestHandler):
    """The Lambda Runtime API, version 2018-06-01: next, response, error, init/error."""

    protocol_version = "HTTP/1.1"
    server: _RuntimeServer

    def do_GET(self) -> None:
        sandbox = self.server.sandbox
        call = sandbox.take_call()
        if call is None:
            self._answer(410, b"")
            return
        request_id, payload = call
        deadline_ms = int((time.time() + sandbox.spec.timeout_s) * 1000)
        self._answer(
            200,
            payload,
            {
                "Lambda-Runtime-Aws-Request-Id": request_id,
                "Lambda-Runtime-Deadline-Ms": str(deadline_ms),
                "Lambda-Runtime-Invoked-Function-Arn": sandbox.spec.arn,
            },
        )

    def do_POST(self) -> None:
        body = self._read_body()
        self._answer(202, b'{"status":"OK"}')
        last = self.path.rsplit("/", 1)[-1]
        self.server.sandbox.report("init_error" if self.path.endswith("/init/error") else last, body)

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        # The runtime's native client crashes on an answer without a content type.
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the function's own log says enough."""
