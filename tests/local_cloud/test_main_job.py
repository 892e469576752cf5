"""The main job, end to end, on the synthesized state machine: real uploads, functions, jobs, review and exports."""

import io
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from heaters.domain.ids import video_id_of_upload
from local_cloud.aws.events import make_event
from local_cloud.cloud import LocalCloud, start_local_cloud
from local_cloud.commands.api_client import ApiClient
from local_cloud.commands.demo import run_demo
from local_cloud.commands.frame_hashes import decode_hashes
from local_cloud.commands.sample import make_sample
from local_cloud.commands.terminal import Progress
from local_cloud.machine.settings import REPOSITORY, LocalSettings
from tests.local_cloud.conftest import WaitFor
from tests.media.pictures import encode, stream_facts
from tests.media.untrusted.canaries import serving

BUNNY = "big_buck_bunny_480p_30s.mp4"
CUTS = (285, 378, 553)
CUT_OFF_BYTES = 1_000_000
STREAM = "manifest.mpd"


@dataclass(frozen=True, kw_only=True)
class Demo:
    """What `make demo` over a folder of good and bad files printed, wrote and returned."""

    exit_code: int
    printed: str
    videos: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def demo(folder: Path, media_folder: Path) -> Demo:
    videos, home = folder / "videos", folder / "home"
    videos.mkdir()
    for name in (BUNNY, "corrupted.mp4"):
        shutil.copyfile(media_folder / name, videos / name)
    (videos / "empty.mp4").touch()
    (videos / "text.mp4").write_text("A list of shots, and no video.\n" * 100)
    (videos / "cut off: ünfertig.mp4").write_bytes((media_folder / BUNNY).read_bytes()[:CUT_OFF_BYTES])
    said = io.StringIO()
    settings = LocalSettings(
        home=home,
        synth_cache=REPOSITORY / ".heaters" / "cdk",
        overrides=(("HEATERS_ALLOW_LOOPBACK", "1"),),
    )
    with serve_stream(folder / "site") as url:
        code = run_demo([*(str(path) for path in sorted(videos.iterdir())), url], settings, Progress(said))
    summary = json.loads((home / "demo" / "summary.json").read_text())
    found = {Path(video["input"]).name: video for video in summary["videos"]}
    return Demo(exit_code=code, printed=said.getvalue(), videos=found)


@contextmanager
def serve_stream(site: Path) -> Iterator[str]:
    """The URL of a DASH manifest on this machine: two pictures, of which one is better, and a sound apart."""
    site.mkdir()
    encode(
        site / STREAM, "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=3", "-f", "lavfi", "-i",
        "sine=duration=3", "-map", "0:v", "-map", "0:v", "-map", "1:a", "-c:v", "libx264", "-s:v:0", "160x90",
        "-b:v:0", "50k", "-b:v:1", "400k", "-c:a", "aac", "-g", "24", "-pix_fmt", "yuv420p",
        "-adaptation_sets", "id=0,streams=v id=1,streams=a", "-f", "dash",
    )  # fmt: skip
    handler = partial(SimpleHTTPRequestHandler, directory=str(site))
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as server:
        yield f"http://127.0.0.1:{server.server_port}/{STREAM}"


@pytest.fixture(scope="module")
def bunny(demo: Demo) -> dict[str, Any]:
    return demo.videos[BUNNY]


def test_a_good_video_succeeds_beside_bad_ones(demo: Demo, bunny: dict[str, Any]) -> None:
    assert bunny["execution_status"] == "SUCCEEDED"
    assert bunny["problems"] == []
    assert demo.exit_code == 1, "some of the others failed"


def test_the_cuts_are_those_that_people_see(bunny: dict[str, Any]) -> None:
    assert len(bunny["cuts"]) == len(CUTS)
    assert all(abs(found - seen) <= 1 for found, seen in zip(bunny["cuts"], CUTS, strict=True))


def test_the_clips_cover_every_frame_once(bunny: dict[str, Any]) -> None:
    edges = [(clip["start_frame"], clip["end_frame"]) for clip in bunny["clips"]]
    assert edges == list(zip((0, *bunny["cuts"]), (*bunny["cuts"], 720), strict=True))
    known = {"width": 854, "height": 480, "fps": "24/1", "frame_count": 720, "duration_s": 30.0}
    assert bunny["source"] == known | {"decoded_frames": 720, "lost_frames": 0}


def test_each_export_decodes_to_exactly_the_proxys_frames(bunny: dict[str, Any]) -> None:
    proxy = decode_hashes(Path(bunny["proxy_path"]))
    for clip in bunny["clips"]:
        frames = decode_hashes(Path(clip["export_path"]))
        assert frames == proxy[clip["start_frame"] : clip["end_frame"]]
        assert (clip["frame_count"], clip["first_frame_md5"], clip["last_frame_md5"]) == (
            len(frames), frames[0], frames[-1],
        )  # fmt: skip


