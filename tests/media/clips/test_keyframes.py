"""Keyframes are the frames that the strategy names, and look like them."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from heaters.domain.errors import InvalidJob
from heaters.domain.jobs import KeyframeStrategy
from heaters.domain.timebase import FrameRange
from heaters.media.clips.keyframes import choose_frames, extract_stills
from tests.media.pictures import run
from tests.media.proxies import Proxy, make_proxy, reader


@pytest.fixture(scope="module")
def proxy(media_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Proxy:
    path = tmp_path_factory.mktemp("keyframes") / "proxy.mp4"
    return make_proxy(path, "-ss", "11", "-t", "3", "-i", str(media_folder / "big_buck_bunny_480p_30s.mp4"))


def as_picture(jpeg: bytes) -> NDArray[np.uint8]:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture.astype(np.uint8, copy=False)


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (KeyframeStrategy.MIDPOINT, (150,)),
        (KeyframeStrategy.MULTI, (125, 150, 175)),
        (KeyframeStrategy.UNIFORM, (110, 130, 150, 170, 190)),
    ],
)
def test_each_strategy_names_its_frames(strategy: KeyframeStrategy, expected: tuple[int, ...]) -> None:
    assert choose_frames(FrameRange(start_frame=100, end_frame=200), strategy) == expected


@pytest.mark.parametrize("strategy", KeyframeStrategy)
def test_a_clip_of_one_frame_has_one_keyframe(strategy: KeyframeStrategy) -> None:
    assert choose_frames(FrameRange(start_frame=7, end_frame=8), strategy) == (7,)


@given(start=st.integers(0, 10**6), count=st.integers(1, 10**6), strategy=st.sampled_from(KeyframeStrategy))
def test_keyframes_rise_and_lie_inside_the_clip(start: int, count: int, strategy: KeyframeStrategy) -> None:
    frames = FrameRange(start_frame=start, end_frame=start + count)
    chosen = choose_frames(frames, strategy)
    assert list(chosen) == sorted(set(chosen))
    assert chosen
    assert all(map(frames.contains, chosen))


def test_each_still_shows_its_frame(proxy: Proxy) -> None:
    """Compared with ffmpeg's own conversion of the same frames; JPEG loses a little."""
    chosen = (0, 30, 71)
    stills = extract_stills(frames=chosen, read_index=reader(proxy.index_data), read_proxy=reader(proxy.data))
    raw = run("ffmpeg", "-v", "error", "-i", proxy.path, "-vf", "scale=in_color_matrix=bt709", "-pix_fmt", "bgr24",
              "-f", "rawvideo", "-")  # fmt: skip
    truth = np.frombuffer(raw, np.uint8).reshape(-1, 480, 854, 3)
    assert [still.frame for still in stills] == list(chosen)
    for still in stills:
        picture = as_picture(still.jpeg)
        assert picture.shape == (480, 854, 3)
        distances = [np.abs(picture.astype(int) - truth[f].astype(int)).mean() for f in range(len(truth))]
        assert int(np.argmin(distances)) == still.frame
        assert min(distances) < 3


def test_only_the_wanted_samples_are_read(proxy: Proxy) -> None:
    reads: list[int] = []
    extract_stills(frames=(10, 40), read_index=reader(proxy.index_data), read_proxy=reader(proxy.data, reads))
    assert reads == [int(proxy.index.frames["size_bytes"][frame]) for frame in (10, 40)]


def test_the_same_frame_is_the_same_jpeg_every_time(proxy: Proxy) -> None:
    both = [
        extract_stills(frames=(20,), read_index=reader(proxy.index_data), read_proxy=reader(proxy.data))
        for _ in range(2)
    ]
    assert both[0] == both[1]


def test_colours_are_those_of_bt709(tmp_path: Path) -> None:
    proxy = make_proxy(
        tmp_path / "proxy.mp4", "-f", "lavfi", "-i", "color=red:size=64x64:rate=24:duration=0.2",
        "-vf", "scale=out_color_matrix=bt709,format=yuv420p",
        "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
    )  # fmt: skip
    (still,) = extract_stills(frames=(2,), read_index=reader(proxy.index_data), read_proxy=reader(proxy.data))
    blue, green, red = as_picture(still.jpeg)[32, 32].astype(int)
    assert red > 245
    assert blue < 10
    assert green < 10


def test_frames_that_the_proxy_does_not_have_are_refused(proxy: Proxy) -> None:
    with pytest.raises(InvalidJob, match="72 frames"):
        extract_stills(frames=(71, 72), read_index=reader(proxy.index_data), read_proxy=reader(proxy.data))
