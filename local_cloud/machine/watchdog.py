"""Kills what is left when the local cloud's own process is gone, even by kill -9. Never starts anything.

Runs as a small process of its own, in its own session. Each child announces itself on standard input before it is
anything else (`+<process group> <signal number>`); the parent says when it has ended (`-<process group>`). The end of
the input means that the parent is gone.
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
