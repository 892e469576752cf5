"""A proxy made in pieces is the proxy made in one pass."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heaters.domain.errors import DamagedMedia, InvalidJob, SourceTooLarge
from heaters.domain.jobs import DetectSettings
from heaters.domain.timebase import FrameRange
from heaters.media.proxy import pieces
from heaters.media.proxy.join import JoinedProxy, join_pieces
from heaters.media.proxy.piece_plan import (
    PERIOD_FRAMES,
    WARM_UP_FRAMES,
    input_options,
    plan_piece,
    split_frames,
)
from heaters.media.proxy.pieces import ProxyPiece, make_piece
from heaters.media.proxy.plan import plan_proxy
from heaters.media.proxy.single_pass import PASS_LIMITS, ProxyPass, make_proxy
from heaters.media.proxy.sound import Sound, encode_sound
from heaters.media.scenes.cuts import propose_cuts
from heaters.media.scenes.network.model import Judge, load_network
from heaters.media.sound.measure import measure_sound
from heaters.media.source.probe import probe
from tests.media.pictures import encode, run
from tests.media.source.facts import source_with

MakeProxy = Callable[[Path], ProxyPass]

PICTURE = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate={rate}:duration=9")
TONE = ("-f", "lavfi", "-i", "sine=frequency=440:duration=9")
X264 = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "50", "-c:a", "aac")
UNEVEN = ("-vf", "select='mod(n,7)*mod(n,11)'", "-fps_mode", "vfr")

SOURCES = {
    "ntsc.mp4": ("30000/1001", (*TONE, *X264)),
    "film.mkv": ("24000/1001", (*TONE, *X264)),
    "open_groups.mp4": ("25", (*TONE, *X264, "-x264-params", "open-gop=1:bframes=3")),
    "one_key_frame.mp4": ("25", (*TONE, *X264, "-g", "999")),
    "uneven.mp4": ("30", (*UNEVEN, *X264)),
    "late.mp4": ("25", (*TONE, *X264, "-output_ts_offset", "1.5")),
    "fragments.mp4": ("25", (*X264, "-movflags", "frag_keyframe+empty_moov")),
    "stream.ts": ("50", (*TONE, *X264, "-output_ts_offset", "80000")),
    "b_frames.avi": ("25", (*TONE, "-c:v", "mpeg4", "-bf", "2")),
    "fields.mp4": ("50", ("-vf", "interlace", "-flags", "+ildct+ilme", *X264)),
    "fast.webm": ("60", ("-c:v", "libvpx", "-deadline", "realtime", "-g", "120")),
}


def make_in_pieces(
    path: Path, whole: ProxyPass, count: int, folder: Path, network: Judge | None = None
) -> JoinedProxy:
    source, pieces = probe(path), []
    for name in ("sound", "joined"):
        (folder / name).mkdir(parents=True)
    for number, frames in enumerate(split_frames(whole.scores.frame_count, count), start=1):
        (folder / str(number)).mkdir()
        is_last = number == count
        pieces.append(
            make_piece(
                path,
                source,
                whole.plan,
                frames,
                folder=folder / str(number),
                is_last=is_last,
                network=network,
            )
        )
    sound = encode_sound(path, source, whole.plan, folder=folder / "sound")
    return join_pieces(source, whole.plan, pieces, sound, folder=folder / "joined", network=network)


def framemd5s(path: Path, *options: str) -> list[bytes]:
    """Times and hashes of every frame of every track, decoded; of every packet with `-c copy`."""
    return run("ffmpeg", "-v", "error", "-i", path, *options, "-f", "framemd5", "-").splitlines()


def assert_same(joined: JoinedProxy, whole: ProxyPass) -> None:
    assert framemd5s(joined.proxy) == framemd5s(whole.proxy)
    assert framemd5s(joined.proxy, "-c", "copy") == framemd5s(whole.proxy, "-c", "copy")
    assert joined.scores.to_bytes() == whole.scores.to_bytes()
    assert joined.facts.to_bytes() == whole.facts.to_bytes()
    assert joined.facts.frame_count == joined.scores.frame_count
    heard, expected_sound = (
        measure_sound(made.proxy, folder=joined.proxy.parent) for made in (joined, whole)
    )
    assert heard.to_bytes() == expected_sound.to_bytes()
    sheets, expected = joined.storyboard, whole.storyboard
    assert sheets.tile_count == expected.tile_count
    assert [path.read_bytes() for path in sheets.paths] == [path.read_bytes() for path in expected.paths]
    assert (joined.decoded_frames, joined.lost_frames) == (whole.decoded_frames, whole.lost_frames)
    settings = DetectSettings()
    assert propose_cuts(joined.scores, settings) == propose_cuts(whole.scores, settings)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_pieces_of_a_real_video_join_to_its_proxy(
    count: int, media_folder: Path, proxy_of: MakeProxy, tmp_path: Path
) -> None:
    path = media_folder / "big_buck_bunny_480p_30s.mp4"
    whole = proxy_of(path)
    joined = make_in_pieces(path, whole, count, tmp_path)
    assert_same(joined, whole)
    assert set(propose_cuts(joined.scores, DetectSettings())) >= {285, 378, 553}


def test_pieces_are_judged_by_the_network_as_the_whole_is(media_folder: Path, tmp_path: Path) -> None:
    path, network = media_folder / "big_buck_bunny_480p_30s.mp4", load_network()
    assert network is not None
    (tmp_path / "whole").mkdir()
    whole = make_proxy(path, probe(path), folder=tmp_path / "whole", network=network)
    assert whole.scores.probabilities is not None
    assert np.flatnonzero(whole.scores.probabilities[:, 0] > 150).tolist() == [284, 377, 552]
    joined = make_in_pieces(path, whole, 4, tmp_path / "pieces", network)
    assert_same(joined, whole)


@pytest.mark.parametrize("name", SOURCES)
def test_pieces_of_a_made_video_join_to_its_proxy(name: str, tmp_path: Path) -> None:
    rate, arguments = SOURCES[name]
    path = encode(tmp_path / name, *(part.format(rate=rate) for part in PICTURE), *arguments)
    (tmp_path / "whole").mkdir()
    whole = make_proxy(path, probe(path), folder=tmp_path / "whole")
    assert_same(make_in_pieces(path, whole, 3, tmp_path / "pieces"), whole)


def changing_size(path: Path, *muxer: str) -> Path:
    """Three seconds of one size, then three of another, then three of the first."""
    parts = []
    for number, size in enumerate(("160x120", "240x136", "160x120")):
        part = ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25:duration=3", *X264[:-2], "-f", "mpegts")
        parts.append(encode(path.with_name(f"part{number}"), *part).read_bytes())
    stream = path.with_name("stream")
    stream.write_bytes(b"".join(parts))
    return encode(path, "-i", str(stream), "-c", "copy", *muxer)


@pytest.mark.parametrize("count", [1, 2, 7])
@pytest.mark.parametrize("muxer", ["mpegts", "matroska"])
def test_pieces_of_a_video_that_changes_its_size_join_to_its_proxy(
    muxer: str, count: int, tmp_path: Path
) -> None:
    """Transport streams are decoded from the beginning; a piece of an MKV begins at either size."""
    path = changing_size(tmp_path / "source", "-f", muxer)
    (tmp_path / "whole").mkdir()
    whole = make_proxy(path, probe(path), folder=tmp_path / "whole")
    assert whole.scores.frame_count == 225
    assert_same(make_in_pieces(path, whole, count, tmp_path / "pieces"), whole)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_pieces_of_a_damaged_video_tell_of_the_same_losses(
    count: int, media_folder: Path, proxy_of: MakeProxy, tmp_path: Path
) -> None:
    whole = proxy_of(media_folder / "corrupted.mp4")
    joined = make_in_pieces(media_folder / "corrupted.mp4", whole, count, tmp_path)
    assert_same(joined, whole)
    assert (joined.lost_frames, joined.warnings) == (1, whole.warnings)


def one_piece(path: Path, frames: FrameRange, folder: Path) -> ProxyPiece:
    source = probe(path)
    return make_piece(path, source, plan_proxy(source), frames, folder=folder, is_last=False)


def test_a_piece_that_the_source_does_not_have_is_refused(media_folder: Path, tmp_path: Path) -> None:
    frames = FrameRange(start_frame=40, end_frame=60)
    with pytest.raises(InvalidJob, match="no frames 40 to 60: 50 of 60"):
        one_piece(media_folder / "corrupted.mp4", frames, tmp_path)


def test_pieces_with_a_gap_are_not_joined(media_folder: Path, tmp_path: Path) -> None:
    path = media_folder / "corrupted.mp4"
    source, piece = probe(path), one_piece(path, FrameRange(start_frame=10, end_frame=20), tmp_path)
    with pytest.raises(InvalidJob, match="do not follow each other"):
        join_pieces(source, plan_proxy(source), [piece], Sound(), folder=tmp_path)


def test_pieces_of_which_too_little_decoded_are_not_joined(media_folder: Path, tmp_path: Path) -> None:
    """One second of a file that claims to hold two hours."""
    path = media_folder / "corrupted.mp4"
    source, piece = probe(path), one_piece(path, FrameRange(start_frame=0, end_frame=20), tmp_path)
    plan = replace(plan_proxy(source), stated_frames=180_000)
    with pytest.raises(DamagedMedia, match="20 of 180,000 frames could be decoded"):
        join_pieces(source, plan, [piece], Sound(), folder=tmp_path)


def test_a_piece_of_an_endless_source_is_refused(media_folder: Path, tmp_path: Path) -> None:
    path = media_folder / "corrupted.mp4"
    source = probe(path)
    rare = replace(source, video=replace(source.video, average_rate=Fraction(1, 7200)))
    frames = FrameRange(start_frame=0, end_frame=10)
    with pytest.raises(SourceTooLarge, match="hours each"):
        make_piece(path, rare, plan_proxy(source), frames, folder=tmp_path, is_last=False)


def test_a_piece_uses_no_more_memory_than_a_pass(
    media_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is the pass's own; a tiny one stops the piece."""
    monkeypatch.setattr(pieces, "PASS_LIMITS", replace(PASS_LIMITS, resident_bytes=1))
    with pytest.raises(SourceTooLarge, match="memory"):
        one_piece(
            media_folder / "big_buck_bunny_480p_30s.mp4", FrameRange(start_frame=0, end_frame=700), tmp_path
        )


