"""Stands in for the executions of a review load: where the API sends its task tokens, and the waves that follow.

Each token that is answered is an execution that goes on: it waits for the undo window, claims its wave, works through
it (by SQL, in an instant), archives, and waits at a new gate; by the catalog's own functions where there are any.
"""

import json
import threading
import time
import uuid
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any

from bench.review.catalog import ATTEMPT
from heaters.catalog.clips import archive_decided_clips, is_more_to_review
from heaters.catalog.connection import Catalog, CatalogSettings, Connection
from heaters.catalog.review.gate_endings import close_gate
from heaters.catalog.review.gates import open_gate
from heaters.catalog.videos import lock_video
from heaters.catalog.waves import claim_wave, finish_waves
from heaters.domain.settings import RELEASE_SIZE
from heaters.domain.states import GateState

_STEPS = ("exporting", "exported", "keyframing", "keyframed", "embedding", "embedded")


class Executions:
    """Step Functions on a loopback port, as far as the API needs it; `url` is where it answers."""

    def __init__(self, *, database_url: str, undo_window_s: int) -> None:
        self.answered: deque[str] = deque()
        self.claimed = 0
        self._going_on: deque[tuple[float, str]] = deque()
        self._undo_window_s = undo_window_s
        self._catalog = Catalog(CatalogSettings(conninfo=database_url))
        self._stopping = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in (self._server.serve_forever, self._go_on)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._stopping.set()
        self._server.shutdown()
        for thread in self._threads:
            thread.join()
        self._server.server_close()
        self._catalog.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        executions = self

        class Answer(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if "taskToken" in body:
                    executions.answered.append(body["taskToken"])
                    executions._going_on.append((time.monotonic(), body["taskToken"]))
                self.send_response(200)
                self.send_header("Content-Type", "application/x-amz-json-1.0")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        return Answer

    def _go_on(self) -> None:
        while not self._stopping.wait(0.05):
            while self._going_on and time.monotonic() - self._going_on[0][0] > self._undo_window_s:
                _, token = self._going_on.popleft()
                self._run_wave(token.removeprefix("token-").rsplit("-", 1)[0], token)

    def _run_wave(self, video_id: str, token: str) -> None:
        with self._catalog.transaction() as connection:
            lock_video(connection, video_id)
            wave_id = claim_wave(
                connection,
                video_id=video_id,
                new_wave_id=str(uuid.uuid4()),
                undo_window_s=self._undo_window_s,
            )
        if wave_id:
            self.claimed += self._work_through(wave_id)
        with self._catalog.transaction() as connection:
            lock_video(connection, video_id)
            archive_decided_clips(connection, video_id=video_id, undo_window_s=self._undo_window_s)
            finish_waves(connection, video_id)
            more = is_more_to_review(connection, video_id)
        if more:
            self._wait_again(video_id, token)

    def _work_through(self, wave_id: str) -> int:
        count = 0
        for before, after in pairwise(_STEPS):
            with self._catalog.transaction() as connection:
                count = _advance(connection, wave_id, before, after)
        return count

    def _wait_again(self, video_id: str, token: str) -> None:
        stem, number = token.rsplit("-", 1)
        with self._catalog.transaction() as connection:
            gate = open_gate(
                connection,
                video_id=video_id,
                attempt=ATTEMPT,
                token=f"{stem}-{int(number) + 1}",
                release_size=RELEASE_SIZE,
            )
        if gate.state is GateState.RELEASED:
            with self._catalog.transaction() as connection:
                close_gate(connection, gate_id=gate.gate_id, state=GateState.RESUMED)
            self.answered.append(gate.token)
            self._going_on.append((time.monotonic(), gate.token))


def _advance(connection: Connection, wave_id: str, before: str, after: str) -> int:
    return connection.execute(
        "UPDATE clips SET state = %(after)s WHERE wave_id = %(wave_id)s AND state = %(before)s",
        {"wave_id": wave_id, "before": before, "after": after},
    ).rowcount
