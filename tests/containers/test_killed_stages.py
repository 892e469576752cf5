"""A stage's process that is killed half-way and started again leaves what an undisturbed one leaves."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from heaters.domain import wire
from heaters.domain.jobs import Job, MasterJob, ObjectRef, ProxyJob
from heaters.domain.pipeline import STAGE
from heaters.domain.stage import ids_of_job
from heaters.s3.store import MediaStore
from tests.conftest import REPOSITORY
from tests.waiting import wait_until

VIDEO_ID = "00000000-0000-5000-8000-000000000001"
SOURCE = ObjectRef(key="uploads/film.mp4")
DEADLINE_S = 120

JOBS: dict[str, tuple[Job, str]] = {
    "proxy": (ProxyJob(video_id=VIDEO_ID, source=SOURCE), "pass/proxy.mp4"),
    "master": (MasterJob(video_id=VIDEO_ID, source=SOURCE), "segments/00000.mkv"),
}
"""Each stage's job, and a file in its folder that grows while it works."""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def new_store(endpoint: str, media_folder: Path) -> Callable[[str], MediaStore]:
    """Makes a bucket that holds the source."""
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )

    def make(bucket: str) -> MediaStore:
        client.create_bucket(Bucket=bucket)
        store = MediaStore(bucket=bucket, client=client)
        store.put_file(media_folder / "big_buck_bunny_480p_30s.mp4", SOURCE.key, content_type="video/mp4")
        return store

    return make


def start(stage: str, bucket: str, endpoint: str, work: Path) -> "subprocess.Popen[bytes]":
    job, _ = JOBS[stage]
    environment = {
        "PATH": os.environ["PATH"], "HEATERS_JOB": json.dumps(wire.to_json(job)), "HEATERS_BUCKET": bucket,
        "HEATERS_WORK_DIR": str(work), "AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", f"containers.media.{stage}"], cwd=REPOSITORY, env=environment
    )


def wait_until_half_way(work: Path, growing: str, process: "subprocess.Popen[bytes]") -> None:
    def is_half_way() -> bool:
        assert process.poll() is None, "the stage ended before it could be killed"
        return any(path.stat().st_size > 1 << 20 for path in work.glob(f"*/{growing}"))

    wait_until(is_half_way, "the stage to write", DEADLINE_S)


def objects(store: MediaStore, result_key: str) -> dict[str, Any]:
    """Every object's bytes; of the result, all but what the run used."""
    found: dict[str, Any] = {key: store.read(ObjectRef(key=key)) for key in store.keys_under("")}
    found[result_key] = {
        name: value for name, value in json.loads(found[result_key]).items() if name != "usage"
    }
    return found


def works_in(work: Path) -> list[str]:
    """Programs that are running in `work` or below."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(work):
                found.append((process / "comm").read_text().strip())
        except OSError:  # it has ended, or belongs to somebody else
            continue
    return found


@pytest.mark.parametrize("stage", JOBS)
def test_a_killed_stage_started_again_leaves_the_same_objects_and_no_orphan(
    stage: str, endpoint: str, new_store: Callable[[str], MediaStore], tmp_path: Path
) -> None:
    job, growing = JOBS[stage]
    result_key = STAGE[stage].result_key(ids_of_job(job))
    calm, killed = new_store(f"calm-{stage}"), new_store(f"killed-{stage}")
    assert start(stage, calm.bucket, endpoint, tmp_path / "calm").wait(DEADLINE_S) == 0

    work = tmp_path / "killed"
    first = start(stage, killed.bucket, endpoint, work)
    wait_until_half_way(work, growing, first)
    first.send_signal(signal.SIGKILL)
    assert first.wait(DEADLINE_S) == -signal.SIGKILL
    wait_until(lambda: not works_in(work), "ffmpeg to end with the stage that started it", DEADLINE_S)
    assert len(list(work.iterdir())) == 1
    assert not killed.exists(result_key)

    assert start(stage, killed.bucket, endpoint, work).wait(DEADLINE_S) == 0
    assert objects(killed, result_key) == objects(calm, result_key)
    assert list(work.iterdir()) == list((tmp_path / "calm").iterdir()) == []
