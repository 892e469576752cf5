"""Nothing that a site answers leads inside: each trick is served from a "public" server, its target is a canary.

The outer host resolves to a public address, for which the tests open a connection to their own server. The inner
target is a real server on loopback, which the policy blocks. Each trick is also tried with loopback allowed, and
must then reach the canary: so it is the check that stops it, and nothing else.
"""

import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from yt_dlp.downloader.external import FFmpegFD

from heaters.domain.errors import BlockedAddress, HeatersError
from heaters.media.download.addresses import AddressPolicy
from heaters.media.download.connections import Network
from heaters.media.download.fetch import PartsUnavailable, fetch_video
from heaters.media.download.settings import BEST_FORMATS, DownloadSettings
from tests.media.untrusted.canaries import Doorbell, SecretFile, serving
from tests.media.untrusted.certificates import make_certificate

PUBLIC = "93.184.215.14"
TYPES = {
    ".mpd": "application/dash+xml",
    ".m3u8": "application/vnd.apple.mpegurl",
    "playlist.mp4": "application/vnd.apple.mpegurl",
    ".html": "text/html",
    ".mp4": "video/mp4",
}
"""The first ending that fits the path."""

DASH = """<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT4S"><Period>
<AdaptationSet mimeType="video/mp4">{base}<Representation id="v" bandwidth="1000" width="64" height="48"
 codecs="avc1.42c00a"><SegmentTemplate media="{target}/$Number$" initialization="{target}/init" startNumber="1"
 duration="4" timescale="1"/></Representation></AdaptationSet></Period></MPD>"""

HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n{key}{map}#EXTINF:4,\n{target}\n#EXT-X-ENDLIST\n"
HLS_MASTER = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000,RESOLUTION=64x48\n{target}\n"


class Stage(BaseHTTPRequestHandler):
    """Answers each path from a table: a redirect `(code, target)`, or a text of the type that the name tells."""

    answers: dict[str, str | tuple[int, str]]

    def __init__(self, answers: dict[str, str | tuple[int, str]], *connection: object) -> None:
        self.answers = answers
        super().__init__(*connection)  # type: ignore[arg-type]  # as socketserver passes them

    def do_GET(self) -> None:
        answer = self.answers.get(self.path, "")
        if isinstance(answer, tuple):
            self.send_response(answer[0])
            self.send_header("Location", answer[1])
            self.end_headers()
            return
        self.send_response(200)
        kinds = (kind for ending, kind in TYPES.items() if self.path.endswith(ending))
        self.send_header("Content-Type", next(kinds, "application/octet-stream"))
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(answer.encode())

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_arguments: object) -> None:
        """Keep the test's output clean."""


@dataclass(kw_only=True)
class Outside:
    """The internet as a site's owner sees it: hosts are at public addresses unless `names` says otherwise."""

    folder: Path
    inner: Doorbell
    answers: dict[str, str | tuple[int, str]] = field(default_factory=dict)
    names: dict[str, list[Sequence[str]]] = field(default_factory=dict)
    port: int = 0

    def resolve(self, host: str, _port: int) -> Sequence[str]:
        answers = self.names.get(host)
        if answers:
            return answers.pop(0) if len(answers) > 1 else answers[0]
        return [PUBLIC] if host.endswith(".example") else [
            str(found[4][0]) for found in socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM)
        ]  # fmt: skip

    def open_socket(self, address: tuple[str, int], timeout_s: float) -> socket.socket:
        return socket.create_connection(
            ("127.0.0.1", self.port) if address[0] == PUBLIC else address, timeout_s
        )

    def fetch(self, url: str, *, allow_loopback: bool) -> None:
        settings = DownloadSettings(
            addresses=AddressPolicy(allow_loopback=allow_loopback),
            access={"retries": 0, "fragment_retries": 0, "socket_timeout": 5},
        )
        fetch_video(
            settings.order(url, BEST_FORMATS, self.folder),
            network=Network(resolve=self.resolve, open_socket=self.open_socket),
        )


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    with serving(Doorbell()) as inner:
        assert isinstance(inner, Doorbell)
        stage = Outside(folder=tmp_path, inner=inner)
        with serving(ThreadingHTTPServer(("127.0.0.1", 0), partial(Stage, stage.answers))) as server:
            stage.port = server.server_port
            yield stage


