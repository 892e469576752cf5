"""What the shell around every stage does before, during and after it."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from containers import runner
from containers.media.master import archive_master
from containers.media.proxy import make_proxy_of_source
from containers.runner import PROGRESS_INTERVAL_S, Work, run_as_lambda
from heaters.domain import wire
from heaters.domain.errors import NotEnoughDisk, TransientError
from heaters.domain.jobs import DetectJob, DetectSettings, MasterJob, ObjectRef, ProxyJob
from heaters.domain.results import DetectResult
from heaters.media.untrusted.ffmpeg import run_ffmpeg
from heaters.media.untrusted.free_disk import check_free_disk, estimate_master_bytes, estimate_proxy_bytes
from heaters.s3.store import MediaStore
from tests.fixtures.buckets import BUCKET

JOB = DetectJob(video_id="video", scores_key="scores", settings=DetectSettings())
SOURCE = ObjectRef(key="uploads/film.mp4")
NOTHING = DetectResult(cuts=(), frame_count=0, settings=DetectSettings())


@pytest.fixture
def bucket(s3_client: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    monkeypatch.setenv("HEATERS_WORK_DIR", str(tmp_path / "work"))
    return BUCKET


def run(program: Callable[[Work[DetectJob]], DetectResult]) -> None:
    run_as_lambda("detect_scenes", program, wire.to_json(JOB))


def ended_pid() -> int:
    child = subprocess.Popen(["true"])
    child.wait()
    return child.pid


@pytest.mark.usefixtures("bucket")
def test_folders_of_dead_runs_are_removed_and_those_of_live_ones_kept(tmp_path: Path) -> None:
    base = tmp_path / "work"
    dead, alive = (base / f"heaters-proxy-pid{pid}-x" for pid in (ended_pid(), os.getpid()))
    foreign = base / "somebody else's"
    for folder in (dead, alive, foreign):
        folder.mkdir(parents=True)
        (folder / "source").write_bytes(b"bytes")

    def look(work: Work[DetectJob]) -> DetectResult:
        assert set(base.iterdir()) == {alive, foreign, work.folder}
        assert list(work.folder.iterdir()) == []
        (work.folder / "scratch").touch()
        return NOTHING

    run(look)
    assert set(base.iterdir()) == {alive, foreign}


class Clock:
    """Time that passes when it is told to."""

    now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.mark.usefixtures("bucket")
def test_progress_is_told_at_most_every_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, told = Clock(), []
    client = boto3.client

    class Bus:
        def put_events(self, *, Entries: list[dict[str, Any]]) -> None:  # noqa: N803 - as boto3 spells it
            told.append((clock.now_s, json.loads(Entries[0]["Detail"])["fraction"]))

    monkeypatch.setenv("HEATERS_EVENT_BUS", "bus")
    monkeypatch.setattr(runner, "time", clock)
    monkeypatch.setattr(
        boto3, "client", lambda name, **more: Bus() if name == "events" else client(name, **more)
    )

    def work_for_20_s(work: Work[DetectJob]) -> DetectResult:
        for step in range(200):
            clock.now_s = 1000 + step / 10
            work.report(step / 200)
        return NOTHING

    run(work_for_20_s)
    times = [at_s for at_s, _ in told]
    assert PROGRESS_INTERVAL_S == 2.0
    assert times == [1000.0 + 2 * n for n in range(10)]
    assert [fraction for _, fraction in told] == [n / 10 for n in range(10)]


READING_STAGES: dict[str, tuple[Callable[[Work[Any]], Any], Any, Callable[[int], int]]] = {
    "proxy": (make_proxy_of_source, ProxyJob(video_id="video", source=SOURCE), estimate_proxy_bytes),
    "master": (archive_master, MasterJob(video_id="video", source=SOURCE), estimate_master_bytes),
}


@pytest.mark.parametrize("stage", READING_STAGES)
def test_a_stage_that_has_no_room_says_so_before_it_reads_anything(
    stage: str, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, job, estimate = READING_STAGES[stage]

    class FullDisk:
        free = 70_000_000

    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: FullDisk)
    store = MediaStore(bucket=bucket)
    store.write(SOURCE.key, bytes(1_000_000))
    with pytest.raises(NotEnoughDisk, match="70,000,000 are free") as refusal:
        program(Work(job=job, store=store, folder=tmp_path, report=lambda *_a, **_k: None))
    assert refusal.value.details == {"needed_bytes": estimate(1_000_000), "free_bytes": 70_000_000}
    assert store.traffic.read_bytes == 0
    assert isinstance(refusal.value, TransientError)


def test_a_disk_with_room_is_not_refused(tmp_path: Path) -> None:
    check_free_disk(tmp_path, needed_bytes=1)


def test_a_disk_that_fills_up_later_is_no_fault_of_the_video(tmp_path: Path) -> None:
    source = ["-f", "lavfi", "-i", "testsrc2=size=640x480:duration=2"]
    with pytest.raises(NotEnoughDisk, match="disk was full"):
        run_ffmpeg([*source, "-f", "rawvideo", "file:/dev/full"], folder=tmp_path)
