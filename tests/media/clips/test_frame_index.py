"""The index says where every sample of a proxy lies."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heaters.domain.errors import DamagedMedia, InvalidJob, UnsupportedMedia
from heaters.domain.timebase import FrameRange
from heaters.media.clips.frame_index import FrameIndex, index_file
from heaters.media.clips.index_format import HEADER_BYTES
from heaters.media.clips.samples import ClipSamples, plan_reads, read_clip_samples
from tests.media.pictures import encode
from tests.media.proxies import FASTSTART, Proxy, make_proxy, reader

TEST_PICTURE = "testsrc2=size=160x90:rate={rate}:duration={seconds}"
TONE = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=4")


def picture(rate: str, seconds: str = "4") -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", TEST_PICTURE.format(rate=rate, seconds=seconds))


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Proxy:
    folder = tmp_path_factory.mktemp("index")
    return make_proxy(folder / "proxy.mp4", *picture("24"), *TONE, "-c:a", "aac")


def test_the_index_counts_what_is_in_the_file(proxy: Proxy) -> None:
    assert proxy.index.frame_count == 96
    assert proxy.index.fps == Fraction(24)
    assert proxy.index.has_audio
    assert proxy.index.header.sample_rate_hz == 44100


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ("25/2", Fraction(25, 2)),
        ("30000/1001", Fraction(30000, 1001)),
        ("179/6", Fraction(179, 6)),
        ("1", Fraction(1)),
    ],
)
def test_the_rate_is_exact(rate: str, expected: Fraction, tmp_path: Path) -> None:
    proxy = make_proxy(tmp_path / "proxy.mp4", *picture(rate))
    assert proxy.index.fps == expected
    assert not proxy.index.has_audio
    assert len(proxy.frame_md5s) == proxy.index.frame_count


def test_a_single_frame_has_a_rate(tmp_path: Path) -> None:
    proxy = make_proxy(tmp_path / "proxy.mp4", *picture("25"), "-frames:v", "1")
    assert (proxy.index.frame_count, proxy.index.fps) == (1, Fraction(25))


def test_the_bytes_read_back_as_the_same_index(proxy: Proxy) -> None:
    again = FrameIndex.from_bytes(proxy.index_data)
    assert again.header == proxy.index.header
    assert np.array_equal(again.frames, proxy.index.frames)
    assert np.array_equal(again.packets, proxy.index.packets)


def test_the_same_file_gives_the_same_bytes(proxy: Proxy) -> None:
    assert index_file(proxy.path).to_bytes() == proxy.index_data


@given(cut=st.integers(min_value=0))
def test_an_index_that_was_cut_short_is_damaged(proxy: Proxy, cut: int) -> None:
    with pytest.raises(DamagedMedia):
        FrameIndex.from_bytes(proxy.index_data[: cut % len(proxy.index_data)])


def test_another_version_is_refused(proxy: Proxy) -> None:
    data = proxy.index_data[:8] + b"\x63\0" + proxy.index_data[10:]
    with pytest.raises(DamagedMedia, match="version 99"):
        FrameIndex.from_bytes(data)


def test_samples_outside_the_file_are_refused(proxy: Proxy) -> None:
    header = replace(proxy.index.header, file_size_bytes=1000)
    with pytest.raises(DamagedMedia, match="one after the other"):
        FrameIndex(header=header, frames=proxy.index.frames, packets=proxy.index.packets)


def test_a_file_with_frames_that_need_others_is_refused(tmp_path: Path) -> None:
    path = encode(tmp_path / "gop.mp4", *picture("24"), "-c:v", "libx264", "-g", "12", "-pix_fmt", "yuv420p")
    with pytest.raises(UnsupportedMedia, match="all-intra"):
        index_file(path)


def test_a_file_with_a_varying_rate_is_refused(tmp_path: Path) -> None:
    path = encode(
        tmp_path / "vfr.mp4", *picture("24"), "-vf", r"select=not(eq(mod(n\,5)\,3))", "-fps_mode", "vfr",
        "-c:v", "libx264", "-g", "1", "-pix_fmt", "yuv420p",
    )  # fmt: skip
    with pytest.raises(UnsupportedMedia, match="evenly spaced"):
        index_file(path)


def test_a_file_that_is_no_mp4_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("not a video")
    with pytest.raises(UnsupportedMedia):
        index_file(tmp_path / "text.mp4")


def samples_of(index: FrameIndex, frames: FrameRange) -> ClipSamples:
    return read_clip_samples(reader(index.to_bytes(), []), frames)


def test_a_clip_is_found_without_reading_the_whole_index(proxy: Proxy) -> None:
    reads: list[int] = []
    read_clip_samples(reader(proxy.index_data, reads), FrameRange(start_frame=40, end_frame=50))
    assert len(reads) == 3
    assert sum(reads) < HEADER_BYTES + 11 * 16 + 22 * 24 + 100


def test_the_samples_of_a_clip_are_those_of_the_whole_index(proxy: Proxy) -> None:
    clip = samples_of(proxy.index, FrameRange(start_frame=40, end_frame=50))
    assert np.array_equal(clip.video, proxy.index.frames[40:50])
    start, end = clip.span
    packets = proxy.index.packets
    sounding = (packets["start_sample"] + packets["sample_count"] > start) & (packets["start_sample"] < end)
    assert np.array_equal(clip.audio[1:], packets[sounding])


def test_one_read_covers_a_clip_of_an_interleaved_proxy(proxy: Proxy) -> None:
    clip = samples_of(proxy.index, FrameRange(start_frame=40, end_frame=90))
    (read,) = plan_reads(clip)
    wanted = int(clip.video["size_bytes"].sum() + clip.audio["size_bytes"].sum())
    assert wanted <= read.size_bytes <= 1.05 * wanted


def test_frames_beyond_the_end_are_refused(proxy: Proxy) -> None:
    with pytest.raises(InvalidJob, match="96 frames"):
        samples_of(proxy.index, FrameRange(start_frame=90, end_frame=97))


def test_an_audio_track_may_begin_late_and_end_early(tmp_path: Path) -> None:
    path = encode(
        tmp_path / "late.mp4", *picture("24"), "-itsoffset", "1", "-f", "lavfi", "-i", "sine=duration=2",
        "-c:v", "libx264", "-g", "1", "-pix_fmt", "yuv420p", "-c:a", "aac", *FASTSTART,
    )  # fmt: skip
    index = index_file(path)
    assert len(samples_of(index, FrameRange(start_frame=0, end_frame=12)).audio) == 0
    assert len(samples_of(index, FrameRange(start_frame=36, end_frame=48)).audio) > 0
    assert len(samples_of(index, FrameRange(start_frame=80, end_frame=96)).audio) == 0
