"""Facts are what the file shows, and a file that cannot be read says why."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from heaters.domain.errors import DamagedMedia, UnsupportedMedia
from heaters.media.source.probe import probe
from tests.media.pictures import encode

KNOWN: dict[str, dict[str, Any]] = {
    "big_buck_bunny_480p_30s.mp4": {
        "width": 854,
        "height": 480,
        "base_rate": Fraction(24),
        "stated_frames": 720,
    },
    "car_detection.mp4": {"base_rate": Fraction(25, 2), "stated_frames": 377, "color_space": "smpte170m"},
    "bottle_detection.mp4": {"base_rate": Fraction(179, 6), "stated_frames": 1189},
    "rotated_90.mov": {"width": 568, "height": 320, "rotation_deg": 90, "stated_frames": 3},
    "rotated_180.mov": {"rotation_deg": 180},
    "hevc_10bit.mp4": {"codec": "hevc", "pixel_format": "yuv420p10le", "stated_frames": 30},
    "corrupted.mp4": {"width": 1280, "height": 720, "stated_frames": 50},
}


@pytest.mark.parametrize("name", KNOWN)
def test_real_videos_have_the_facts_they_are_known_by(name: str, media_folder: Path) -> None:
    video = probe(media_folder / name).video
    assert {fact: getattr(video, fact) for fact in KNOWN[name]} == KNOWN[name]


def test_the_sound_of_a_video_is_found(media_folder: Path) -> None:
    (track,) = probe(media_folder / "big_buck_bunny_480p_30s.mp4").audio
    assert (track.codec, track.channels, track.sample_rate_hz) == ("aac", 6, 48000)
    assert probe(media_folder / "bottle_detection.mp4").audio == ()


def test_an_mp4_cut_off_before_its_index_says_so(media_folder: Path, tmp_path: Path) -> None:
    whole = (media_folder / "corrupted.mp4").read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) * 3 // 4])
    with pytest.raises(DamagedMedia, match=r"ends before its index \(moov\).*upload it again"):
        probe(tmp_path / "cut")


def test_an_mp4_that_holds_its_index_but_no_pictures_says_so(tmp_path: Path) -> None:
    arguments = ("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=2", "-movflags", "+faststart")
    whole = encode(tmp_path / "whole.mp4", *arguments).read_bytes()
    (tmp_path / "cut").write_bytes(whole[: whole.index(b"mdat") + 12])
    with pytest.raises(DamagedMedia, match="first frames"):
        probe(tmp_path / "cut")


def test_an_empty_file_and_a_text_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("This is not a video.\n")
    with pytest.raises(UnsupportedMedia, match="empty"):
        probe(tmp_path / "empty.mp4")
    with pytest.raises(UnsupportedMedia, match="text"):
        probe(tmp_path / "text.mp4")


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    sound = encode(tmp_path / "sound.mp4", "-f", "lavfi", "-i", "sine=duration=1")
    with pytest.raises(UnsupportedMedia, match="no picture"):
        probe(sound)


def test_a_few_bytes_of_a_video_are_refused(tmp_path: Path) -> None:
    (tmp_path / "start").write_bytes(b"\x1a\x45\xdf\xa3" + b"\x42\x82\x88matroska")
    with pytest.raises(DamagedMedia, match="ends after 15 bytes"):
        probe(tmp_path / "start")
