"""Nothing outlives the local cloud, and nothing that it left behind keeps the next one from starting."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from botocore.config import Config

from local_cloud.machine.settings import REPOSITORY
from tests.local_cloud.small_assembly import BUCKET, small_stack, write_assembly

Start = Callable[[], subprocess.Popen[str]]


@pytest.fixture(scope="module")
def home(folder: Path) -> Path:
    """As deep as some checkouts are: longer than the path of a Unix socket may be."""
    return folder / ("a-checkout-with-a-long-name-" * 4) / "home"


@pytest.fixture
def start(tmp_path: Path, home: Path) -> Iterator[Start]:
    assembly = write_assembly(tmp_path / "assembly", {"Small": small_stack(tmp_path / "notes")})
    program = REPOSITORY / "tests" / "local_cloud" / "programs" / "hold.py"
    started: list[subprocess.Popen[str]] = []

    def run() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(program), str(home), str(assembly)],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def client(line: str, service: str) -> Any:
    return boto3.client(
        service, endpoint_url=line.split(maxsplit=1)[0], region_name="us-east-1", aws_access_key_id="local",
        aws_secret_access_key="local", config=Config(retries={"total_max_attempts": 1}),
    )  # fmt: skip


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The process's living descendants: Postgres, functions, jobs, the API, the watchdog."""
    return psutil.Process(process.pid).children(recursive=True)


def busy(line: str, process: subprocess.Popen[str], wait_for: Any) -> list[psutil.Process]:
    """Every child of a cloud that has a warm function and a job at work."""
    client(line, "lambda").invoke(FunctionName="echo", Payload=b"{}")
    batch = client(line, "batch")
    batch.submit_job(
        jobName="long", jobQueue="q", jobDefinition="Small-Job",
        containerOverrides={"command": ["python", "-c", "import subprocess; subprocess.run(['sleep', '99'])"]},
    )  # fmt: skip
    wait_for(lambda: "sleep" in {p.name() for p in family(process)}, "the job's own child")
    return family(process)


def test_sigterm_leaves_no_process_behind(start: Start, wait_for: Any) -> None:
    process = start()
    children = busy(first_line(process), process, wait_for)
    assert {"postgres", "sleep"} <= {child.name() for child in children}
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive


def test_kill_9_leaves_no_process_behind_and_the_next_start_finds_every_object(
    start: Start, wait_for: Any
) -> None:
    process = start()
    line = first_line(process)
    client(line, "s3").put_object(Bucket=BUCKET, Key="kept", Body=b"kept")
    children = busy(line, process, wait_for)
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(children, timeout=15)
    assert not alive
    again = first_line(start())
    assert client(again, "s3").get_object(Bucket=BUCKET, Key="kept")["Body"].read() == b"kept"


def test_a_start_after_everything_was_killed_at_once_works(start: Start, home: Path, wait_for: Any) -> None:
    process = start()
    first_line(process)
    everything = [psutil.Process(process.pid), *family(process)]
    for end in (signal.SIGSTOP, signal.SIGKILL):
        for member in everything:
            with suppress(psutil.NoSuchProcess):  # one that had done its work since
                member.send_signal(end)
    psutil.wait_procs(everything, timeout=10)
    pid_file = home / "pg" / "postmaster.pid"
    lines = pid_file.read_text().splitlines(keepends=True)
    pid_file.write_text(
        f"{os.getpid()}\n" + "".join(lines[1:])
    )  # the number was given to somebody else since
    assert first_line(start()).startswith("http://127.0.0.1:")


def test_a_second_one_on_the_same_state_is_refused_with_the_way_out(start: Start) -> None:
    first_line(start())
    second = start()
    said = first_line(second)
    assert "running in this checkout already" in said
    assert "HEATERS_HOME" in said
    assert second.wait(10) == 1


_KILLED_AFTER_STARTING = """
import os, signal, subprocess, sys
from local_cloud.machine import processes

started = processes.subprocess.Popen

def start_and_die(argv, **options):
    child = started(argv, **options)
    if options.get("stderr") is not None:
        print(child.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    return child

processes.subprocess.Popen = start_and_die
processes.Children().start(["sleep", "99"], env=os.environ, log=subprocess.DEVNULL)
"""


def test_kill_9_right_after_a_child_was_started_leaves_it_no_time_to_stay(gone: Any, wait_for: Any) -> None:
    """The parent dies before its next instruction; the watchdog knows of the child all the same."""
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED_AFTER_STARTING],
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
        text=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    wait_for(lambda: gone(int(killed.stdout)), "the child to be ended", deadline_s=60)
