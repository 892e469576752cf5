"""A foreign program runs inside limits and never outlives the one who started it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from heaters.domain.errors import SourceTooLarge, StageTimeout, WorkerLost
from heaters.media.untrusted.process import Limits, open_side_channel, run_limited
from tests.waiting import wait_until

REPOSITORY = Path(__file__).resolve().parents[3]


def start(folder: Path, script: str, *, limits: Limits | None = None, **more: Any) -> tuple[int, bytes]:
    heard = bytearray()
    code = run_limited(
        ["sh", "-c", script], folder=folder, limits=limits or Limits(timeout_s=20),
        on_stdout=heard.extend, on_stderr=heard.extend, **more,
    )  # fmt: skip
    return code, bytes(heard)


def is_running(marker: str) -> bool:
    """Whether a process has `marker` in its command line; its own zombie has none."""
    found = (p.read_bytes() for p in Path("/proc").glob("[0-9]*/cmdline") if p.exists())
    return any(marker.encode() in line and b"sleep" in line for line in found)


def wait_until_gone(marker: str) -> bool:
    return wait_until(lambda: not is_running(marker), f"{marker} to be gone", deadline_s=10)


def test_a_child_sees_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-for-children")
    monkeypatch.setenv("HEATERS_DATABASE_URL", "not-for-children")
    code, heard = start(tmp_path, "env")
    assert code == 0
    assert b"not-for-children" not in heard


def test_the_exit_code_and_both_outputs_come_back(tmp_path: Path) -> None:
    code, heard = start(tmp_path, "echo out; echo err >&2; exit 7")
    assert code == 7
    assert b"out" in heard
    assert b"err" in heard


def test_a_child_that_hangs_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(StageTimeout, match=r"did not finish within 0 s"):
        start(tmp_path, "exec sleep 4711.1", limits=Limits(timeout_s=0.2))
    assert wait_until_gone("4711.1")


def test_a_child_that_never_stops_talking_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(StageTimeout):
        start(tmp_path, "exec yes", limits=Limits(timeout_s=0.3))


def test_a_file_that_outgrows_its_limit_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(SourceTooLarge, match="larger than 1,000 bytes"):
        start(tmp_path, "exec head -c 5000 /dev/zero > big", limits=Limits(file_bytes=1000, timeout_s=20))
    assert (tmp_path / "big").stat().st_size <= 1000


def test_a_child_cannot_take_more_memory_than_allowed(tmp_path: Path) -> None:
    grab = f"exec {sys.executable} -c 'bytearray(2 << 30)'"
    code, heard = start(tmp_path, grab, limits=Limits(memory_bytes=1 << 30, timeout_s=20))
    assert code != 0
    assert b"MemoryError" in heard


def test_a_reader_that_fails_takes_the_child_with_it(tmp_path: Path) -> None:
    def refuse(_data: bytes) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_limited(
            ["sh", "-c", "echo x; exec sleep 4711.2"], folder=tmp_path, limits=Limits(timeout_s=20),
            on_stdout=refuse, on_stderr=refuse,
        )  # fmt: skip
    assert wait_until_gone("4711.2")


def test_a_child_dies_with_its_parent(tmp_path: Path) -> None:
    """Even when the parent is killed outright and can clean nothing up."""
    program = (
        "from pathlib import Path; from heaters.media.untrusted.process import Limits, run_limited\n"
        "run_limited(['sh', '-c', 'echo up; exec sleep 4711.3'], folder=Path('.'), limits=Limits(),"
        " on_stdout=lambda data: print(data.decode(), flush=True), on_stderr=print)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=REPOSITORY, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"up\n"
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert wait_until_gone("4711.3")


def test_a_side_channel_carries_bytes_beside_the_standard_pipes(tmp_path: Path) -> None:
    heard = bytearray()
    with open_side_channel(heard.extend) as channel:
        script = f"echo aside > /proc/self/fd/{channel.write_fd}; echo out"
        code, said = start(tmp_path, script, side_channels=[channel])
    assert (code, bytes(heard), said) == (0, b"aside\n", b"out\n")


def test_a_slow_reader_slows_the_child_down(tmp_path: Path) -> None:
    """All 8 MiB arrive although the pipe holds one at most."""
    sizes: list[int] = []
    run_limited(
        ["head", "-c", str(8 << 20), "/dev/zero"], folder=tmp_path, limits=Limits(timeout_s=20),
        on_stdout=lambda data: sizes.append(len(data)), on_stderr=print,
    )  # fmt: skip
    assert sum(sizes) == 8 << 20
    assert max(sizes) <= 1 << 20


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkerLost, match="no-such-program"):
        run_limited(
            ["no-such-program"],
            folder=tmp_path,
            limits=Limits(timeout_s=20),
            on_stdout=print,
            on_stderr=print,
        )


def test_a_child_that_fills_more_memory_than_it_may_is_stopped(tmp_path: Path) -> None:
    fill = f'exec {sys.executable} -c "import time; held = bytes(1) * 300_000_000; time.sleep(20)"'
    with pytest.raises(SourceTooLarge, match="more than 100 MiB of memory"):
        start(tmp_path, fill, limits=Limits(timeout_s=20, resident_bytes=100 * 1024**2))
