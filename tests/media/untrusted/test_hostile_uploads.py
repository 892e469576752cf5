"""A hostile upload opens nothing but itself: no file, no address, whatever demuxer it is given to.

Each trick points at a file that tells when it is opened and at a server that counts connections. Each is tried as an
upload, and then by force with every demuxer that Heaters knows. The last tests show that the traps work: ffmpeg
without our arguments walks into them.
"""

import struct
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from heaters.domain.errors import DamagedMedia, UnsupportedMedia
from heaters.media.proxy.single_pass import make_proxy
from heaters.media.source.probe import probe
from heaters.media.untrusted import sniff as containers
from heaters.media.untrusted.ffmpeg import run_ffmpeg, run_ffprobe, safe_input
from heaters.media.untrusted.process import Limits
from heaters.media.untrusted.sniff import Container
from tests.media.pictures import encode
from tests.media.untrusted.canaries import Doorbell, SecretFile, serving

KNOWN = {value.demuxer: value for value in vars(containers).values() if isinstance(value, Container)}
CLIP = ("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=2")


@dataclass(frozen=True, kw_only=True)
class Traps:
    folder: Path
    secret: SecretFile
    bell: Doorbell

    @property
    def sprung(self) -> tuple[int, int]:
        """How often the file was opened, and how often the server was called."""
        return self.secret.openings(), self.bell.rings


@pytest.fixture
def traps(tmp_path: Path) -> Iterator[Traps]:
    """The secret looks like a playable stream, so that a demuxer that opens it has no reason to stop."""
    clip = encode(tmp_path / "clip.ts", *CLIP)
    secret = SecretFile(tmp_path / "secret.ts")
    secret.path.write_bytes(clip.read_bytes())
    clip.unlink()
    with serving(Doorbell()) as bell:
        assert isinstance(bell, Doorbell)
        found = Traps(folder=tmp_path, secret=secret, bell=bell)
        assert found.secret.openings() > 0
        yield found
    secret.close()


def playlist(traps: Traps) -> bytes:
    lines = [
        f"#EXTINF:1,\n{target}\n" for target in (f"file://{traps.secret.path}", f"{traps.bell.url}/s.ts")
    ]
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n{''.join(lines)}#EXT-X-ENDLIST\n".encode()


def master_playlist(traps: Traps) -> bytes:
    return f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{traps.bell.url}/v.m3u8\n".encode()


def playlist_with_key(traps: Traps) -> bytes:
    return (
        f'#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-KEY:METHOD=AES-128,URI="{traps.bell.url}/key"\n'
        f"#EXTINF:1,\n{traps.secret.path}\n#EXT-X-ENDLIST\n"
    ).encode()


def padded_playlist(traps: Traps) -> bytes:
    """Behind the sync bytes of a transport stream, for who looks only at those."""
    return (b"\x47" + bytes(187)) * 8 + playlist(traps)


def concat_script(traps: Traps) -> bytes:
    return f"ffconcat version 1.0\nfile {traps.secret.path}\nfile {traps.bell.url}/s.ts\n".encode()


def relative_concat_script(_traps: Traps) -> bytes:
    """A name without a folder is what ffmpeg's own `safe` option lets through."""
    return b"ffconcat version 1.0\nfile secret.ts\n"


def dash_manifest(traps: Traps) -> bytes:
    return (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT1S"><Period><AdaptationSet mimeType="video/mp2t"><Representation id="1" '
        f'bandwidth="1"><BaseURL>{traps.bell.url}/s.ts</BaseURL></Representation></AdaptationSet></Period></MPD>'
    ).encode()


def session_description(traps: Traps) -> bytes:
    return (
        f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {traps.bell.server_port} "
        "RTP/AVP 96\na=rtpmap:96 H264/90000\n"
    ).encode()


