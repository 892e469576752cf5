"""Keyframe candidates are the sharp, still frames of each second, and no part of a flash or a dissolve."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from heaters.domain.errors import InvalidJob
from heaters.domain.jobs import KeyframeStrategy
from heaters.domain.timebase import FrameRange
from heaters.media.clips.candidates import (
    APART,
    MOST_KEYFRAMES,
    KeyframeCandidates,
    choose_best,
    find_candidates,
    frame_worths,
    within_transition,
)
from heaters.media.clips.keyframes import choose_frames
from heaters.media.proxy.single_pass import ProxyPass, make_proxy
from heaters.media.scenes.scores import Scores
from heaters.media.source.probe import probe
from tests.media.pictures import encode

RATE = 24
FLASH = range(132, 134)
DISSOLVE = range(168, 192)
BLURRED = (range(36), range(60, 84))
"""Frames of the composed video: 7 s of one shot, then, from 8 s on, one of another; between them a dissolve."""

BLUR = "boxblur=12:3:enable='lt(n,36)+between(n,60,83)'"
BRIGHT = "eq=brightness=0.9:enable='between(n,132,133)'"


@pytest.fixture(scope="module")
def made(media_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> ProxyPass:
    """The pass over 11 s: blurred and sharp stretches, a flash in the sixth second, a dissolve in the eighth."""
    folder = tmp_path_factory.mktemp("candidates")
    first, second = media_folder / "big_buck_bunny_480p_30s.mp4", media_folder / "bottle_detection.mp4"
    graph = (
        f"[0:v]trim=start_frame=24:end_frame=216,setpts=PTS-STARTPTS,scale=640:360,setsar=1,fps={RATE},"
        f"format=yuv420p,{BLUR},{BRIGHT}[a];"
        f"[1:v]scale=640:360,setsar=1,fps={RATE},trim=end_frame=96,setpts=PTS-STARTPTS,format=yuv420p[b];"
        "[a][b]xfade=duration=1:offset=7"
    )
    path = encode(
        folder / "composed.mp4", "-i", str(first), "-i", str(second), "-filter_complex", graph, "-crf", "16"
    )
    (folder / "pass").mkdir()
    return make_proxy(path, probe(path), folder=folder / "pass")


@pytest.fixture(scope="module")
def candidates(made: ProxyPass) -> KeyframeCandidates:
    return find_candidates(made.scores)


def test_each_second_has_one_candidate_within_it(made: ProxyPass, candidates: KeyframeCandidates) -> None:
    """The seconds are those of the storyboard."""
    assert list(candidates.frames // RATE) == list(range(made.storyboard.tile_count))


def test_a_second_that_is_blurred_in_part_is_shown_by_a_sharp_frame(candidates: KeyframeCandidates) -> None:
    """Seconds 1, 2 and 3 each are half blurred."""
    for second in (1, 2, 3):
        assert not any(candidates.frames[second] in blurred for blurred in BLURRED)


def test_a_blurred_second_is_worth_less_than_its_sharp_neighbour(candidates: KeyframeCandidates) -> None:
    assert candidates.worths[0] < 0.7 * candidates.worths[1]


def test_no_frame_of_a_flash_is_a_candidate(made: ProxyPass, candidates: KeyframeCandidates) -> None:
    """A flash of two frames is worth hardly anything beside its neighbours."""
    worths = frame_worths(made.scores)
    assert worths[list(FLASH)].max() < 0.05 * min(worths[FLASH.start - 1], worths[FLASH.stop])
    assert candidates.frames[FLASH.start // RATE] not in FLASH


def test_frames_of_a_dissolve_are_spoilt(made: ProxyPass, candidates: KeyframeCandidates) -> None:
    """A second that is nothing else keeps a candidate, which no clip would choose."""
    within = set(np.flatnonzero(within_transition(made.scores)).tolist())
    assert set(range(DISSOLVE.start + 4, DISSOLVE.stop - 4)) <= within <= set(range(162, 198))
    middle = FrameRange(start_frame=120, end_frame=240)
    assert not within & set(choose_best(middle, candidates))


def test_the_best_keyframes_of_a_clip_are_sharp_and_apart(candidates: KeyframeCandidates) -> None:
    clip = FrameRange(start_frame=0, end_frame=168)
    chosen = choose_frames(clip, KeyframeStrategy.BEST, candidates)
    assert len(chosen) == MOST_KEYFRAMES
    assert not any(frame in blurred for frame in chosen for blurred in BLURRED)
    assert min(np.diff(chosen)) * APART >= clip.frame_count


def test_a_clip_without_a_candidate_is_shown_by_its_middle(candidates: KeyframeCandidates) -> None:
    first, second = (int(frame) for frame in candidates.frames[3:5])
    between = FrameRange(start_frame=first + 1, end_frame=second)
    assert choose_frames(between, KeyframeStrategy.BEST, candidates) == ((first + 1 + second) // 2,)


def test_a_moving_frame_is_worth_less_than_a_still_one() -> None:
    scores = scores_of(np.full(90, 40_000.0), motion=np.repeat([30, 0, 30], 30))
    assert find_candidates(scores).frames[0] in range(29, 31)
    assert frame_worths(scores)[45] > 2 * frame_worths(scores)[15]


@given(
    rate=st.sampled_from([Fraction(1), Fraction(24000, 1001), Fraction(25, 2), Fraction(240)]),
    energy=st.lists(st.floats(0, 65025, width=32), min_size=1, max_size=1500),
)
def test_every_second_of_any_proxy_has_its_worthiest_frame(rate: Fraction, energy: list[float]) -> None:
    scores = scores_of(np.array(energy), rate=rate)
    found, worths = find_candidates(scores), frame_worths(scores)
    seconds: dict[int, list[int]] = {}
    for frame in range(scores.frame_count):
        seconds.setdefault(int(frame / rate), []).append(frame)
    assert found.frames.tolist() == [max(frames, key=worths.__getitem__) for frames in seconds.values()]
    assert found.worths.tolist() == [float(worths[frame]) for frame in found.frames]


@given(
    worths=st.lists(st.floats(0, 250, width=32), max_size=60),
    start=st.integers(0, 400),
    count=st.integers(1, 900),
)
def test_the_best_of_any_clip_rise_and_lie_inside_it(worths: list[float], start: int, count: int) -> None:
    """And there is one wherever a candidate lies inside."""
    frames = np.arange(len(worths), dtype=np.uint32) * 10 + 3
    candidates = KeyframeCandidates(frames=frames, worths=np.array(worths, np.float32))
    clip = FrameRange(start_frame=start, end_frame=start + count)
    chosen = choose_best(clip, candidates)
    assert list(chosen) == sorted(set(chosen))
    assert all(map(clip.contains, chosen))
    assert bool(chosen) == any(clip.contains(int(frame)) for frame in frames)


def test_nothing_has_no_candidates() -> None:
    found = find_candidates(scores_of(np.zeros(0)))
    assert (len(found.frames), len(found.worths)) == (0, 0)


def test_candidates_come_back_from_bytes_and_equal_ones_are_equal_bytes(
    made: ProxyPass, candidates: KeyframeCandidates
) -> None:
    data = candidates.to_bytes()
    back = KeyframeCandidates.from_bytes(data)
    assert back.frames.tolist() == candidates.frames.tolist()
    assert back.worths.tolist() == candidates.worths.tolist()
    assert find_candidates(made.scores).to_bytes() == data


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x00" * 64])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidJob, match="keyframe candidates cannot be read"):
        KeyframeCandidates.from_bytes(data)


def scores_of(
    energy: NDArray[np.float64],
    *,
    rate: Fraction = Fraction(30),
    motion: NDArray[np.int64] | None = None,
) -> Scores:
    """Grey frames with that much energy, whose brightness changes by `motion` levels from one to the next."""
    count = len(energy)
    sums = np.zeros((count, 3), np.uint32)
    if motion is not None:
        sums[:, 2] = motion * 100
    return Scores(
        rate=rate,
        pixel_count=100,
        delta_sums=sums,
        grids=np.full((count, 4, 8, 3), 60, np.uint8),
        energy=energy.astype(np.float32),
    )
