"""The command in docs/operations.md gives a master back as the source was: frames, samples and times."""

import re
import shutil
import subprocess
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from heaters.domain.results import StoredObject
from heaters.media.master.segments import make_master
from heaters.media.source.probe import probe
from tests.conftest import REPOSITORY
from tests.media.pictures import encode, run
from tests.media.proxies import frame_md5s

TITLE = "## Get a master back"
TIME_TOLERANCE_S = 0.001
"""Matroska counts time in milliseconds."""


def documented_command() -> str:
    """The block of shell under the title, without the copy from S3, whose result the test puts there itself."""
    text = (REPOSITORY / "docs" / "operations.md").read_text()
    block = re.search(r"```\n(.*?)```", text[text.index(TITLE) :], re.DOTALL)
    assert block
    copy, _, rest = block[1].partition("\n")
    assert re.fullmatch(r"aws s3 cp --recursive s3://BUCKET/masters/VIDEO_ID/ master/", copy)
    assert "ffmpeg" in rest
    return rest


def restore(source: Path, folder: Path, *, segment_s: Fraction) -> Path:
    """The source's master made in segments, and joined as documented."""
    (folder / "master").mkdir()
    (folder / "work").mkdir()

    def keep(number: int, path: Path) -> StoredObject:
        shutil.copy(path, folder / "master" / path.name)
        return StoredObject(key=f"{number:05d}.mkv", size_bytes=path.stat().st_size)

    made = make_master(source, probe(source), folder=folder / "work", keep_segment=keep, segment_s=segment_s)
    assert len(made.segments) > 2
    subprocess.run(["sh", "-e", "-c", documented_command()], cwd=folder, check=True)
    return folder / "master.mkv"


def samples(path: Path, track: int) -> bytes:
    return run("ffmpeg", "-nostdin", "-v", "quiet", "-i", path, "-map", f"0:a:{track}", "-f", "s24le", "-")


def times_s(path: Path, track: str) -> list[float]:
    """When each frame or packet of a track is shown or heard, after the first picture."""
    show = ("ffprobe", "-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0", "-select_streams")
    times, pictures = (
        sorted(float(line.rstrip(b",")) for line in run(*show, stream, path).split())
        for stream in (track, "v:0")
    )
    return [time - pictures[0] for time in times]


def assert_restored(master: Path, source: Path) -> None:
    assert frame_md5s(master) == frame_md5s(source)
    tracks = range(len(probe(source).audio))
    assert len(probe(master).audio) == len(tracks)
    for track in tracks:
        assert samples(master, track) == samples(source, track)
        apart = abs(times_s(master, f"a:{track}")[0] - times_s(source, f"a:{track}")[0])
        assert apart <= TIME_TOLERANCE_S
    assert times_s(master, "v:0") == pytest.approx(times_s(source, "v:0"), abs=TIME_TOLERANCE_S)


def test_a_real_video_comes_back_as_it_was(media_folder: Path, tmp_path: Path) -> None:
    source = media_folder / "car_detection.mp4"
    assert_restored(restore(source, tmp_path, segment_s=Fraction(9)), source)


def test_b_frames_a_rate_that_varies_and_two_tracks_of_sound_come_back(tmp_path: Path) -> None:
    """Sound that begins before the picture and ends after it, in two tracks whose packets straddle the segments."""
    source = encode(
        tmp_path / "source.mkv", "-itsoffset", "0.3", "-f", "lavfi",
        "-i", "testsrc2=size=96x64:rate=30000/1001:duration=7",
        "-f", "lavfi", "-i", "sine=frequency=300:sample_rate=44100:duration=8",
        "-f", "lavfi", "-i", "anoisesrc=d=7.5:seed=2:a=0.2:r=48000", "-map", "0", "-map", "1", "-map", "2",
        "-vf", "select='mod(n,7)*mod(n,11)'", "-fps_mode", "vfr", "-c:v", "libx264", "-bf", "2", "-c:a:0", "aac",
        "-c:a:1", "pcm_s16le",
    )  # fmt: skip
    master = restore(source, tmp_path, segment_s=Fraction(2))
    assert_restored(master, source)
    gaps = {round(later - earlier, 2) for earlier, later in pairwise(times_s(master, "v:0"))}
    assert {0.03, 0.07} <= gaps
