"""A sound file is kept as it is; a broken one is remuxed; only what that cannot repair is encoded again."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from heaters.domain.errors import DamagedMedia, UnsupportedMedia
from heaters.domain.results import Repair
from heaters.media.download.merge import merge_parts
from heaters.media.download.repair import check_and_repair, describe_repair
from tests.media.pictures import encode, frame_differences, grey_frames, run, stream_facts

PICTURE = ("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=4")
SOUND = ("-f", "lavfi", "-i", "sine=duration=4")
FRAGMENTED = ("-g", "25", "-movflags", "+frag_keyframe+empty_moov+default_base_moof")


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The top boxes of an MP4: (kind, the whole box)."""
    while data:
        (length,) = struct.unpack(">I", data[:4])
        yield data[4:8], data[:length]
        data = data[length:]


def fragmented(folder: Path) -> bytes:
    return encode(folder / "whole.mp4", *PICTURE, "-c:v", "libx264", *FRAGMENTED).read_bytes()


def with_repeated_headers(folder: Path) -> bytes:
    """As live streams are joined: every fragment comes with the header again."""
    found = list(boxes(fragmented(folder)))
    header = b"".join(box for kind, box in found if kind in (b"ftyp", b"moov"))
    return b"".join(
        (header if kind == b"moof" else b"") + box for kind, box in found if kind in (b"moof", b"mdat")
    )


def with_times_that_restart(folder: Path) -> bytes:
    """Each fragment claims to begin at 0 (its tfdt box)."""
    data = bytearray(fragmented(folder))
    at = data.find(b"tfdt")
    while at >= 0:
        size = 8 if data[at + 4] else 4
        data[at + 8 : at + 8 + size] = bytes(size)
        at = data.find(b"tfdt", at + 4)
    return bytes(data)


def joined_twice(folder: Path) -> bytes:
    """Two Matroska files in one, so that times restart and B-frames have no decoding times."""
    return encode(folder / "once.mkv", *PICTURE, *SOUND, "-c:v", "libx264", "-c:a", "aac").read_bytes() * 2


def begun_late(folder: Path) -> bytes:
    """A recording that was switched on after a keyframe, four seconds before the next; it keeps its clock."""
    return encode(
        folder / "late.ts", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=8", "-c:v", "libx264",
        "-g", "100", "-sc_threshold", "0", "-bsf:v", "noise=drop='eq(n,0)'", "-f", "mpegts",
    ).read_bytes()  # fmt: skip


@pytest.mark.parametrize("extension", ["mp4", "mkv", "webm", "ts", "avi", "flv"])
def test_a_sound_file_is_not_touched(extension: str, tmp_path: Path) -> None:
    path = encode(tmp_path / f"clip.{extension}", *PICTURE, *SOUND)
    before = path.read_bytes()
    assert check_and_repair(path, stated_s=4).repair is Repair.NONE
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("make", "repair", "frames", "length_s"),
    [
        (with_repeated_headers, Repair.REMUXED, 100, 4.0),
        (with_times_that_restart, Repair.REMUXED, 100, 4.0),
        (joined_twice, Repair.REENCODED, 200, 8.0),
        (begun_late, Repair.REMUXED, 100, 7.84),
    ],
)
def test_a_broken_file_is_repaired(
    make: Callable[[Path], bytes], repair: Repair, frames: int, length_s: float, tmp_path: Path
) -> None:
    path = tmp_path / "source"
    path.write_bytes(make(tmp_path))
    checked = check_and_repair(path, stated_s=length_s)
    assert checked.repair is repair
    assert len(grey_frames(path)) == frames
    assert checked.source.duration_s == pytest.approx(length_s, abs=0.15)
    assert [file.name for file in tmp_path.iterdir() if file.name == "repaired"] == []


def test_remuxing_keeps_every_frame(tmp_path: Path) -> None:
    path = tmp_path / "source"
    path.write_bytes(with_times_that_restart(tmp_path))
    check_and_repair(path, stated_s=4)
    assert frame_differences(grey_frames(path), grey_frames(tmp_path / "whole.mp4")).max() == 0


def test_encoding_again_is_always_said() -> None:
    assert describe_repair(Repair.NONE) == ()
    assert "not what the site sent" in describe_repair(Repair.REENCODED)[0]


def test_a_file_that_ends_early_is_damaged(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip.mp4", *PICTURE)
    with pytest.raises(DamagedMedia, match=r"only 4\.0 s arrived"):
        check_and_repair(path, stated_s=60)


def test_a_file_without_its_index_is_damaged(tmp_path: Path) -> None:
    whole = encode(tmp_path / "clip.mp4", *PICTURE).read_bytes()
    path = tmp_path / "source"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DamagedMedia, match="cannot be repaired"):
        check_and_repair(path, stated_s=0)


@pytest.mark.parametrize(
    ("picture", "sound", "codecs"),
    [
        ("mp4", ["-c:a", "aac", "-f", "adts"], ("h264", "aac")),
        ("mp4", ["-c:a", "libmp3lame", "-f", "mp3"], ("h264", "mp3")),
        ("webm", ["-c:a", "libopus", "-f", "webm"], ("vp9", "opus")),
    ],
)
def test_picture_and_sound_are_merged_without_encoding(
    picture: str, sound: list[str], codecs: tuple[str, str], tmp_path: Path
) -> None:
    parts = (tmp_path / "part-1", tmp_path / "part-2")
    encode(parts[0], *PICTURE, "-f", picture)
    encode(parts[1], *SOUND, *sound)
    before = run("ffmpeg", "-v", "error", "-i", parts[0], "-c", "copy", "-f", "streamhash", "-")
    merged = merge_parts(parts, tmp_path / "source")
    assert (stream_facts(merged, "v:0")["codec_name"], stream_facts(merged, "a:0")["codec_name"]) == codecs
    after = run("ffmpeg", "-v", "error", "-i", merged, "-map", "0:v", "-c", "copy", "-f", "streamhash", "-")
    assert after == before
    assert [file.name for file in tmp_path.iterdir()] == ["source"]


def test_a_part_that_is_a_playlist_is_not_merged(tmp_path: Path) -> None:
    parts = (encode(tmp_path / "part-1.mp4", *PICTURE), tmp_path / "part-2")
    parts[1].write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")
    with pytest.raises(UnsupportedMedia, match="playlist"):
        merge_parts(parts, tmp_path / "source")
