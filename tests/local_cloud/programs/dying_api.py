"""The review API in a process that is killed as it would tell Step Functions to go on: `dying_api PATH BODY`."""

import importlib
import os
import signal
import sys
from typing import Any

from tests.api.api_client import Api, load_app


def main(path: str, body: str) -> None:
    app = load_app()

    def die(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    importlib.import_module("chalicelib.resumption").resume_gate = die  # type: ignore[attr-defined] # a module
    Api(app, "ann").call("POST", path, body.encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
