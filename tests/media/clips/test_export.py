"""An export is exactly its frames and their sound, copied."""

import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from heaters.domain.errors import DamagedMedia, ExportMismatch, InvalidJob
from heaters.domain.timebase import FrameRange, samples_in
from heaters.media.clips import export as export_module
from heaters.media.clips.export import export_clip
from tests.media.pictures import run, stream_facts
from tests.media.proxies import Proxy, cut, decoded_audio, frame_md5s, make_proxy, reader, sha256
from tests.profile import scaled

# No noise substitution: that part of AAC is random in the decoder, and would hide whether samples are the same.
AAC = ("-c:a", "aac", "-aac_pns", "0")
TWO_INPUTS = ("-map", "0:v", "-map", "1:a")
CASES = {
    "24 fps with 5.1": ("big_buck_bunny_480p_30s.mp4", ("-ss", "9", "-t", "10"), (), AAC),
    "12.5 fps, silent": ("car_detection.mp4", ("-t", "8"), (), ("-an",)),
    "29.83 fps with mono": (
        "bottle_detection.mp4", ("-t", "8"), ("-f", "lavfi", "-i", "sine=r=44100:d=8"), TWO_INPUTS + AAC,
    ),
    "29.97 fps with stereo": (
        "car_detection.mp4", ("-t", "5"), ("-f", "lavfi", "-i", "anoisesrc=a=0.1:d=5:seed=1"),
        (*TWO_INPUTS, "-r", "30000/1001", "-ac", "2", "-ar", "48000", *AAC),
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=CASES)
def proxy(
    request: pytest.FixtureRequest, media_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Proxy:
    name, seek, more_inputs, settings_ = CASES[request.param]
    path = tmp_path_factory.mktemp("export") / "proxy.mp4"
    return make_proxy(path, *seek, "-i", str(media_folder / name), *more_inputs, *settings_)


@pytest.fixture(scope="module")
def sounding(media_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Proxy:
    path = tmp_path_factory.mktemp("export") / "proxy.mp4"
    return make_proxy(
        path, "-ss", "9", "-t", "5", "-i", str(media_folder / "big_buck_bunny_480p_30s.mp4"), *AAC
    )


@settings(max_examples=scaled(120), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.integers(min_value=0), last=st.integers(min_value=0))
@example(first=150, last=150)
def test_any_range_decodes_to_exactly_its_frames_and_sound(
    proxy: Proxy, tmp_path: Path, first: int, last: int
) -> None:
    """Numbers of frames count round and round the proxy's."""
    start_frame, last_frame = sorted(number % proxy.index.frame_count for number in (first, last))
    frames = FrameRange(start_frame=start_frame, end_frame=last_frame + 1)
    reads: list[int] = []
    export = cut(proxy, frames, tmp_path / "clip.mp4", reads)
    wanted = proxy.frame_md5s[frames.start_frame : frames.end_frame]
    assert frame_md5s(tmp_path / "clip.mp4") == wanted
    assert export.frame_count == len(wanted)
    assert (export.first_frame_md5, export.last_frame_md5) == (wanted[0], wanted[-1])
    if len(wanted) >= 2 * proxy.index.fps:  # shorter ones read a neighbouring frame rather than ask twice
        assert sum(reads) <= 1.05 * export.size_bytes
    if proxy.index.has_audio:
        start, end = samples_in(frames, proxy.index.fps, proxy.index.header.sample_rate_hz)
        expected = decoded_audio(proxy.path)[:, start:end]
        if expected.shape[1] == 0:  # the proxy's sound has ended before
            assert stream_facts(tmp_path / "clip.mp4", "a:0") == {}
            return
        sound = decoded_audio(tmp_path / "clip.mp4")
        assert sound.shape == expected.shape
        assert np.abs(sound - expected).max() < 1e-4


def test_both_tracks_last_as_long_as_the_frames(sounding: Proxy, tmp_path: Path) -> None:
    cut(sounding, FrameRange(start_frame=31, end_frame=78), tmp_path / "clip.mp4")
    with av.open(str(tmp_path / "clip.mp4")) as media:
        lengths = [(stream.duration or 0) * (stream.time_base or 0) for stream in media.streams]
        assert [stream.start_time for stream in media.streams] == [0, 0]
    assert lengths == [Fraction(47, 24)] * 2


def test_the_samples_are_copied_and_not_encoded_again(sounding: Proxy, tmp_path: Path) -> None:
    cut(sounding, FrameRange(start_frame=10, end_frame=30), tmp_path / "clip.mp4")
    with av.open(str(tmp_path / "clip.mp4")) as media:
        for packet in media.demux():
            assert bytes(packet) in sounding.data


def test_a_clip_of_three_seconds_takes_one_read_of_the_proxy(sounding: Proxy, tmp_path: Path) -> None:
    reads: list[int] = []
    read_index = reader(sounding.index_data)
    export = export_clip(
        frames=FrameRange(start_frame=20, end_frame=92), read_index=read_index,
        read_proxy=reader(sounding.data, reads), path=tmp_path / "clip.mp4",
    )  # fmt: skip
    assert len(reads) == 1
    assert reads[0] <= 1.01 * export.size_bytes


def test_the_same_clip_is_the_same_bytes_every_time(sounding: Proxy, tmp_path: Path) -> None:
    for name in ("one.mp4", "two.mp4"):
        cut(sounding, FrameRange(start_frame=7, end_frame=44), tmp_path / name)
    assert sha256(tmp_path / "one.mp4") == sha256(tmp_path / "two.mp4")


def test_the_index_of_the_export_comes_before_its_samples(sounding: Proxy, tmp_path: Path) -> None:
    cut(sounding, FrameRange(start_frame=7, end_frame=44), tmp_path / "clip.mp4")
    data = (tmp_path / "clip.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_a_clip_without_sound_in_its_span_has_no_audio_track(media_folder: Path, tmp_path: Path) -> None:
    tone = ("-f", "lavfi", "-i", "sine=duration=2")
    proxy = make_proxy(
        tmp_path / "proxy.mp4",
        "-t",
        "5",
        "-i",
        str(media_folder / "car_detection.mp4"),
        *tone,
        *TWO_INPUTS,
        *AAC,
    )
    cut(proxy, FrameRange(start_frame=30, end_frame=50), tmp_path / "clip.mp4")
    with av.open(str(tmp_path / "clip.mp4")) as media:
        assert [stream.type for stream in media.streams] == ["video"]


def test_a_clip_longer_than_one_read_is_the_same(
    sounding: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = FrameRange(start_frame=5, end_frame=100)
    cut(sounding, frames, tmp_path / "one.mp4")
    monkeypatch.setattr("heaters.media.clips.samples._MAX_READ_BYTES", 200_000)
    reads: list[int] = []
    cut(sounding, frames, tmp_path / "many.mp4", reads)
    assert len(reads) > 5
    assert sha256(tmp_path / "one.mp4") == sha256(tmp_path / "many.mp4")


def test_an_export_that_shows_other_frames_is_refused(
    sounding: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is spoiled between writing and proving."""
    read_back = export_module._read_back

    def spoiled(path: Path) -> tuple[int, list[av.VideoFrame]]:
        other = tmp_path / "other.mp4"
        run("ffmpeg", "-v", "error", "-y", "-i", path, "-an", "-c:v", "libx264", "-g", "1", other)
        return read_back(other)

    monkeypatch.setattr(export_module, "_read_back", spoiled)
    with pytest.raises(ExportMismatch, match=r"frames \[3, 9\)"):
        cut(sounding, FrameRange(start_frame=3, end_frame=9), tmp_path / "clip.mp4")


def test_frames_that_the_proxy_does_not_have_are_refused(sounding: Proxy, tmp_path: Path) -> None:
    with pytest.raises(InvalidJob, match="cut inside the video"):
        cut(sounding, FrameRange(start_frame=100, end_frame=9999), tmp_path / "clip.mp4")


def test_a_proxy_that_is_shorter_than_its_index_is_damaged(sounding: Proxy, tmp_path: Path) -> None:
    with pytest.raises(DamagedMedia, match="ends before byte"):
        export_clip(
            frames=FrameRange(start_frame=90, end_frame=100), read_index=reader(sounding.index_data),
            read_proxy=reader(sounding.data[:-2_000_000]), path=tmp_path / "clip.mp4",
        )  # fmt: skip


def test_ffprobe_finds_nothing_to_complain_about(sounding: Proxy, tmp_path: Path) -> None:
    cut(sounding, FrameRange(start_frame=10, end_frame=11), tmp_path / "clip.mp4")
    probe = subprocess.run(
        ["ffprobe", "-v", "warning", "-count_frames", "-show_entries", "stream=nb_read_frames",
         "-of", "csv=p=0", "-select_streams", "v", tmp_path / "clip.mp4"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert (probe.stdout.strip(), probe.stderr) == ("1", "")
