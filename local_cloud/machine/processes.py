"""Child processes that never outlive the local cloud: each in a process group of its own, all known to a watchdog.

Start and stop only; what a child does and what its exit means is the caller's business.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from local_cloud.machine.settings import REPOSITORY

Process = subprocess.Popen[bytes]

_LARGE_LOG_BYTES = 20_000_000

_REGISTER = '(echo "+$$ $0") >&0 2>/dev/null; exec "$@" </dev/null'
"""What each child does first: tell the watchdog, whose pipe it finds at 0, its own group and its last signal. Told by
the parent, a child would be unknown if the parent were killed right after it started it."""


class Children:
    """The children of one local cloud. `close` ends all of them; so does the death of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._alive: dict[int, Process] = {}
        self._closed = False
        self._watchdog = subprocess.Popen(
            [sys.executable, "-E", "-S", str(Path(__file__).with_name("watchdog.py"))],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def start(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        log: IO[bytes] | int,
        last_signal: signal.Signals = signal.SIGKILL,
        cwd: Path | None = None,
        account: pwd.struct_passwd | None = None,
    ) -> Process:
        """Run `argv` with exactly `env`, its output in `log`; `last_signal` is what the watchdog would send.

        In the repository and as whoever runs this, unless another folder or account is given.

        Raises FileNotFoundError for a program that is not there.
        """
        if shutil.which(argv[0], path=env.get("PATH", os.defpath)) is None:
            raise FileNotFoundError(f"There is no program {argv[0]}.")
        with self._lock:
            if self._closed:
                raise RuntimeError("The local cloud is stopping; it starts no more processes.")
            process = subprocess.Popen(
                ["/bin/sh", "-c", _REGISTER, str(int(last_signal)), *argv],
                env=dict(env),
                stdin=self._watchdog.stdin,
                stdout=log,
                stderr=subprocess.STDOUT if log != subprocess.DEVNULL else log,
                cwd=cwd or REPOSITORY,
                start_new_session=True,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )
            self._alive[process.pid] = process
        return process

    def wait(self, process: Process) -> int:
        """The exit code, after killing whatever the process left behind in its group.

        The process is awaited without reaping it first: its number cannot be given to another one meanwhile.
        """
        if process.returncode is None and hasattr(os, "waitid"):
            with suppress(ChildProcessError):
                os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            self._signal(process, signal.SIGKILL)
        code = process.wait()
        self._forget(process)
        return code

    def stop(self, process: Process, *, first: signal.Signals = signal.SIGKILL, grace_s: float = 0) -> None:
        """Signal the whole group; after `grace_s` kill it. Returns when the process has ended."""
        if process.poll() is None:
            self._signal(process, first)
            if first is not signal.SIGKILL:
                try:
                    process.wait(grace_s)
                except subprocess.TimeoutExpired:
                    self._signal(process, signal.SIGKILL)
            process.wait()
        self._forget(process)

    def close(self) -> None:
        """End every child: ask all of them at once, then kill who stays."""
        with self._lock:
            self._closed = True
            alive = list(self._alive.values())
        for process in alive:
            self.stop(process)
        if self._watchdog.stdin:
            with suppress(BrokenPipeError):
                self._watchdog.stdin.close()
        self._watchdog.wait()

    def count(self) -> int:
        with self._lock:
            return len(self._alive)

    def _signal(self, process: Process, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)

    def _forget(self, process: Process) -> None:
        with self._lock:
            if (
                self._alive.pop(process.pid, None)
                and self._watchdog.stdin
                and not self._watchdog.stdin.closed
            ):
                with suppress(BrokenPipeError):
                    self._watchdog.stdin.write(f"-{process.pid}\n".encode())
                    self._watchdog.stdin.flush()


def open_log(path: Path) -> IO[bytes]:
    """`path` for appending, its folder made. One that has grown large is put aside, in place of the one before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > _LARGE_LOG_BYTES:
        path.replace(path.with_suffix(".old.log"))
    return path.open("ab", buffering=0)
