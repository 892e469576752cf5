"""A file is what its content says, never what its name says."""

from pathlib import Path

import pytest

from heaters.domain.errors import UnsupportedMedia
from heaters.media.untrusted.sniff import identify, sniff
from tests.media.pictures import encode

CLIP = ("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=1")

MADE = {
    "mp4": ("mp4", "mov"),
    "mov": ("mp4", "mov"),
    "mkv": ("matroska", "matroska"),
    "webm": ("webm", "matroska"),
    "ts": ("mpegts", "mpegts"),
    "mpg": ("mpeg", "mpeg"),
    "avi": ("avi", "avi"),
    "flv": ("flv", "flv"),
    "wmv": ("asf", "asf"),
    "ogv": ("ogg", "ogg"),
    "gif": ("gif", "gif"),
    "mxf": ("mxf", "mxf"),
    "ivf": ("ivf", "ivf"),
    "y4m": ("y4m", "yuv4mpegpipe"),
}

REFUSED = {
    "empty": (b"", "empty"),
    "text": (b"It is not a video at all.\n", "text"),
    "text in another script": ("سلام دنیا، ویدیو نیست\n".encode(), "text"),
    "utf-16 text": ("not a video".encode("utf-16"), "text"),
    "cut utf-8": ("ü".encode() * 5000 + b"\xc3", "text"),
    "an HLS playlist": (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "playlist"),
    "a concat script": (b"ffconcat version 1.0\nfile /etc/passwd\n", "playlist"),
    "a DASH manifest": (b'<?xml version="1.0"?><MPD></MPD>', "text"),
    "a JPEG": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "JPEG"),
    "a PNG": (b"\x89PNG\r\n\x1a\n", "PNG"),
    "a HEIF picture": (b"\x00\x00\x00\x18ftypheic\x00\x00", "still picture"),
    "an MP3": (b"ID3\x04\x00\x00", "sound"),
    "a WAV": (b"RIFF\x00\x00\x00\x00WAVEfmt ", "sound"),
    "a zip": (b"PK\x03\x04\x14\x00", "archive"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
    "zeros": (bytes(70_000), "zeros"),
    "noise": (bytes(range(256)) * 8, "format"),
}


@pytest.mark.parametrize("extension", MADE)
def test_every_container_is_known_by_its_content(extension: str, tmp_path: Path) -> None:
    made = encode(tmp_path / f"clip.{extension}", *CLIP)
    container = sniff(made.rename(tmp_path / "no-name"))
    assert (container.name, container.demuxer) == MADE[extension]


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_video_is_refused_in_words_that_people_understand(what: str) -> None:
    head, word = REFUSED[what]
    with pytest.raises(UnsupportedMedia, match=word):
        identify(head)


def test_a_transport_stream_may_begin_in_the_middle_of_a_packet(tmp_path: Path) -> None:
    whole = encode(tmp_path / "clip.ts", *CLIP).read_bytes()
    assert identify(whole[77:]).name == "mpegts"