def reason_of(outside: Outside, path: str, *, allow_loopback: bool = False) -> HeatersError:
    """Why `path` of the outer site could not be fetched: none of the tricks leads to a video."""
    url = path if "://" in path else f"http://videos.example{path}"
    with pytest.raises((HeatersError, PartsUnavailable)) as caught:
        outside.fetch(url, allow_loopback=allow_loopback)
    reason = caught.value.reason if isinstance(caught.value, PartsUnavailable) else caught.value
    assert isinstance(reason, HeatersError)
    return reason


def redirects_to(target: str, *, code: int = 302) -> Callable[[Outside], str]:
    def prepare(outside: Outside) -> str:
        outside.answers["/film.mp4"] = (code, aimed(target, outside))
        return "/film.mp4"

    return prepare


def aimed(text: str, outside: Outside) -> str:
    """`{inner}` stands for the canary's URL, `{port}` for its port."""
    return text.replace("{inner}", outside.inner.url).replace("{port}", str(outside.inner.server_port))


def serves(path: str, text: str, **parts: str) -> Callable[[Outside], str]:
    def prepare(outside: Outside) -> str:
        filled = text.format(**{"key": "", "map": "", "base": "", "target": "/segment.mp4", **parts})
        outside.answers[path] = aimed(filled, outside)
        outside.answers["/segment.mp4"] = "not much of a video"
        return path

    return prepare


def first_url(outside: Outside) -> str:
    return f"{outside.inner.url}/film.mp4"


def redirected_twice(outside: Outside) -> str:
    outside.answers |= {
        "/a.mp4": (302, "http://cdn.example/b.mp4"),
        "/b.mp4": (302, f"{outside.inner.url}/c"),
    }
    return "/a.mp4"


def redirected_fragment(outside: Outside) -> str:
    outside.answers["/segment/init"] = (302, f"{outside.inner.url}/init")
    return serves("/film.mpd", DASH, target="/segment")(outside)


def name_of_an_inner_host(outside: Outside) -> str:
    outside.names["inner.example"] = [["127.0.0.1"]]
    outside.answers["/film.mp4"] = (302, f"http://inner.example:{outside.inner.server_port}/")
    return "/film.mp4"


def rebinds(outside: Outside) -> str:
    """Public when the URL is checked, inside when the connection is made."""
    outside.names["rebind.example"] = [[PUBLIC], ["127.0.0.1"]]
    return f"http://rebind.example:{outside.inner.server_port}/film.mp4"


def rebinds_between_requests(outside: Outside) -> str:
    """Inside from the third look on: the manifest is still read from the public address."""
    outside.names["rebind.example"] = [[PUBLIC], [PUBLIC], ["127.0.0.1"]]
    outside.answers["/film.m3u8"] = HLS.format(key="", map="", target="/segment")
    return f"http://rebind.example:{outside.inner.server_port}/film.m3u8"


TRICKS = {
    "the first URL": first_url,
    **{f"a redirect with {code}": redirects_to("{inner}/film.mp4", code=code) for code in (301, 302, 303, 307, 308)},
    "a redirect of a redirect": redirected_twice,
    "a fragment that redirects": redirected_fragment,
    "a name of an inner host": name_of_an_inner_host,
    "a name that changes after the check": rebinds,
    "a name that changes after the manifest": rebinds_between_requests,
    "a page's video": serves("/page.html", '<html><video src="{target}"></video></html>', target="{inner}/v.mp4"),
    "a page's player": serves(
        "/page.html", '<html><meta property="og:video" content="{target}"></html>', target="{inner}/v.mp4"
    ),
    "a DASH base": serves("/film.mpd", DASH, base="<BaseURL>{inner}/</BaseURL>", target="segment"),
    "a DASH segment": serves("/film.mpd", DASH, target="{inner}/segment"),
    "an HLS variant": serves("/film.m3u8", HLS_MASTER, target="{inner}/variant.m3u8"),
    "an HLS segment": serves("/film.m3u8", HLS, target="{inner}/segment.ts"),
    "an HLS key": serves("/film.m3u8", HLS, key='#EXT-X-KEY:METHOD=AES-128,URI="{inner}/key"\n'),
    "an HLS map": serves("/film.m3u8", HLS, map='#EXT-X-MAP:URI="{inner}/init.mp4"\n'),
    "an HLS playlist named like a film": serves("/playlist.mp4", HLS, target="{inner}/segment.ts"),
}  # fmt: skip