def avi_with_playlist(traps: Traps) -> bytes:
    """A subtitle track (GAB2) whose text is a playlist: the well-known way into transcoders."""
    text = playlist(traps)
    gab2 = b"GAB2\x00\x02\x00" + struct.pack("<I", 0) + b"\x04\x00" + struct.pack("<I", len(text)) + text
    stream_header = b"txts" + bytes(4) + struct.pack("<10I", 0, 0, 0, 1, 25, 0, 1, 0, 0, 0) + bytes(8)
    strl = b"LIST" + chunk_size(4 + 8 + len(stream_header) + 8) + b"strl"
    strl += b"strh" + chunk_size(len(stream_header)) + stream_header + b"strf" + chunk_size(0)
    avih = struct.pack("<14I", 40000, 0, 0, 0x10, 1, 0, 1, 0, 64, 48, 0, 0, 0, 0)
    hdrl = b"hdrl" + b"avih" + chunk_size(len(avih)) + avih + strl
    movi = b"movi" + b"00tx" + chunk_size(len(gab2)) + gab2 + bytes(len(gab2) % 2)
    body = b"AVI " + b"LIST" + chunk_size(len(hdrl)) + hdrl + b"LIST" + chunk_size(len(movi)) + movi
    return b"RIFF" + chunk_size(len(body)) + body


def chunk_size(size: int) -> bytes:
    return struct.pack("<I", size)


def avi_of_real_video_with_playlist(traps: Traps) -> bytes:
    """The same text appended to a file that plays."""
    clip = encode(traps.folder / "clip.avi", *CLIP)
    found = clip.read_bytes() + playlist(traps)
    clip.unlink()
    return found


def movie_of_external_data(traps: Traps) -> bytes:
    """A QuickTime file whose samples lie in another file, by path and by URL (its `dref` box)."""
    clip = encode(traps.folder / "clip.mov", *CLIP, "-c:v", "mjpeg")
    data = clip.read_bytes()
    clip.unlink()
    name = str(traps.secret.path).encode()
    alias = (
        bytes(150)
        + struct.pack(">hH", 2, len(name))
        + name
        + bytes(len(name) % 2)
        + struct.pack(">hH", -1, 0)
    )
    entries = box(b"alis", bytes(4) + alias) + box(b"url ", bytes(4) + f"{traps.bell.url}/v.mov\0".encode())
    return replace_box(data, b"dref", bytes(4) + struct.pack(">I", 2) + entries)


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def replace_box(data: bytes, kind: bytes, body: bytes) -> bytes:
    """`data` with the body of a box replaced and the sizes of the boxes around it put right."""
    at = data.index(kind) - 4
    (size,) = struct.unpack(">I", data[at : at + 4])
    new = box(kind, body)
    grown = bytearray(data[:at] + new + data[at + size :])
    for parent in (b"dinf", b"minf", b"mdia", b"trak", b"moov"):
        start = data.rindex(parent, 0, at) - 4
        (old,) = struct.unpack(">I", data[start : start + 4])
        grown[start : start + 4] = struct.pack(">I", old + len(new) - size)
    return bytes(grown)


def matroska_with_links(traps: Traps) -> bytes:
    """A film with a playlist as its attachment and links as its title and subtitles."""
    text = traps.folder / "list.m3u8"
    text.write_bytes(playlist(traps))
    subtitles = traps.folder / "links.srt"
    subtitles.write_text(f"1\n00:00:00,000 --> 00:00:01,000\nfile://{traps.secret.path} {traps.bell.url}\n")
    clip = encode(
        traps.folder / "clip.mkv", *CLIP, "-i", str(subtitles), "-map", "0", "-map", "1", "-attach", str(text),
        "-metadata:s:t", "mimetype=application/x-mpegurl", "-metadata", f"title={traps.bell.url}",
    )  # fmt: skip
    found = clip.read_bytes()
    for file in (clip, text, subtitles):
        file.unlink()
    return found


def reference(traps: Traps) -> bytes:
    """A Windows Media redirector."""
    return f'<ASX version="3.0"><ENTRY><REF HREF="{traps.bell.url}/v.wmv"/></ENTRY></ASX>'.encode()


