"""Downloads are the best there is, complete, and inside the caps; from a real server on this machine."""

import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from containers.media.download import download
from containers.runner import Work
from heaters.domain.errors import (
    BlockedAddress,
    DamagedMedia,
    HeatersError,
    LiveStream,
    LoginRequired,
    SourceBusy,
    SourceTooLarge,
    SourceUnavailable,
    StageTimeout,
    UnsupportedMedia,
    VideoRemoved,
)
from heaters.domain.jobs import DownloadJob
from heaters.domain.results import DownloadResult, Repair, StoredObject
from heaters.media.download.addresses import AddressPolicy
from heaters.media.download.download import download_video
from heaters.media.download.fetch import Transfer
from heaters.media.download.settings import BEST_FORMATS, DownloadSettings
from heaters.media.untrusted.process import Limits, run_limited
from tests.media.pictures import encode
from tests.media.untrusted.canaries import serving

LOOPBACK = AddressPolicy(allow_loopback=True)
ON_LOOPBACK = DownloadSettings(addresses=LOOPBACK)
PICTURE = ("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=4")
SOUND = ("-f", "lavfi", "-i", "sine=duration=4")


class Site(SimpleHTTPRequestHandler):
    """Files of a folder. `/busy` and `/secret` refuse, `/slow` trickles, `/breaks` hangs up half-way, once a file."""

    broken: ClassVar[set[str]] = set()
    asked: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Range")))
        refusals = {"/busy.mp4": HTTPStatus.SERVICE_UNAVAILABLE, "/secret.mp4": HTTPStatus.FORBIDDEN}
        if self.path in refusals:
            self.send_error(refusals[self.path])
        elif self.path == "/slow.mp4":
            self._trickle()
        elif self.path == "/breaks.mp4":
            self._break()
        else:
            super().do_GET()

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_arguments: object) -> None:
        """Keep the test's output clean."""

    def _trickle(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "video/mp4")
        self.send_header("Content-Length", "100000000")
        self.end_headers()
        with suppress(OSError):
            while not cast(Any, self.server).stopping.wait(0.05):
                self.wfile.write(b"0" * 16)

    def _break(self) -> None:
        """The second half comes only to who asks for it."""
        whole = Path(self.directory, "video.mp4").read_bytes()
        start = int((self.headers.get("Range") or "bytes=0-").split("=")[1].split("-")[0])
        self.send_response(206 if start else 200)
        self.send_header("Content-Type", "video/mp4")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(whole) - start))
        self.send_header("Content-Range", f"bytes {start}-{len(whole) - 1}/{len(whole)}")
        self.end_headers()
        self.wfile.write(whole[start:] if start else whole[: len(whole) // 2])
        self.close_connection = True


class SiteServer(ThreadingHTTPServer):
    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), partial(Site, directory=str(folder)))
        self.stopping = threading.Event()

    def shutdown(self) -> None:
        self.stopping.set()
        super().shutdown()


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
    encode(
        folder / "stream.m3u8", "-i", str(folder / "video.mp4"), "-c", "copy", "-hls_time", "1",
        "-hls_playlist_type", "vod", "-f", "hls",
    )  # fmt: skip
    (folder / "live.m3u8").write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nstream0.ts\n")
    incomplete = (folder / "manifest.mpd").read_text().replace('media="chunk', 'media="gone')
    (folder / "incomplete.mpd").write_text(incomplete)
    (folder / "page.html").write_text("<html><title>Nothing to see</title></html>")
    (folder / "broken.mp4").write_bytes((folder / "video.mp4").read_bytes()[:3000])
    (folder / "playlist.mp4").write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")
    with serving(SiteServer(folder)) as server:
        yield f"http://127.0.0.1:{server.server_port}"


