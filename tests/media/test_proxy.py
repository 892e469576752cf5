"""The pass is frame exact: frame i of a proxy shows what frame i of its source shows, and time stays true."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from heaters.domain.errors import DamagedMedia
from heaters.domain.jobs import DetectSettings
from heaters.media.ffmpeg import Progress
from heaters.media.probe import probe
from heaters.media.proxy import ProxyPass, make_proxy
from heaters.media.scenes import find_cuts
from tests.media.pictures import encode, frame_differences, grey_frames, nearest_frames, run

MakeProxy = Callable[[Path], ProxyPass]

REAL = {
    "big_buck_bunny_480p_30s.mp4": (720, Fraction(24), (854, 480)),
    "car_detection.mp4": (377, Fraction(25, 2), (768, 432)),
    "bottle_detection.mp4": (1189, Fraction(179, 6), (640, 360)),
    "rotated_90.mov": (3, Fraction(30), (320, 568)),
    "rotated_180.mov": (3, Fraction(30), (568, 320)),
    "hevc_10bit.mp4": (30, Fraction(30), (200, 200)),
}


@pytest.fixture(scope="module")
def proxy_of() -> Iterator[MakeProxy]:
    """Makes each proxy once; all are removed at the end."""
    with tempfile.TemporaryDirectory() as base:

        @cache
        def make(path: Path) -> ProxyPass:
            return make_proxy(path, probe(path), folder=Path(tempfile.mkdtemp(dir=base)))

        yield make


def picture(size: str = "160x120", rate: str = "25", more: str = "") -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration=2{more}")


TONE = ("-f", "lavfi", "-i", "sine=frequency=440:duration=2")
X264 = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac")
FIELDS = ("-vf", "interlace", "-flags", "+ildct+ilme")

EVEN_SOURCES = {
    "ntsc.mp4": ((*picture(rate="30000/1001"), *TONE, *X264, *AAC), 60, Fraction(30000, 1001), (160, 120)),
    "film.mkv": ((*picture(rate="24000/1001"), *TONE, *X264, *AAC), 48, Fraction(24000, 1001), (160, 120)),
    "fast.webm": (
        (*picture(rate="60000/1001"), "-c:v", "libvpx", "-deadline", "realtime"),
        120, Fraction(60000, 1001), (160, 120),
    ),
    "stream.ts": ((*picture(rate="50"), *TONE, *X264, *AAC), 100, Fraction(50), (160, 120)),
    "late.ts": ((*picture(), *X264, "-output_ts_offset", "80000"), 50, Fraction(25), (160, 120)),
    "dvd.mpg": ((*picture(), *TONE, "-c:v", "mpeg2video"), 50, Fraction(25), (160, 120)),
    "b_frames.avi": ((*picture(), "-c:v", "mpeg4", "-bf", "2"), 50, Fraction(25), (160, 120)),
    "prores.mov": ((*picture(rate="24000/1001"), "-c:v", "prores_ks"), 48, Fraction(24000, 1001), (160, 120)),
    "fragments.mp4": ((*picture(), *X264, "-movflags", "frag_keyframe+empty_moov"), 50, Fraction(25), (160, 120)),
    "no_edits.mp4": ((*picture(), *X264, "-use_editlist", "0"), 50, Fraction(25), (160, 120)),
    "odd.mp4": ((*picture("161x121"), *X264[:4], "-pix_fmt", "yuv444p"), 50, Fraction(25), (160, 120)),
    "narrow.mp4": ((*picture(), "-vf", "setsar=8/9", *X264), 50, Fraction(25), (160, 136)),
    "large.mp4": ((*picture("2560x1440", "5"), *X264), 10, Fraction(5), (1920, 1080)),
    "fields.mp4": ((*picture(rate="50"), *FIELDS, *X264), 50, Fraction(25), (160, 120)),
    "fields.mpg": ((*picture(rate="50"), *FIELDS, "-c:v", "mpeg2video"), 50, Fraction(25), (160, 120)),
}  # fmt: skip


def stream_facts(path: Path, kind: str) -> dict[str, str]:
    answer = run("ffprobe", "-v", "error", "-select_streams", kind, "-show_streams", "-of", "json", path)
    streams = json.loads(answer)["streams"]
    return streams[0] if streams else {}


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


@pytest.mark.parametrize("name", EVEN_SOURCES)
def test_each_frame_of_a_made_proxy_is_the_frame_of_its_source(name: str, tmp_path: Path) -> None:
    arguments, frame_count, rate, size = EVEN_SOURCES[name]
    path = encode(tmp_path / name, *arguments)
    folder = tmp_path / "pass"
    folder.mkdir()
    made = make_proxy(path, probe(path), folder=folder)
    source, proxy = grey_frames(path), grey_frames(made.proxy)
    assert len(proxy) == made.scores.frame_count == frame_count
    assert nearest_frames(proxy, source) == list(range(frame_count))
    assert (made.plan.rate, made.warnings, made.is_source) == (rate, (), False)
    assert (made.plan.size.width, made.plan.size.height) == size


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
    assert find_cuts(made.scores.content_values(), DetectSettings(), made.plan.rate) == (285, 378, 553)


@pytest.mark.parametrize("name", ["car_detection.mp4", "bottle_detection.mp4"])
def test_one_shot_has_no_cut(name: str, media_folder: Path, proxy_of: MakeProxy) -> None:
    made = proxy_of(media_folder / name)
    assert find_cuts(made.scores.content_values(), DetectSettings(), made.plan.rate) == ()


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


def test_a_lost_frame_is_filled_and_said(media_folder: Path, proxy_of: MakeProxy) -> None:
    """49 of 50 frames decode. The frame before the gap is shown twice, so every other keeps its time."""
    made = proxy_of(media_folder / "corrupted.mp4")
    source, proxy = grey_frames(media_folder / "corrupted.mp4"), grey_frames(made.proxy)
    assert (made.decoded_frames, made.lost_frames, made.scores.frame_count) == (49, 1, 50)
    assert made.warnings == ("1 of 50 frames could not be decoded.",)
    assert (len(source), len(proxy)) == (49, 50)
    assert frame_differences(source[-1:], proxy[-1:]).max() < 2


def test_a_source_that_lost_nearly_everything_is_damaged(tmp_path: Path) -> None:
    """Its index promises 250 frames; the media ends after a few."""
    arguments = (
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=160x120:rate=25:duration=10",
        *X264,
        "-movflags",
        "+faststart",
    )
    whole = encode(tmp_path / "whole.mp4", *arguments).read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 20])
    with pytest.raises(DamagedMedia, match=r"Only \d+ of 250 frames could be decoded"):
        make_proxy(tmp_path / "cut", probe(tmp_path / "cut"), folder=tmp_path)


def test_a_source_cut_off_after_its_index_keeps_what_there_is(tmp_path: Path) -> None:
    arguments = (
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=160x120:rate=25:duration=10",
        *X264,
        "-movflags",
        "+faststart",
    )
    whole = encode(tmp_path / "whole.mp4", *arguments).read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) * 7 // 10])
    made = make_proxy(tmp_path / "cut", probe(tmp_path / "cut"), folder=tmp_path)
    assert 125 < made.decoded_frames < 250
    assert made.lost_frames == 250 - made.decoded_frames
    assert "of 250 frames could not be decoded." in made.warnings[0]


def test_a_source_of_uneven_rate_keeps_time_by_repeating_frames(tmp_path: Path) -> None:
    dropped = "select='not(between(n,10,30)*mod(n,3))'"
    path = encode(tmp_path / "uneven.mp4", *picture(rate="30"), "-vf", dropped, "-fps_mode", "vfr", *X264)
    made = make_proxy(path, probe(path), folder=tmp_path)
    shown = [n for n in range(60) if not (10 <= n <= 30 and n % 3)]
    expected = [max(i for i, n in enumerate(shown) if n <= frame) for frame in range(60)]
    assert nearest_frames(grey_frames(made.proxy), grey_frames(path)) == expected
    assert made.warnings == ("The frame rate is not constant: frames were repeated 14 times to keep time.",)


def test_a_silent_source_gives_a_silent_proxy(media_folder: Path, proxy_of: MakeProxy) -> None:
    assert stream_facts(proxy_of(media_folder / "bottle_detection.mp4").proxy, "a:0") == {}


def test_surround_sound_becomes_stereo(media_folder: Path, proxy_of: MakeProxy) -> None:
    facts = stream_facts(proxy_of(media_folder / "big_buck_bunny_480p_30s.mp4").proxy, "a:0")
    assert (facts["codec_name"], facts["channels"], facts["sample_rate"]) == ("aac", 2, "48000")


@pytest.mark.parametrize("name", ["beep.mkv", "beep.mp4", "beep.ts"])
def test_sound_stays_with_its_picture(name: str, tmp_path: Path) -> None:
    """A beep begins with the first white frame, at 1 s, and must still do so in the proxy."""
    flash = "color=black:size=64x64:rate=25:duration=2,drawbox=color=white:t=fill:enable='gte(n,25)'"
    beep = "aevalsrc='if(gte(t,1),0.8*sin(2*PI*1000*t),0)':sample_rate=48000:duration=2"
    path = encode(tmp_path / name, "-f", "lavfi", "-i", flash, "-f", "lavfi", "-i", beep, *X264, *AAC)
    made = make_proxy(path, probe(path), folder=tmp_path)
    first_white = int(np.flatnonzero(grey_frames(made.proxy).mean(axis=1) > 128)[0])
    raw = run("ffmpeg", "-v", "error", "-i", made.proxy, "-map", "0:a", "-ac", "1", "-f", "s16le", "-")
    first_loud = int(np.flatnonzero(np.abs(np.frombuffer(raw, np.int16).astype(int)) > 8000)[0])
    assert first_white == 25
    assert first_loud / 48000 == pytest.approx(1.0, abs=0.005)


def test_a_source_that_meets_the_rules_is_its_own_proxy(tmp_path: Path) -> None:
    rules = ("-g", "1", "-bf", "0", "-movflags", "+faststart")
    path = encode(tmp_path / "intra.mp4", *picture(), *TONE, *X264, *rules, *AAC)
    made = make_proxy(path, probe(path), folder=tmp_path)
    assert made.is_source
    assert made.proxy == path
    assert made.scores.frame_count == 50
    assert made.storyboard.tile_count == 2
    assert not (tmp_path / "proxy.mp4").exists()


@pytest.mark.parametrize(
    "breach",
    [
        ("-movflags", "+faststart", "-bf", "2"), ("-movflags", "+faststart", "-bf", "0", "-g", "5"),
        ("-g", "1", "-bf", "0"),
    ],
)  # fmt: skip
def test_a_source_laid_out_otherwise_is_not(breach: tuple[str, ...], tmp_path: Path) -> None:
    path = encode(tmp_path / "other.mp4", *picture(), *X264, *breach)
    assert not make_proxy(path, probe(path), folder=tmp_path).is_source


def test_a_proxy_is_itself_a_source_that_needs_no_other_proxy(
    media_folder: Path, proxy_of: MakeProxy, tmp_path: Path
) -> None:
    proxy = proxy_of(media_folder / "car_detection.mp4").proxy
    assert make_proxy(proxy, probe(proxy), folder=tmp_path).is_source


def test_progress_rises_to_the_end(media_folder: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    path = media_folder / "corrupted.mp4"
    make_proxy(path, probe(path), folder=tmp_path, on_progress=seen.append)
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0, abs=0.05)
