"""Run the fetch program on one order, inside limits, and hear what it says. Never touches the network itself."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import heaters
from heaters.domain import wire
from heaters.domain.errors import SourceUnavailable, StageTimeout, WorkerLost, error_from_json
from heaters.media.download.fetch import Fetched, FetchOrder, PartsUnavailable, Transfer
from heaters.media.untrusted.lines import LineReader
from heaters.media.untrusted.process import Limits, run_limited

_CODE = Path(heaters.__path__[0]).parent
_MEMORY_BYTES = 3 * 1024**3
_LOG_BYTES = 64 * 1024
_SLACK_BYTES = 1 << 20  # the fetch program itself ends at the cap, and says so; this is for when it does not


def run_fetch(order: FetchOrder, *, timeout_s: float, on_progress: Callable[[Transfer], None]) -> Fetched:
    """As `fetch_video`, in a process without credentials, with caps on memory, file size and time.

    Raises what `fetch_video` raises; StageTimeout, and WorkerLost if the process was killed.
    """
    written = Path(order.folder) / "order.json"
    written.touch(mode=0o600)
    written.write_text(json.dumps(wire.to_json(order)))
    heard = _Listener(on_progress)
    log = bytearray()

    def keep_end(data: bytes) -> None:
        log.extend(data)
        del log[:-_LOG_BYTES]

    try:
        code = run_limited(
            [sys.executable, "-m", "heaters.media.download.fetch_program", str(written)],
            folder=_CODE,
            limits=Limits(
                memory_bytes=_MEMORY_BYTES, file_bytes=order.max_bytes + _SLACK_BYTES, timeout_s=timeout_s
            ),
            on_stdout=LineReader(heard),
            on_stderr=keep_end,
        )
    except StageTimeout as exc:
        raise StageTimeout(
            f"{order.url} did not arrive within {timeout_s:.1f} s; it is tried again."
        ) from exc
    finally:
        written.unlink()
    return heard.outcome(order.url, code=code, last_line=_last_line(log))


class _Listener:
    """Hears the program line by line; the last line that is no progress decides."""

    def __init__(self, on_progress: Callable[[Transfer], None]) -> None:
        self._on_progress = on_progress
        self._answer: dict[str, Any] = {}

    def __call__(self, line: bytes) -> None:
        said = json.loads(line)
        if "transfer" in said:
            self._on_progress(wire.from_json(Transfer, said["transfer"]))
        else:
            self._answer = said

    def outcome(self, url: str, *, code: int, last_line: str) -> Fetched:
        if fetched := self._answer.get("fetched"):
            return wire.from_json(Fetched, fetched)
        if error := self._answer.get("error"):
            reason = error_from_json(error)
            raise PartsUnavailable(reason) if self._answer.get("parts_only") else reason
        if code < 0 or code > 128:
            raise WorkerLost(f"Fetching {url} was killed (exit code {code}); it is tried again.")
        raise SourceUnavailable(
            f"{url} cannot be read: its page broke the downloader ({last_line}). Upload the file."
        )


def _last_line(log: bytearray) -> str:
    lines = log.decode("utf-8", errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else "it said nothing"
