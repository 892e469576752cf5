"""A source in which one picture would stand for more than an hour is refused; a long one without a hole is not."""

from dataclasses import replace
from pathlib import Path

import pytest

from heaters.media.proxy.holes import LONGEST_HOLE_S, find_longest_hole, may_have_holes, refuse_holes
from heaters.media.proxy.plan import plan_proxy
from heaters.media.source.probe import probe
from heaters.media.untrusted.sniff import MPEGTS
from tests.media.pictures import encode
from tests.media.source.facts import source_with

PICTURE = ("-f", "lavfi", "-i", "testsrc2=size=16x16:rate=1:duration={seconds}")


def film(path: Path, *, seconds: int, later: str = "PTS") -> Path:
    """One frame a second, each shown at the time that `later` makes of its own."""
    arguments = (part.format(seconds=seconds) for part in PICTURE)
    return encode(
        path, *arguments, "-vf", f"setpts='{later}'", "-fps_mode", "passthrough", "-c:v", "mpeg4", "-bf", "2"
    )


def test_a_long_video_without_a_hole_is_read_and_taken(tmp_path: Path) -> None:
    """An MKV does not state how many frames it has."""
    path = film(tmp_path / "long.mkv", seconds=int(LONGEST_HOLE_S) + 100)
    source = probe(path)
    plan = plan_proxy(source)
    assert may_have_holes(source, plan)
    refuse_holes(path, source, plan)
    assert find_longest_hole(path, source).length_s <= 3  # a step over two B-frames


def test_the_longest_hole_is_found_where_it_begins(tmp_path: Path) -> None:
    """Two holes; the frames before and after are out of order in the file."""
    path = film(tmp_path / "holes.mkv", seconds=30, later="PTS+(gte(N,10)*500+gte(N,20)*900)/TB")
    hole = find_longest_hole(path, probe(path))
    assert (hole.start_s, hole.length_s) == (pytest.approx(519, abs=1.1), pytest.approx(901, abs=2))


@pytest.mark.parametrize(
    ("seconds", "frames", "expected"), [(7200.0, 180_000, False), (7200.0, 1000, True), (3000.0, None, False)]
)
def test_only_a_source_with_unfilled_hours_is_read(
    seconds: float, frames: int | None, expected: bool
) -> None:
    source = replace(source_with(stated_frames=frames), duration_s=seconds)
    assert may_have_holes(source, plan_proxy(source)) is expected


def test_a_clock_that_ffmpeg_mends_is_not_read() -> None:
    source = replace(source_with(stated_frames=None), duration_s=7200.0, container=MPEGTS)
    assert not may_have_holes(source, plan_proxy(source))
