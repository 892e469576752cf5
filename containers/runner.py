"""The shell around every heavy stage: job in, work, result out, as a Batch process or as a Lambda.

A stage's program is one function `(Work) -> result`. It gets its job, the store, a private folder and a way to
report progress; it never sees the environment, the event or the exit code.
"""

import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import boto3
from aws_lambda_powertools import Logger

from heaters.domain import wire
from heaters.domain.errors import HeatersError, TransientError, WorkerLost
from heaters.domain.jobs import Job
from heaters.domain.pipeline import STAGE
from heaters.domain.results import Result, Usage
from heaters.domain.stage import Stage, ids_of_job
from heaters.s3.store import MediaStore

EXIT_PERMANENT = 65
"""sysexits.h EX_DATAERR: the job definition's retry rules end the job."""

EXIT_TRANSIENT = 75
"""sysexits.h EX_TEMPFAIL: the job definition's retry rules start the job again."""

PROGRESS_INTERVAL_S = 2.0

J = TypeVar("J", bound=Job)
logger = Logger(service="heaters")


@dataclass(frozen=True, kw_only=True)
class Work(Generic[J]):
    """What a stage's program gets. `folder` is empty, private and removed afterwards."""

    job: J
    store: MediaStore
    folder: Path
    report: Callable[..., None]
    """`report(fraction, eta_s=None, speed=None)`; call it as often as you like."""


Program = Callable[[Work[Any]], Result]


def run_as_batch_job(stage_name: str, program: Program) -> None:
    """Take the job from HEATERS_JOB, leave the result (or the error beside it) in S3, exit with a telling code."""
    stage = STAGE[stage_name]
    job = wire.from_json(stage.job, json.loads(os.environ["HEATERS_JOB"]))
    store = MediaStore(bucket=os.environ["HEATERS_BUCKET"])
    error_key = stage.error_key(ids_of_job(job))
    try:
        store.delete([error_key])
        _run(stage, program, job, store, on_batch=True)
    except HeatersError as exc:
        logger.error("stage failed", stage=stage_name, video_id=job.video_id, failure=exc.to_json())
        store.write_json(error_key, exc.to_json() | _whose())
        sys.exit(EXIT_TRANSIENT if isinstance(exc, TransientError) else EXIT_PERMANENT)
    except Exception as exc:
        logger.exception("stage crashed", stage=stage_name, video_id=job.video_id)
        lost = WorkerLost(f"{stage.title} crashed on video {job.video_id}: {exc}; see its log, then redrive.")
        store.write_json(error_key, lost.to_json() | _whose())
        raise


def _whose() -> dict[str, str]:
    """The Batch job that leaves an error; a later one may end before it can clear that away."""
    job_id = os.environ.get("AWS_BATCH_JOB_ID")
    return {"job_id": job_id} if job_id else {}


def run_as_lambda(stage_name: str, program: Program, event: dict[str, Any]) -> dict[str, str]:
    """Do the job in `event`; returns `{"result_key"}`. A HeatersError reaches Step Functions under its own name."""
    stage = STAGE[stage_name]
    job = wire.from_json(stage.job, event)
    _run(stage, program, job, MediaStore(bucket=os.environ["HEATERS_BUCKET"]), on_batch=False)
    return {"result_key": _result_key(stage, job)}


def _run(stage: Stage, program: Program, job: Any, store: MediaStore, *, on_batch: bool) -> None:
    clip_id = getattr(job, "clip_id", None)
    logger.append_keys(stage=stage.name, video_id=job.video_id, clip_id=clip_id)
    started, cpu_before = time.monotonic(), _cpu_s()
    with _private_folder(stage.name) as folder:
        report = _progress_reporter(stage.name, job.video_id)
        result = program(Work(job=job, store=store, folder=folder, report=report))
    usage = Usage(
        compute_s=round(_cpu_s() - cpu_before, 3),
        wall_s=round(time.monotonic() - started, 3),
        read_bytes=store.traffic.read_bytes,
        written_bytes=store.traffic.written_bytes,
        requests=store.traffic.requests + 1,
        on_batch=on_batch,
    )
    store.write_json(_result_key(stage, job), wire.to_json(replace(result, usage=usage)))
    logger.info("stage done", wall_s=usage.wall_s, compute_s=usage.compute_s)


def _result_key(stage: Stage, job: Job) -> str:
    return stage.result_key(ids_of_job(job))


def _cpu_s() -> float:
    times = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(t.ru_utime + t.ru_stime for t in times)


@contextmanager
def _private_folder(stage_name: str) -> Iterator[Path]:
    base = Path(os.environ.get("HEATERS_WORK_DIR") or tempfile.gettempdir())
    base.mkdir(parents=True, exist_ok=True)
    for left_over in base.glob("heaters-*-pid*-*"):
        pid = left_over.name.split("-pid")[1].split("-")[0]
        if not Path(f"/proc/{pid}").exists():
            shutil.rmtree(left_over, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"heaters-{stage_name}-pid{os.getpid()}-", dir=base) as name:
        yield Path(name)


def _progress_reporter(stage_name: str, video_id: str) -> Callable[..., None]:
    bus = os.environ.get("HEATERS_EVENT_BUS")
    if not bus:
        return lambda *_args, **_kwargs: None
    client = boto3.client("events")
    last_s = float("-inf")

    def report(fraction: float, eta_s: float | None = None, speed: float | None = None) -> None:
        nonlocal last_s
        if time.monotonic() - last_s < PROGRESS_INTERVAL_S:
            return
        last_s = time.monotonic()
        detail = {
            "video_id": video_id, "stage": stage_name, "fraction": round(min(max(fraction, 0), 1), 4),
            "eta_s": eta_s, "speed": speed,
        }  # fmt: skip
        entry = {
            "Source": "heaters.pipeline", "DetailType": "Stage progress",
            "Detail": json.dumps(detail), "EventBusName": bus,
        }  # fmt: skip
        try:
            client.put_events(Entries=[entry])
        except Exception:  # noqa: BLE001 - progress is a courtesy; work goes on without it
            logger.warning("progress event lost", fraction=fraction)

    return report
