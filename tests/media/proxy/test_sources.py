"""The pass over made sources of many kinds: each frame in its place, sound with its picture, time kept."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from heaters.media.proxy.single_pass import ProxyPass, make_proxy
from heaters.media.source.probe import probe
from tests.media.pictures import encode, grey_frames, nearest_frames, run
from tests.media.proxies import frame_md5s

MakeProxy = Callable[[Path], ProxyPass]


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


def test_a_source_of_uneven_rate_keeps_time_by_repeating_frames(tmp_path: Path) -> None:
    dropped = "select='not(between(n,10,30)*mod(n,3))'"
    path = encode(tmp_path / "uneven.mp4", *picture(rate="30"), "-vf", dropped, "-fps_mode", "vfr", *X264)
    made = make_proxy(path, probe(path), folder=tmp_path)
    shown = [n for n in range(60) if not (10 <= n <= 30 and n % 3)]
    expected = [max(i for i, n in enumerate(shown) if n <= frame) for frame in range(60)]
    assert nearest_frames(grey_frames(made.proxy), grey_frames(path)) == expected
    assert made.warnings == ("The frame rate is not constant: frames were repeated 14 times to keep time.",)


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


def test_a_broadcast_that_changes_its_shape_keeps_both(tmp_path: Path) -> None:
    """White pictures of 4:3, then of 16:9: these fill the width and have bars above and below."""
    white = (
        "-f",
        "lavfi",
        "-i",
        "color=white:size=720x576:rate=25:duration=1",
        "-c:v",
        "mpeg2video",
        "-bf",
        "0",
    )
    parts = []
    for number, aspect in enumerate(("16/15", "64/45")):
        place = ("-output_ts_offset", str(number), "-muxdelay", "0", "-f", "mpegts")
        parts.append(
            encode(tmp_path / f"part{number}", *white, "-vf", f"setsar={aspect}", *place).read_bytes()
        )
    (tmp_path / "source").write_bytes(b"".join(parts))
    made = make_proxy(tmp_path / "source", probe(tmp_path / "source"), folder=tmp_path)
    first, last = grey_frames(made.proxy)[[0, -1]].reshape(2, 48, 64)
    assert first.min() > 250
    assert (last[:5].max(), last[7:41].min() > 250, last[-5:].max()) == (
        pytest.approx(0, abs=2),
        True,
        pytest.approx(0, abs=2),
    )


def test_hdr_that_does_not_say_its_colours_is_shown_like_hdr_that_does(tmp_path: Path) -> None:
    """The same samples, once with all of BT.2100 said and once with the transfer alone."""
    said = "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
    hashes = []
    for number, parameters in enumerate((said, "transfer=smpte2084")):
        x265 = ("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-x265-params")
        path = encode(tmp_path / f"{number}.mp4", *picture(), *x265, f"log-level=none:{parameters}")
        (tmp_path / str(number)).mkdir()
        made = make_proxy(path, probe(path), folder=tmp_path / str(number))
        hashes.append(frame_md5s(made.proxy))
    assert hashes[0] == hashes[1]


def test_fields_are_deinterlaced_wherever_they_begin(tmp_path: Path) -> None:
    """Every second line of a moving edge is half a frame late; what is woven shows a comb there."""
    moving = "testsrc2=size=160x120:rate={rate}:duration=1"
    kinds = {"25": (), "50": ("-vf", "interlace=scan=tff", "-flags", "+ildct+ilme", "-x264-params", "tff=1")}
    parts = []
    for number, (rate, fields) in enumerate(kinds.items()):
        place = ("-output_ts_offset", str(number), "-muxdelay", "0", "-f", "mpegts")
        source = ("-f", "lavfi", "-i", moving.format(rate=rate), *fields, *X264, "-bf", "0")
        parts.append(encode(tmp_path / f"part{number}", *source, *place).read_bytes())
    (tmp_path / "source").write_bytes(b"".join(parts))
    made = make_proxy(tmp_path / "source", probe(tmp_path / "source"), folder=tmp_path)
    assert combs(made.proxy)[25:].max() < combs(tmp_path / "source")[30:].mean() / 1.5
    assert made.scores.frame_count == 50


def combs(path: Path) -> NDArray[np.float64]:
    """For each frame, how far its odd lines are from what lies between the even ones, on average."""
    raw = run("ffmpeg", "-v", "quiet", "-i", path, "-map", "0:v", "-pix_fmt", "gray", "-f", "rawvideo", "-")
    frames = np.frombuffer(raw, np.uint8).reshape(-1, 120, 160).astype(float)
    between = (frames[:, :-2:2] + frames[:, 2::2]) / 2
    return np.abs(frames[:, 1:-1:2] - between).mean(axis=(1, 2))