@pytest.mark.parametrize("trick", TRICKS)
def test_no_trick_reaches_an_inner_address(trick: str, outside: Outside) -> None:
    """Each would, if it were allowed: the same trick rings the bell once loopback is open."""
    assert isinstance(reason_of(outside, TRICKS[trick](outside)), BlockedAddress)
    assert outside.inner.rings == 0
    for left_over in outside.folder.iterdir():
        left_over.unlink()
    reason_of(outside, TRICKS[trick](outside), allow_loopback=True)
    assert outside.inner.rings > 0


OTHER_SCHEMES = {
    "a redirect to ftp": redirects_to("ftp://127.0.0.1:{port}/film.mp4"),
    "a redirect to a file": redirects_to("file:///etc/passwd"),
    "a redirect to data": redirects_to("data:video/mp4;base64,AAAA"),
    "a segment by ftp": serves("/playlist.mp4", HLS, target="ftp://127.0.0.1:{port}/s"),
    "a segment in a file": serves("/playlist.mp4", HLS, target="file:///etc/passwd"),
    "a segment as data": serves("/playlist.mp4", HLS, target="data:video/mp2t,abc"),
    "a key in a file": serves(
        "/playlist.mp4", HLS, key='#EXT-X-KEY:METHOD=AES-128,URI="file:///etc/passwd"\n'
    ),
}  # fmt: skip


@pytest.mark.parametrize("trick", OTHER_SCHEMES)
def test_no_scheme_but_http_and_https_is_followed(trick: str, outside: Outside) -> None:
    reason = reason_of(outside, OTHER_SCHEMES[trick](outside), allow_loopback=True)
    assert isinstance(reason, BlockedAddress)
    assert "only http and https" in reason.message
    assert outside.inner.rings == 0
    assert not any(b"root:" in file.read_bytes() for file in outside.folder.iterdir())


@pytest.mark.parametrize("protocol", ["rtmp", "rtsp", "mms", "wss"])
def test_no_program_is_asked_for_other_protocols(protocol: str, outside: Outside) -> None:
    target = f"{protocol}://127.0.0.1:{outside.inner.server_port}/live"
    outside.answers["/page.html"] = f'<html><video><source src="{target}" type="video/mp4"></video></html>'
    reason_of(outside, "/page.html", allow_loopback=True)
    assert outside.inner.rings == 0


def test_a_proxy_in_the_environment_is_not_used(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would resolve names again, out of our sight."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, outside.inner.url)
    outside.answers["/film.mp4"] = "not much of a video"
    outside.fetch("http://videos.example/film.mp4", allow_loopback=False)
    assert outside.inner.rings == 0


@pytest.mark.parametrize("trusted", [True, False])
def test_https_goes_to_the_checked_address_under_the_hosts_own_name(
    trusted: bool, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The certificate is the name's, not the address's; one that nobody vouches for is refused."""
    certificate = make_certificate(outside.folder / "host.pem", "videos.example")
    outside.answers["/film.mp4"] = "not much of a video"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Stage, outside.answers))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    outside.port = server.server_port
    if trusted:
        monkeypatch.setattr("certifi.where", lambda: str(certificate))
    with serving(server):
        if trusted:
            outside.fetch("https://videos.example/film.mp4", allow_loopback=False)
            assert (outside.folder / "part-1").read_text() == "not much of a video"
        else:
            reason = reason_of(outside, "https://videos.example/film.mp4")
            assert "certificate" in str(reason.details).lower()


def test_yt_dlp_finds_no_ffmpeg(outside: Outside) -> None:
    """It would open addresses and files by itself."""
    outside.answers["/film.mp4"] = "not much of a video"
    outside.fetch("http://videos.example/film.mp4", allow_loopback=False)
    assert not FFmpegFD.available()


def test_a_secret_file_beside_the_download_is_not_opened(outside: Outside, tmp_path: Path) -> None:
    secret = SecretFile(tmp_path / "secret")
    reason = reason_of(outside, serves("/playlist.mp4", HLS, target=f"file://{secret.path}")(outside))
    assert isinstance(reason, BlockedAddress)
    assert secret.openings() == 0
    secret.close()
