"""The pass over real videos: frame i of a proxy shows frame i of its source, and every rule is met."""

import hashlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from heaters.domain.jobs import DetectSettings
from heaters.media.proxy.single_pass import ProxyPass, make_proxy
from heaters.media.scenes.cuts import propose_cuts
from heaters.media.source.probe import probe
from heaters.media.untrusted.ffmpeg import Progress
from tests.media.pictures import frame_differences, grey_frames, nearest_frames, run, stream_facts

MakeProxy = Callable[[Path], ProxyPass]
ADAPTIVE = DetectSettings(skip_flashes=False, gradual=False)

REAL = {
    "big_buck_bunny_480p_30s.mp4": (720, Fraction(24), (854, 480)),
    "car_detection.mp4": (377, Fraction(25, 2), (768, 432)),
    "bottle_detection.mp4": (1189, Fraction(179, 6), (640, 360)),
    "rotated_90.mov": (3, Fraction(30), (320, 568)),
    "rotated_180.mov": (3, Fraction(30), (568, 320)),
    "hevc_10bit.mp4": (30, Fraction(30), (200, 200)),
}


@pytest.mark.parametrize("name", REAL)
def test_each_frame_of_a_real_proxy_is_the_frame_of_its_source(
    name: str, media_folder: Path, proxy_of: MakeProxy
) -> None:
    frame_count, rate, _ = REAL[name]
    made = proxy_of(media_folder / name)
    matrix = "bt601" if name == "car_detection.mp4" else "bt709"
    source, proxy = grey_frames(media_folder / name, matrix=matrix), grey_frames(made.proxy)
    assert len(source) == len(proxy) == made.scores.frame_count == made.decoded_frames == frame_count
    assert (made.plan.rate, made.lost_frames, made.warnings) == (rate, 0, ())
    assert frame_differences(source, proxy).max() < 6
    steps = frame_differences(source[:-1], source[1:])
    moving = [i for i in range(1, frame_count - 1) if steps[i - 1 : i + 1].min() > 3]
    assert all(nearest_frames(proxy[i : i + 1], source[i - 1 : i + 2]) == [1] for i in moving)


@pytest.mark.parametrize("name", REAL)
def test_a_real_proxy_meets_every_rule(name: str, media_folder: Path, proxy_of: MakeProxy) -> None:
    _, rate, size = REAL[name]
    facts = stream_facts(proxy_of(media_folder / name).proxy, "v:0")
    assert (facts["codec_name"], facts["pix_fmt"], facts["has_b_frames"]) == ("h264", "yuv420p", 0)
    assert (facts["width"], facts["height"], facts["sample_aspect_ratio"]) == (*size, "1:1")
    assert Fraction(facts["r_frame_rate"]) == Fraction(facts["avg_frame_rate"]) == rate
    assert (facts["color_space"], facts["color_transfer"], facts["color_range"]) == ("bt709", "bt709", "tv")
    assert float(facts["start_time"]) == 0
    assert "side_data_list" not in facts


def test_every_frame_of_a_proxy_is_a_key_frame(media_folder: Path, proxy_of: MakeProxy) -> None:
    proxy = proxy_of(media_folder / "car_detection.mp4").proxy
    answer = run(
        "ffprobe",
        "-v",
        "error",
        "-select_streams",
        "v",
        "-show_entries",
        "packet=flags",
        "-of",
        "csv=p=0",
        proxy,
    )
    flags = answer.split()
    assert len(flags) == 377
    assert all(flag.startswith(b"K") for flag in flags)


def test_the_index_of_a_proxy_comes_first(media_folder: Path, proxy_of: MakeProxy) -> None:
    data = proxy_of(media_folder / "car_detection.mp4").proxy.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_scores_of_the_pass_find_the_cuts(media_folder: Path, proxy_of: MakeProxy) -> None:
    made = proxy_of(media_folder / "big_buck_bunny_480p_30s.mp4")
    assert propose_cuts(made.scores, ADAPTIVE) == (285, 378, 553)


@pytest.mark.parametrize("name", ["car_detection.mp4", "bottle_detection.mp4"])
def test_one_shot_has_no_cut(name: str, media_folder: Path, proxy_of: MakeProxy) -> None:
    made = proxy_of(media_folder / name)
    assert propose_cuts(made.scores, ADAPTIVE) == ()


def test_the_storyboard_has_a_tile_for_each_second(media_folder: Path, proxy_of: MakeProxy) -> None:
    board = proxy_of(media_folder / "big_buck_bunny_480p_30s.mp4").storyboard
    assert board.tile_count == 30
    (sheet,) = board.paths
    facts = stream_facts(sheet, "v:0")
    assert (facts["codec_name"], facts["width"], facts["height"]) == ("mjpeg", 10 * 284, 3 * 160)


def test_the_same_source_gives_the_same_bytes(
    media_folder: Path, proxy_of: MakeProxy, tmp_path: Path
) -> None:
    path = media_folder / "corrupted.mp4"
    first, second = proxy_of(path), make_proxy(path, probe(path), folder=tmp_path)
    for left, right in ((first.proxy, second.proxy), (first.storyboard.paths[0], second.storyboard.paths[0])):
        assert hashlib.sha256(left.read_bytes()).digest() == hashlib.sha256(right.read_bytes()).digest()
    assert first.scores.to_bytes() == second.scores.to_bytes()


def test_a_silent_source_gives_a_silent_proxy(media_folder: Path, proxy_of: MakeProxy) -> None:
    assert stream_facts(proxy_of(media_folder / "bottle_detection.mp4").proxy, "a:0") == {}


def test_surround_sound_becomes_stereo(media_folder: Path, proxy_of: MakeProxy) -> None:
    facts = stream_facts(proxy_of(media_folder / "big_buck_bunny_480p_30s.mp4").proxy, "a:0")
    assert (facts["codec_name"], facts["channels"], facts["sample_rate"]) == ("aac", 2, "48000")


def test_progress_rises_to_the_end(media_folder: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    path = media_folder / "corrupted.mp4"
    make_proxy(path, probe(path), folder=tmp_path, on_progress=seen.append)
    fractions = [progress.fraction for progress in seen if progress.fraction is not None]
    assert fractions == sorted(fractions)
    assert len(fractions) == len(seen)
    assert fractions[-1] == 1.0
