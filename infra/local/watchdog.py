"""Kills what is left when the local cloud's own process is gone, even by kill -9. Never starts anything.

Runs as a small process of its own, in its own session. It is told about each child on standard input, one line
each: `+<process group> <signal number>` when it starts and `-<process group>` when it has ended. The end of the
input means that the parent is gone.
"""

import os
import signal
import sys
from contextlib import suppress


def watch() -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    alive: dict[int, int] = {}
    for line in sys.stdin:
        if line.startswith("+"):
            group, number = line[1:].split()
            alive[int(group)] = int(number)
        else:
            alive.pop(int(line[1:]), None)
    for group, number in alive.items():
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


if __name__ == "__main__":
    watch()
