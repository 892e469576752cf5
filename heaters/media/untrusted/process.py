"""Run one foreign program on untrusted input, inside limits.

The child gets a fixed environment (no credentials), caps on memory, file size and time, and dies with its parent
even if that is killed. All its pipes are read in one loop, without threads, so a slow reader slows the child down
instead of filling memory. Never starts a shell.
"""

import fcntl
import os
import selectors
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from heaters.domain.errors import SourceTooLarge, StageTimeout, WorkerLost

ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
"""All that a child sees: no AWS_*, no database, no LD_PRELOAD."""

_READ_BYTES = 1 << 20
_PIPE_BYTES = 1 << 20  # the largest pipe that an unprivileged Linux process may ask for
_LOOK_EVERY_S = 0.25
_SIGXFSZ_CODES = (-25, 128 + 25)
_NOT_STARTED_CODES = (126, 127)  # from prlimit, when it cannot execute the program


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Caps on one child: address space, memory it really uses, size of any single file it writes, and wall clock.

    The kernel refuses address space at once. What is really used is looked at four times a second, and not at all
    where `resident_bytes` is None.
    """

    memory_bytes: int = 8 * 1024**3
    resident_bytes: int | None = None
    file_bytes: int = 500 * 1024**3
    timeout_s: float = 12 * 3600


Reader = Callable[[bytes], None]
"""Gets what a child wrote, in order, in pieces of any size."""


class SideChannel:
    """A pipe beyond the standard ones: a child writes to file descriptor `write_fd`, `read` gets the bytes."""

    def __init__(self, read: Reader) -> None:
        self.read = read
        self.read_fd, self.write_fd = os.pipe()
        self._open = {self.read_fd, self.write_fd}

    def close_write(self) -> None:
        """Leave writing to the child, so that its end is the pipe's end."""
        self._close(self.write_fd)

    def close(self) -> None:
        self._close(self.write_fd)
        self._close(self.read_fd)

    def _close(self, fd: int) -> None:
        """Close `fd` once only: its number may already be somebody else's file."""
        if fd in self._open:
            self._open.discard(fd)
            os.close(fd)


@contextmanager
def open_side_channel(read: Reader) -> Iterator[SideChannel]:
    """A pipe that a child can be told of by number. Closed at the end, whatever happened."""
    channel = SideChannel(read)
    try:
        yield channel
    finally:
        channel.close()


def run_limited(
    argv: Sequence[str],
    *,
    folder: Path,
    limits: Limits,
    on_stdout: Reader,
    on_stderr: Reader,
    side_channels: Sequence[SideChannel] = (),
) -> int:
    """Run `argv` in `folder` and return its exit code, once it has ended and every pipe is read to the end.

    Raises StageTimeout after `limits.timeout_s`, SourceTooLarge when a file outgrew `limits.file_bytes` or the child
    `limits.resident_bytes`, WorkerLost when the program is not installed. An exception from a reader kills the child
    and goes on to the caller.
    """
    pass_fds = [channel.write_fd for channel in side_channels]
    child = _start(_wrapped(argv, limits), folder=folder, pass_fds=pass_fds)
    try:
        readers = {child.stdout.fileno(): on_stdout, child.stderr.fileno(): on_stderr}  # type: ignore[union-attr]  # both are PIPE
        for channel in side_channels:
            channel.close_write()
            readers[channel.read_fd] = channel.read
        deadline = time.monotonic() + limits.timeout_s
        _pump(readers, deadline, _MemoryWatch(pid=child.pid, limits=limits))
        code = child.wait(timeout=max(deadline - time.monotonic(), 0.1))
    except (TimeoutError, subprocess.TimeoutExpired) as exc:
        raise StageTimeout(
            f"{Path(argv[0]).name} did not finish within {limits.timeout_s:.0f} s and was stopped."
        ) from exc
    finally:
        child.kill()
        child.wait()
        for stream in (child.stdout, child.stderr):
            if stream:
                stream.close()
    _refuse_code(code, argv[0], limits)
    return code


def _refuse_code(code: int, program: str, limits: Limits) -> None:
    """Raise what an exit code says of the child's surroundings; any other code is the program's own."""
    if code in _NOT_STARTED_CODES:
        raise WorkerLost(f"{program} could not be started; install it in this image.")
    if code in _SIGXFSZ_CODES:
        raise SourceTooLarge(
            f"{Path(program).name} wrote a file larger than {limits.file_bytes:,} bytes; split the source and "
            "upload the parts.",
        )


def _wrapped(argv: Sequence[str], limits: Limits) -> list[str]:
    """util-linux sets the limits between fork and exec, where Python code would not be safe."""
    return [
        "setpriv", "--pdeathsig", "KILL",
        "prlimit", f"--as={limits.memory_bytes}", f"--fsize={limits.file_bytes}", "--core=0",
        *argv,
    ]  # fmt: skip


def _start(argv: Sequence[str], *, folder: Path, pass_fds: Sequence[int]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            argv, cwd=folder, env=ENVIRONMENT, pass_fds=pass_fds,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
    except FileNotFoundError as exc:
        raise WorkerLost(f"{exc.filename} is missing; install util-linux and ffmpeg in this image.") from exc


@dataclass(kw_only=True)
class _MemoryWatch:
    """Looks now and then at how much memory the child uses. Raises SourceTooLarge when it is too much."""

    pid: int
    limits: Limits
    _next_s: float = 0.0

    def look(self) -> None:
        most = self.limits.resident_bytes
        if most is None or time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + _LOOK_EVERY_S
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])  # proc(5): resident, in pages
        if pages * os.sysconf("SC_PAGE_SIZE") > most:
            raise SourceTooLarge(
                f"This file needs more than {most / 1024**2:,.0f} MiB of memory; scale it down and upload it again."
            )


def _pump(readers: dict[int, Reader], deadline: float, watch: _MemoryWatch) -> None:
    """Feed each reader from its descriptor until all are at their end. Raises TimeoutError at the deadline."""
    with selectors.DefaultSelector() as waiting:
        for fd in readers:
            _widen(fd)
            waiting.register(fd, selectors.EVENT_READ)
        while waiting.get_map():
            ready = waiting.select(timeout=min(max(deadline - time.monotonic(), 0), _LOOK_EVERY_S))
            watch.look()
            if time.monotonic() >= deadline:
                raise TimeoutError
            for key, _ in ready:
                if data := os.read(key.fd, _READ_BYTES):
                    readers[key.fd](data)
                else:
                    waiting.unregister(key.fd)


def _widen(fd: int) -> None:
    """Fewer, larger reads; the kernel may refuse, and then the pipe works as it is."""
    try:
        fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    except OSError:
        return
