"""The program that fetches one video: an order in a JSON file in, JSON lines on standard output out.

yt-dlp runs thousands of rules over pages that anybody can write. Here it has no credentials, a cap on memory and
file size, and can be ended at any moment. Each line is one of `{"transfer"}`, `{"fetched"}`, `{"error"}`.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from heaters.domain import wire
from heaters.domain.errors import HeatersError
from heaters.media.download.fetch import FetchOrder, PartsUnavailable, Transfer, fetch_video

_REPORT_BYTES = 1 << 18


def main(order_path: str) -> None:
    """Fetch what the order at `order_path` asks for. A HeatersError is a line; any other exception a traceback."""
    lines = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever prints in between is log, not protocol
    reported = -_REPORT_BYTES

    def say(kind: str, value: Any, **more: Any) -> None:
        lines.write(json.dumps({kind: value, **more}) + "\n")

    def report(transfer: Transfer) -> None:
        nonlocal reported
        if transfer.fraction == 1 or transfer.done_bytes - reported >= _REPORT_BYTES:
            reported = transfer.done_bytes
            say("transfer", wire.to_json(transfer))

    order = wire.from_json(FetchOrder, json.loads(Path(order_path).read_text()))
    try:
        say("fetched", wire.to_json(fetch_video(order, on_progress=report)))
    except PartsUnavailable as exc:
        say("error", exc.reason.to_json(), parts_only=True)
    except HeatersError as exc:
        say("error", exc.to_json())


if __name__ == "__main__":
    main(sys.argv[1])
