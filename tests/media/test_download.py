"""Downloads are the best there is, complete, and inside the caps; from a real server on this machine."""

import threading
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from containers.media.download import download
from containers.runner import Work
from heaters.domain.errors import (
    BlockedAddress,
    DamagedMedia,
    HeatersError,
    InvalidJob,
    SourceBusy,
    SourceTooLarge,
    SourceUnavailable,
    StageTimeout,
    UnsupportedMedia,
)
from heaters.domain.jobs import DownloadJob
from heaters.domain.results import DownloadResult, StoredObject
from heaters.media.addresses import AddressPolicy
from heaters.media.download import Transfer, download_video
from heaters.media.download_errors import explain_download_failure
from heaters.media.download_settings import BEST_FORMATS, DownloadSettings
from tests.media.pictures import encode

LOOPBACK = AddressPolicy(allow_loopback=True)
ON_LOOPBACK = DownloadSettings(addresses=LOOPBACK)
PICTURE = ("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=4")
SOUND = ("-f", "lavfi", "-i", "sine=duration=4")


class Site(SimpleHTTPRequestHandler):
    """Files of a folder; `/busy` and `/secret` refuse."""

    def do_GET(self) -> None:
        refusals = {"/busy.mp4": HTTPStatus.SERVICE_UNAVAILABLE, "/secret.mp4": HTTPStatus.FORBIDDEN}
        if self.path in refusals:
            self.send_error(refusals[self.path])
        else:
            super().do_GET()

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_arguments: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with one MP4, one DASH presentation in two qualities, and pages without a video."""
    folder = tmp_path_factory.mktemp("site")
    encode(folder / "video.mp4", *PICTURE, *SOUND, "-c:v", "libx264", "-c:a", "aac")
    encode(
        folder / "manifest.mpd", *PICTURE, *SOUND, "-map", "0:v", "-map", "0:v", "-map", "1:a", "-c:v", "libx264",
        "-s:v:0", "160x90", "-b:v:0", "50k", "-b:v:1", "400k", "-c:a", "aac", "-g", "24", "-pix_fmt", "yuv420p",
        "-adaptation_sets", "id=0,streams=v id=1,streams=a", "-seg_duration", "1", "-f", "dash",
    )  # fmt: skip
    (folder / "page.html").write_text("<html><title>Nothing to see</title></html>")
    (folder / "broken.mp4").write_bytes((folder / "video.mp4").read_bytes()[:3000])
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Site, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_file_is_downloaded_as_it_is(site: str, tmp_path: Path) -> None:
    found = download_video(f"{site}/video.mp4", folder=tmp_path, settings=ON_LOOPBACK)
    assert found.path.parent == tmp_path
    assert found.source.video.average_rate == Fraction(24)
    assert (found.title, found.webpage_url) == ("video", f"{site}/video.mp4")


class Bucket:
    """Stands for the media bucket: remembers what was put where."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}

    def put_file(self, path: Path, key: str, *, content_type: str) -> StoredObject:
        assert content_type == "application/octet-stream"
        self.sizes[key] = path.stat().st_size
        return StoredObject(key=key, size_bytes=self.sizes[key])


def stage_download(url: str, folder: Path) -> tuple[DownloadResult, Bucket]:
    bucket = Bucket()
    job = DownloadJob(video_id="some-video", url=url)
    work: Work[Any] = Work(job=job, store=bucket, folder=folder, report=lambda *_a, **_k: None)
    return download(work), bucket