@given(start=st.integers(0, 10**7), length=st.integers(1, 10**6))
def test_a_piece_begins_to_encode_where_the_number_of_a_frame_leaves_no_trace(
    start: int, length: int
) -> None:
    piece = plan_piece(FrameRange(start_frame=start, end_frame=start + length))
    assert piece.first_frame % PERIOD_FRAMES == 0
    assert min(start, WARM_UP_FRAMES) <= piece.warm_up_frames < WARM_UP_FRAMES + PERIOD_FRAMES


@given(frame_count=st.integers(1, 10**6), data=st.data())
def test_a_split_covers_every_frame_once(frame_count: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, min(frame_count, 50)))
    ranges = split_frames(frame_count, count)
    assert [frames.end_frame for frames in ranges[:-1]] == [frames.start_frame for frames in ranges[1:]]
    assert (len(ranges), ranges[0].start_frame, ranges[-1].end_frame) == (count, 0, frame_count)


def test_more_pieces_than_frames_are_refused() -> None:
    with pytest.raises(InvalidJob, match="3 frames cannot be made in 4 pieces"):
        split_frames(3, 4)


def test_a_sought_piece_is_looked_for_two_seconds_before_its_warm_up() -> None:
    plan = plan_proxy(source_with(start_s=1000.0, first_frame_s=1000.25))
    frames = FrameRange(start_frame=1000, end_frame=1100)
    seek_s = 928 / 25 + 0.25 - 2
    assert input_options(plan, plan_piece(frames, sought=True))[-2:] == ("-ss", f"{seek_s:.6f}")
    assert input_options(plan, plan_piece(frames)) == ()
