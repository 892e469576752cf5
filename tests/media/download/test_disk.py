"""A download that the disk has no room for is told before it begins, and is no fault of the video."""

import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import pytest

from containers.media.download import download
from containers.runner import Work
from heaters.domain.errors import NotEnoughDisk, TransientError
from heaters.domain.jobs import DownloadJob
from heaters.media.download.addresses import AddressPolicy
from heaters.media.download.explanations import explain_download_failure
from heaters.media.download.fetch import fetch_video
from heaters.media.download.settings import DownloadSettings
from heaters.media.untrusted.free_disk import MARGIN_BYTES, estimate_download_bytes
from tests.media.pictures import encode
from tests.media.untrusted.canaries import serving

SETTINGS = DownloadSettings(addresses=AddressPolicy(allow_loopback=True))
SIZE_BYTES = 8_000_000


class Site(SimpleHTTPRequestHandler):
    """Files of a folder; says nothing in the test's output."""

    def log_message(self, *_arguments: object) -> None:
        """Nothing to say."""


class SiteServer(ThreadingHTTPServer):
    """Clients hang up on it."""

    def handle_error(self, *_arguments: object) -> None:
        """Nothing to say."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """A server with an MP4, whose size is in its header, and a DASH presentation, whose size is guessed on the way."""
    (tmp_path / "site").mkdir()
    encode(
        tmp_path / "site" / "manifest.mpd", "-f", "lavfi", "-i", "testsrc2=size=320x180:duration=2",
        "-c:v", "libx264", "-b:v", "400k", "-pix_fmt", "yuv420p", "-f", "dash",
    )  # fmt: skip
    (tmp_path / "site" / "video.mp4").write_bytes(bytes(SIZE_BYTES))
    handler = partial(Site, directory=str(tmp_path / "site"))
    with serving(SiteServer(("127.0.0.1", 0), handler)) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def leave_free(monkeypatch: pytest.MonkeyPatch, free_bytes: int) -> None:
    class Disk:
        free = free_bytes

    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Disk)


def test_a_video_that_does_not_fit_is_given_up_when_its_size_is_known(
    site: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_free(monkeypatch, MARGIN_BYTES + SIZE_BYTES)
    with pytest.raises(NotEnoughDisk, match="larger disk") as refusal:
        fetch_video(SETTINGS.order(f"{site}/video.mp4", "b", folder))
    there_bytes = sum(file.stat().st_size for file in folder.iterdir())
    assert there_bytes < SIZE_BYTES / 2
    assert 0 <= estimate_download_bytes(SIZE_BYTES) - refusal.value.details["needed_bytes"] <= there_bytes


def test_a_stream_in_pieces_that_does_not_fit_is_given_up(
    site: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_free(monkeypatch, MARGIN_BYTES + 1000)
    with pytest.raises(NotEnoughDisk):
        fetch_video(SETTINGS.order(f"{site}/manifest.mpd", "b", folder))


def test_what_an_earlier_attempt_left_needs_no_room_again(
    site: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "part-1").write_bytes(bytes(SIZE_BYTES - 1000))
    leave_free(monkeypatch, MARGIN_BYTES + SIZE_BYTES + 1000)
    assert fetch_video(SETTINGS.order(f"{site}/video.mp4", "b", folder)).parts == ("part-1",)


def test_the_stage_begins_nothing_on_a_full_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the URL is asked: nothing listens there."""
    leave_free(monkeypatch, 1000)
    job = DownloadJob(video_id="video", url="http://127.0.0.1:1/a.mp4")
    work: Work[Any] = Work(job=job, store=cast(Any, None), folder=folder, report=lambda *_a, **_k: None)
    with pytest.raises(NotEnoughDisk) as refusal:
        download(work)
    assert refusal.value.details == {"needed_bytes": estimate_download_bytes(0), "free_bytes": 1000}


def test_a_disk_that_fills_up_while_downloading_is_tried_again_elsewhere() -> None:
    said = "unable to write data: [Errno 28] No space left on device"
    error = explain_download_failure("https://example.org/a", said)
    assert type(error) is NotEnoughDisk
    assert isinstance(error, TransientError)