def test_the_stage_stores_the_original(site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATERS_ALLOW_LOOPBACK", "1")
    result, bucket = stage_download(f"{site}/video.mp4", tmp_path)
    assert bucket.sizes == {"sources/some-video/source": result.source.size_bytes}
    assert (result.title, result.uploader) == ("video", None)


def test_the_stage_blocks_loopback_without_the_flag(
    site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEATERS_ALLOW_LOOPBACK", raising=False)
    with pytest.raises(BlockedAddress):
        stage_download(f"{site}/video.mp4", tmp_path)


def test_the_best_picture_and_the_sound_are_merged(site: str, tmp_path: Path) -> None:
    found = download_video(f"{site}/manifest.mpd", folder=tmp_path, settings=ON_LOOPBACK)
    assert (found.source.video.width, found.source.video.height) == (320, 180)
    assert len(found.source.audio) == 1
    assert found.source.duration_s == pytest.approx(4, abs=0.1)
    assert list(tmp_path.iterdir()) == [found.path]


def test_progress_rises_to_the_whole(site: str, tmp_path: Path) -> None:
    seen: list[Transfer] = []
    download_video(f"{site}/video.mp4", folder=tmp_path, settings=ON_LOOPBACK, on_progress=seen.append)
    assert [t.done_bytes for t in seen] == sorted(t.done_bytes for t in seen)
    assert seen[-1].fraction == 1


def test_loopback_is_blocked_unless_it_is_allowed(site: str, tmp_path: Path) -> None:
    with pytest.raises(BlockedAddress, match="Upload the file"):
        download_video(f"{site}/video.mp4", folder=tmp_path, settings=DownloadSettings())


def test_a_format_that_does_not_exist_falls_back_to_the_next(site: str, tmp_path: Path) -> None:
    settings = DownloadSettings(addresses=LOOPBACK, formats=("bv*[ext=nothing]", BEST_FORMATS))
    assert download_video(f"{site}/video.mp4", folder=tmp_path, settings=settings).path.exists()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/gone.mp4", SourceUnavailable),
        ("/secret.mp4", SourceUnavailable),
        ("/busy.mp4", SourceBusy),
        ("/page.html", UnsupportedMedia),
        ("/broken.mp4", DamagedMedia),
    ],
)
def test_each_failure_has_its_own_error(
    path: str, expected: type[HeatersError], site: str, tmp_path: Path
) -> None:
    settings = DownloadSettings(addresses=LOOPBACK, access={"retries": 0})
    with pytest.raises(expected):
        download_video(site + path, folder=tmp_path, settings=settings)


def test_a_server_that_does_not_answer_is_busy(tmp_path: Path) -> None:
    with pytest.raises(SourceBusy):
        download_video("http://127.0.0.1:9/video.mp4", folder=tmp_path, settings=ON_LOOPBACK)


@pytest.mark.parametrize("path", ["/video.mp4", "/manifest.mpd"])
def test_more_bytes_than_the_cap_are_refused(path: str, site: str, tmp_path: Path) -> None:
    settings = DownloadSettings(addresses=LOOPBACK, max_bytes=5000)
    with pytest.raises(SourceTooLarge, match="5,000 bytes"):
        download_video(site + path, folder=tmp_path, settings=settings)


def test_a_download_that_takes_too_long_is_ended(site: str, tmp_path: Path) -> None:
    """The clock is a list of readings: an hour passes between the first block and the next."""
    readings = iter([0.0, *[3601.0] * 1000])
    settings = DownloadSettings(addresses=LOOPBACK, timeout_s=3600)
    with pytest.raises(StageTimeout, match="longer than 3600 s"):
        download_video(
            f"{site}/video.mp4", folder=tmp_path, settings=settings, monotonic_s=lambda: next(readings)
        )


@pytest.mark.parametrize(
    "formats",
    [
        "bv*[height<=720]+ba/b", "worst", "w", "wv*+wa", "b[filesize<50M]", "best[tbr<1000]", "b[ fps <= 30 ]",
        "bestvideo[width<1920]+bestaudio", "worstvideo+bestaudio",
    ],
)  # fmt: skip
def test_a_format_that_asks_for_less_is_refused(formats: str) -> None:
    with pytest.raises(InvalidJob, match="less than the best"):
        DownloadSettings(formats=(formats,))


@pytest.mark.parametrize(
    "option", ["format_sort", "extractor_args", "postprocessors", "proxy", "external_downloader", "outtmpl"]
)
def test_an_option_that_could_lower_quality_is_refused(option: str) -> None:
    with pytest.raises(InvalidJob, match=option):
        DownloadSettings(access={option: "anything"})


@pytest.mark.parametrize(
    ("message", "expected", "advice"),
    [
        ("ERROR: [youtube] x: Sign in to confirm you're not a bot. Use --cookies", SourceUnavailable, "robot"),
        ("ERROR: [a] x: The uploader has not made this video available in your country", SourceUnavailable, "blocked"),
        ("ERROR: [youtube] x: Private video. Sign in if you've been granted access", SourceUnavailable, "signed in"),
        ("ERROR: [youtube] x: Video unavailable. This video has been removed", SourceUnavailable, "not there"),
        ("ERROR: [youtube] x: This live event will begin in 2 hours.", SourceUnavailable, "live"),
        ("ERROR: Unsupported URL: https://x/", UnsupportedMedia, "no video"),
        ("ERROR: unable to download video data: HTTP Error 503: Service Unavailable", SourceBusy, "tried again"),
        ("ERROR: [x] y: This video is DRM protected", SourceUnavailable, "DRM"),
        ("ERROR: something nobody has seen", SourceUnavailable, "in a browser"),
    ],
)  # fmt: skip
def test_each_message_becomes_an_error_with_advice(
    message: str, expected: type[HeatersError], advice: str
) -> None:
    error = explain_download_failure("https://x/", message)
    assert type(error) is expected
    assert advice in error.message