def test_a_file_is_downloaded_as_it_is(site: str, tmp_path: Path) -> None:
    found = download_video(f"{site}/video.mp4", folder=tmp_path, settings=ON_LOOPBACK)
    assert found.path.parent == tmp_path
    assert found.source.video.average_rate == Fraction(24)
    assert (found.page.title, found.page.webpage_url) == ("video", f"{site}/video.mp4")


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
    work: Work[Any] = Work(job=job, store=cast(Any, bucket), folder=folder, report=lambda *_a, **_k: None)
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
        ("/gone.mp4", VideoRemoved),
        ("/secret.mp4", LoginRequired),
        ("/live.m3u8", LiveStream),
        ("/playlist.mp4", UnsupportedMedia),
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


def test_a_size_above_the_cap_that_a_server_promises_is_refused_at_once(site: str, tmp_path: Path) -> None:
    """It is the video that is too large, not the disk too small; and nobody waits for it to arrive."""
    settings = DownloadSettings(addresses=LOOPBACK, max_bytes=99_999_999)
    with pytest.raises(SourceTooLarge, match="99,999,999 bytes"):
        download_video(f"{site}/slow.mp4", folder=tmp_path, settings=settings)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 5000


def test_a_server_that_trickles_is_given_up_at_the_time_cap(site: str, tmp_path: Path) -> None:
    settings = DownloadSettings(addresses=LOOPBACK, timeout_s=1.5)
    with pytest.raises(StageTimeout, match=r"slow\.mp4 did not arrive within 1\.5 s"):
        download_video(f"{site}/slow.mp4", folder=tmp_path, settings=settings)


def test_a_broken_connection_is_continued_where_it_broke(site: str, tmp_path: Path) -> None:
    Site.asked.clear()
    found = download_video(f"{site}/breaks.mp4", folder=tmp_path, settings=ON_LOOPBACK)
    half = found.source.size_bytes // 2
    ranges = [wanted for path, wanted in Site.asked if path == "/breaks.mp4"]
    assert f"bytes={half}-" in ranges
    assert found.repair is Repair.NONE


def test_an_attempt_that_failed_is_continued_by_the_next(site: str, tmp_path: Path) -> None:
    """Without yt-dlp's own retries the first process ends; the second goes on from its partial file."""
    settings = DownloadSettings(addresses=LOOPBACK, access={"retries": 0})
    Site.asked.clear()
    assert download_video(f"{site}/breaks.mp4", folder=tmp_path, settings=settings).source.duration_s > 3.9
    assert any(wanted and wanted != "bytes=0-" for path, wanted in Site.asked if path == "/breaks.mp4")


def test_a_stream_in_pieces_is_downloaded_without_any_program(site: str, tmp_path: Path) -> None:
    found = download_video(f"{site}/stream.m3u8", folder=tmp_path, settings=ON_LOOPBACK)
    assert found.source.duration_s == pytest.approx(4, abs=0.1)
    assert (found.source.video.codec, len(found.source.audio)) == ("h264", 1)


def test_a_missing_piece_is_never_skipped(site: str, tmp_path: Path) -> None:
    settings = DownloadSettings(addresses=LOOPBACK, access={"fragment_retries": 0})
    with pytest.raises(SourceUnavailable):
        download_video(f"{site}/incomplete.mpd", folder=tmp_path, settings=settings)


def test_the_page_is_described(site: str, tmp_path: Path) -> None:
    page = download_video(f"{site}/video.mp4", folder=tmp_path, settings=ON_LOOPBACK).page
    assert page.webpage_url == f"{site}/video.mp4"
    assert page.upload_date is not None
    assert date.fromisoformat(page.upload_date) <= datetime.now(UTC).date()


def test_the_fetching_process_has_no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nor anything else of this process's environment."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    heard = bytearray()
    program = "import os; print(sorted(os.environ))"
    limits = Limits(timeout_s=20)
    run_limited(
        [sys.executable, "-c", program],
        folder=tmp_path,
        limits=limits,
        on_stdout=heard.extend,
        on_stderr=print,
    )
    assert heard.decode().strip() == "['LC_ALL', 'PATH']"
