"""What cannot be decoded is said, and only too great a loss fails."""

from collections.abc import Callable
from pathlib import Path

import pytest

from heaters.domain.errors import DamagedMedia
from heaters.media.proxy.single_pass import ProxyPass, make_proxy
from heaters.media.source.probe import probe
from tests.media.pictures import encode, frame_differences, grey_frames

MakeProxy = Callable[[Path], ProxyPass]

X264 = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p")


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
