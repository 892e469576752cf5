"""A timecode is read where cameras and editors write it, and nowhere else."""

from pathlib import Path

import pytest

from heaters.media.source.probe import probe
from heaters.media.source.timecode import timecode_in_name
from tests.media.pictures import encode

CLIP = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=0.4", "-c:v", "mpeg2video")

NAMES = {
    "A001_01-02-03-04.mov": "01:02:03:04",
    "01.02.03.04 take.mxf": "01:02:03:04",
    "2026-11-28-10.mp4": None,
    "26-11-28-10-12.mp4": None,
    "25-00-00-00.mp4": None,
    "holiday.mp4": None,
}


@pytest.mark.parametrize("muxer", ["mov", "mxf", "mpegts"])
def test_a_timecode_is_found_in_its_track_its_file_or_its_pictures(muxer: str, tmp_path: Path) -> None:
    source = encode(tmp_path / "source", *CLIP, "-timecode", "10:00:00:05", "-f", muxer)
    assert probe(source).timecode == "10:00:00:05"


def test_pictures_that_count_from_zero_have_no_timecode(tmp_path: Path) -> None:
    assert probe(encode(tmp_path / "source", *CLIP, "-f", "mpegts")).timecode is None


@pytest.mark.parametrize("name", NAMES)
def test_a_timecode_in_a_name_stands_alone(name: str) -> None:
    assert timecode_in_name(name) == NAMES[name]
