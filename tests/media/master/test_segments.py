"""A master is the source, frame for frame and sample for sample, in segments."""

import shutil
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from heaters.domain.errors import DamagedMedia, StorageUnavailable, UnsupportedMedia
from heaters.domain.results import StoredObject
from heaters.media.master.command import master_arguments
from heaters.media.master.segments import Master, make_master
from heaters.media.source.probe import probe
from tests.media.pictures import encode, run
from tests.media.proxies import frame_md5s, sha256

ALL_FILES = (
    "big_buck_bunny_480p_30s.mp4", "car_detection.mp4", "bottle_detection.mp4", "rotated_90.mov", "rotated_180.mov",
    "hevc_10bit.mp4", "corrupted.mp4",
)  # fmt: skip


class Archive:
    """Keeps segments in a folder and remembers how many files it ever saw on the encoder's disk."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.work = folder / "archive", folder / "work"
        self.folder.mkdir(parents=True)
        self.work.mkdir()
        self.most_on_disk = 0

    def keep(self, number: int, path: Path) -> StoredObject:
        self.most_on_disk = max(self.most_on_disk, len(list(self.work.glob("*.mkv"))))
        shutil.copy(path, self.folder / path.name)
        return StoredObject(key=f"{number:05d}.mkv", size_bytes=path.stat().st_size)

    def make(self, source: Path, *, segment_s: int = 7) -> Master:
        return make_master(
            source, probe(source), folder=self.work, keep_segment=self.keep, segment_s=Fraction(segment_s)
        )

    def paths(self, master: Master) -> list[Path]:
        return [self.folder / segment.key for segment in master.segments]


def samples(path: Path, track: int = 0) -> bytes:
    """An audio track, decoded to 24 bits."""
    return run("ffmpeg", "-nostdin", "-v", "quiet", "-i", path, "-map", f"0:a:{track}", "-f", "s24le", "-")


@pytest.mark.parametrize("name", ALL_FILES)
def test_the_segments_decode_to_exactly_the_sources_frames_and_samples(
    name: str, media_folder: Path, tmp_path: Path
) -> None:
    source, archive = tmp_path / name, Archive(tmp_path)
    run("ffmpeg", "-v", "error", "-i", media_folder / name, "-t", "10", "-map", "0", "-c", "copy", source)
    master = archive.make(source)
    frames = [md5 for path in archive.paths(master) for md5 in frame_md5s(path)]
    assert frames == list(frame_md5s(source))
    assert master.frame_count == len(frames)
    for track in range(len(probe(source).audio)):
        assert b"".join(samples(path, track) for path in archive.paths(master)) == samples(source, track)


def test_segments_are_cut_by_time_and_leave_the_disk(media_folder: Path, tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    master = archive.make(media_folder / "car_detection.mp4", segment_s=4)
    counts = [len(frame_md5s(path)) for path in archive.paths(master)]
    assert counts == [50, 50, 50, 50, 50, 50, 50, 27]
    assert archive.most_on_disk <= 2
    assert list(archive.work.iterdir()) == []


def test_a_second_run_gives_the_same_bytes(media_folder: Path, tmp_path: Path) -> None:
    runs = []
    for name in ("one", "two"):
        archive = Archive(tmp_path / name)
        master = archive.make(media_folder / "hevc_10bit.mp4")
        runs.append([sha256(path) for path in archive.paths(master)])
    assert runs[0] == runs[1]


def test_every_audio_track_is_kept_in_order(tmp_path: Path) -> None:
    source = encode(
        tmp_path / "two.mkv", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=3",
        "-f", "lavfi", "-i", "sine=frequency=300:duration=3", "-f", "lavfi", "-i", "anoisesrc=d=3:seed=2:a=0.2",
        "-map", "0", "-map", "1", "-map", "2", "-c:v", "libx264", "-c:a:0", "pcm_s16le", "-c:a:1", "libopus",
    )  # fmt: skip
    archive = Archive(tmp_path)
    (path,) = archive.paths(archive.make(source))
    assert [samples(path, track) for track in (0, 1)] == [samples(source, track) for track in (0, 1)]


@pytest.mark.parametrize("pixels", ["yuvj420p", "yuv422p10le", "yuv444p", "gbrp"])
def test_pixels_of_any_format_are_the_same(pixels: str, tmp_path: Path) -> None:
    codec = "mjpeg" if pixels == "yuvj420p" else "ffv1"
    source = encode(
        tmp_path / "source.mkv", "-f", "lavfi", "-i", "testsrc2=size=98x54:rate=25:duration=1",
        "-pix_fmt", pixels, "-c:v", codec,
    )  # fmt: skip
    archive = Archive(tmp_path)
    (path,) = archive.paths(archive.make(source))
    assert frame_md5s(path) == frame_md5s(source)
    assert probe(path).video.pixel_format == probe(source).video.pixel_format.replace("yuvj", "yuv")


def test_a_varying_rate_keeps_every_frame_at_its_time(tmp_path: Path) -> None:
    source = encode(
        tmp_path / "vfr.mkv", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=30:duration=3",
        "-vf", r"select=not(mod(n\,7))+not(mod(n\,5))", "-fps_mode", "vfr", "-c:v", "libx264", "-bf", "0",
    )  # fmt: skip
    archive = Archive(tmp_path)
    (path,) = archive.paths(archive.make(source))
    entries = ("ffprobe", "-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0")
    assert run(*entries, path) == run(*entries, source)
    assert frame_md5s(path) == frame_md5s(source)


def test_each_slice_has_its_own_checksum(media_folder: Path) -> None:
    path = media_folder / "hevc_10bit.mp4"
    arguments = master_arguments(path, probe(path))
    pairs = dict(pairwise(arguments))
    assert {name: pairs[name] for name in ("-c:v", "-level", "-g", "-slicecrc")} == {
        "-c:v": "ffv1", "-level": "3", "-g": "1", "-slicecrc": "1",
    }  # fmt: skip


def test_more_channels_than_flac_holds_are_refused(tmp_path: Path) -> None:
    source = encode(
        tmp_path / "wide.mkv", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=1",
        "-f", "lavfi", "-i", "anoisesrc=d=1", "-af", "pan=hexadecagonal|c0=c0", "-c:a", "pcm_s16le",
    )  # fmt: skip
    with pytest.raises(UnsupportedMedia, match="16 channels"):
        Archive(tmp_path).make(source)


def test_an_upload_that_fails_stops_the_encoder(media_folder: Path, tmp_path: Path) -> None:
    source = media_folder / "car_detection.mp4"
    (tmp_path / "work").mkdir()

    def refuse(_number: int, _path: Path) -> StoredObject:
        raise StorageUnavailable("S3 is away; try again.")

    with pytest.raises(StorageUnavailable):
        make_master(
            source, probe(source), folder=tmp_path / "work", keep_segment=refuse, segment_s=Fraction(1)
        )


def test_a_source_without_a_decodable_frame_is_damaged(media_folder: Path, tmp_path: Path) -> None:
    """The frames are destroyed after the source was probed."""
    source = tmp_path / "source.mp4"
    shutil.copyfile(media_folder / "hevc_10bit.mp4", source)
    facts, data = probe(source), bytearray(source.read_bytes())
    at, end = data.index(b"mdat") + 4, len(data)
    moov = data.index(b"moov")
    end = moov - 4 if moov > at else end
    data[at:end] = bytes(end - at)
    source.write_bytes(data)
    with pytest.raises(DamagedMedia):
        make_master(source, facts, folder=tmp_path, keep_segment=Archive(tmp_path / "a").keep)