def test_each_clip_has_keyframes_and_one_vector(bunny: dict[str, Any]) -> None:
    for clip in bunny["clips"]:
        assert clip["state"] == "embedded"
        assert clip["embedding"] == {"model": "colour-layout", "dimensions": 512}
        assert len(clip["keyframes"]) == 3
        assert all(Path(path).read_bytes().startswith(b"\xff\xd8") for path in clip["keyframes"])


@pytest.mark.parametrize("name", [BUNNY, "corrupted.mp4"])
def test_the_master_decodes_to_exactly_the_sources_frames(demo: Demo, name: str) -> None:
    video = demo.videos[name]
    master = [frame for path in video["master_paths"] for frame in decode_hashes(Path(path))]
    assert master == decode_hashes(Path(video["input"]))


def test_the_best_streams_behind_a_url_are_merged_and_become_clips(demo: Demo) -> None:
    video = demo.videos[STREAM]
    assert (video["execution_status"], video["problems"]) == ("SUCCEEDED", [])
    assert (video["source"]["width"], video["source"]["height"]) == (320, 180)
    assert stream_facts(Path(video["clips"][0]["export_path"]), "a:0")["codec_name"] == "aac"
    assert {clip["state"] for clip in video["clips"]} == {"embedded"}


def test_a_damaged_video_succeeds_and_says_what_was_lost(demo: Demo) -> None:
    video = demo.videos["corrupted.mp4"]
    assert video["execution_status"] == "SUCCEEDED"
    assert video["warnings"] == ["1 of 50 frames could not be decoded."]
    assert (video["source"]["frame_count"], video["source"]["decoded_frames"]) == (50, 49)
    assert demo.videos[BUNNY]["warnings"] == []


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("empty.mp4", "UnsupportedMedia", "empty"),
        ("text.mp4", "UnsupportedMedia", "text, not a video"),
        ("cut off: ünfertig.mp4", "DamagedMedia", "ends before its index"),
    ],
)
def test_a_bad_video_fails_with_a_cause_that_people_understand(
    demo: Demo, name: str, error: str, words: str
) -> None:
    video = demo.videos[name]
    assert (video["execution_status"], video["error"]) == ("FAILED", error)
    assert words in video["cause"]
    assert video["state"] == "preprocess_failed", "shown as failed by the API"
    assert video["clips"] == []


def test_progress_names_stage_percent_and_speed(demo: Demo) -> None:
    lines = [line for line in demo.printed.splitlines() if BUNNY in line]
    assert any("making the proxy" in line and "%" in line and "x," in line for line in lines)


@pytest.fixture(scope="module")
def cloud(demo: Demo, folder: Path) -> Iterator[LocalCloud]:
    """After the demo, because one process can have one local cloud at a time."""
    assert demo.videos
    settings = LocalSettings(home=folder / "second", synth_cache=REPOSITORY / ".heaters" / "cdk")
    with start_local_cloud(settings) as running:
        yield running


def test_an_upload_that_is_announced_three_times_is_one_video_and_one_execution(
    cloud: LocalCloud, folder: Path, wait_for: WaitFor
) -> None:
    s3, sqs, workflow = (cloud.client(name) for name in ("s3", "sqs", "stepfunctions"))
    sample = make_sample(folder / "sample.mp4")
    s3.upload_file(str(sample), cloud.bucket, "uploads/sample.mp4")
    version = s3.head_object(Bucket=cloud.bucket, Key="uploads/sample.mp4")["VersionId"]
    detail = {
        "bucket": {"name": cloud.bucket},
        "object": {"key": "uploads/sample.mp4", "version-id": version, "size": sample.stat().st_size},
    }
    machine, queue = cloud.resources.machines[0].arn, cloud.resources.event_sources[0].queue
    url = str(sqs.get_queue_url(QueueName=queue)["QueueUrl"])

    def executions() -> list[str]:
        return [found["name"] for found in workflow.list_executions(stateMachineArn=machine)["executions"]]

    wait_for(executions, "the execution that the upload starts", 60)
    for _ in range(2):
        event = make_event("aws.s3", "Object Created", detail)
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event))
    wait_for(lambda: _is_drained(sqs, url), "the queue to be worked off", 60)
    video_id = video_id_of_upload(bucket=cloud.bucket, key="uploads/sample.mp4", version_id=version)
    assert executions() == [f"{video_id}-1"]
    api = ApiClient(f"{cloud.url}/api", lambda: cloud.sign_in.token("reviewer"))
    assert [video["video_id"] for video in api.items("/videos")] == [video_id]


def _is_drained(sqs: Any, url: str) -> bool:
    names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names))["Attributes"]
    return all(int(counts[name]) == 0 for name in names)