def smooth_streaming(traps: Traps) -> bytes:
    return f'<smil><body><video src="{traps.bell.url}/v.mp4"/></body></smil>'.encode()


def xbin_picture(traps: Traps) -> bytes:
    """A picture in text mode; ffmpeg knows it by its first bytes."""
    return b"XBIN\x1a" + struct.pack("<HHBB", 8, 1, 16, 0) + playlist(traps)


def bare_link(traps: Traps) -> bytes:
    return f"{traps.bell.url}/v.mp4".encode()


TRICKS: dict[str, Callable[[Traps], bytes]] = {
    function.__name__: function
    for function in (
        playlist, master_playlist, playlist_with_key, padded_playlist, concat_script, relative_concat_script,
        dash_manifest, session_description, avi_with_playlist, avi_of_real_video_with_playlist,
        movie_of_external_data, matroska_with_links, reference, smooth_streaming, xbin_picture, bare_link,
    )
}  # fmt: skip
PLAYABLE = {"avi_of_real_video_with_playlist", "matroska_with_links"}
PLAIN_TEXT = {
    "master_playlist",
    "dash_manifest",
    "session_description",
    "reference",
    "smooth_streaming",
    "bare_link",
}
"""Nothing in these could be taken for any container by force."""

NAMES = ("source", "film.mp4", "film.m3u8", "image%03d.jpg", "concat:secret.ts|secret.ts")


@pytest.mark.parametrize("trick", TRICKS)
def test_an_upload_opens_nothing_but_itself(trick: str, traps: Traps) -> None:
    path = traps.folder / "source"
    path.write_bytes(TRICKS[trick](traps))
    traps.secret.openings()
    try:
        made = make_proxy(path, probe(path), folder=traps.folder)
    except (UnsupportedMedia, DamagedMedia):
        assert trick not in PLAYABLE
    else:
        assert trick in PLAYABLE
        assert made.decoded_frames == 50
    assert traps.sprung == (0, 0)


@pytest.mark.parametrize("trick", [name for name in TRICKS if name not in PLAIN_TEXT])
def test_no_demuxer_that_we_allow_can_be_led_elsewhere(trick: str, traps: Traps) -> None:
    """Even if sniffing were fooled."""
    path = traps.folder / "source"
    path.write_bytes(TRICKS[trick](traps))
    traps.secret.openings()
    for container in KNOWN.values():
        arguments = [*safe_input(path, container), "-map", "0", "-t", "1", "-f", "null", "-"]
        run_ffmpeg(arguments, folder=path.parent, limits=Limits(timeout_s=20), check=False)
    assert traps.sprung == (0, 0)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_never_more_than_a_name(name: str, traps: Traps) -> None:
    path = traps.folder / name
    path.write_bytes(playlist(traps))
    traps.secret.openings()
    with pytest.raises(UnsupportedMedia, match="playlist"):
        probe(path)
    run_ffprobe(["-show_format", *safe_input(path, containers.MP4)], folder=path.parent)
    assert traps.sprung == (0, 0)


UNGUARDED: dict[str, tuple[str, ...]] = {
    "playlist": ("-protocol_whitelist", "file,http,tcp", "-allowed_extensions", "ALL"),
    "concat_script": ("-protocol_whitelist", "file,http,tcp", "-safe", "0"),
    "relative_concat_script": (),
    "movie_of_external_data": ("-enable_drefs", "1", "-use_absolute_path", "1"),
}


@pytest.mark.parametrize("trick", UNGUARDED)
def test_the_traps_work(trick: str, traps: Traps) -> None:
    """ffmpeg that is not held back opens the secret or calls the server."""
    path = traps.folder / "source"
    path.write_bytes(TRICKS[trick](traps))
    traps.secret.openings()
    argv = ["ffmpeg", "-nostdin", "-v", "quiet", *UNGUARDED[trick], "-i", str(path), "-f", "null", "-"]
    subprocess.run(argv, check=False, timeout=20)
    assert sum(traps.sprung) > 0
