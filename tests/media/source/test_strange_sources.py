"""What an uploader throws at us becomes a true proxy or a typed error, within bounds."""

import os
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
import pytest
from av.container import InputContainer
from numpy.typing import NDArray

from heaters.media.clips.frame_index import index_file
from heaters.media.proxy.single_pass import PASS_LIMITS, ProxyPass, make_proxy
from heaters.media.source.probe import probe
from tests.media.pictures import encode, grey_frames, nearest_frames
from tests.media.source.strange_case import Case, Fails, Made, with_sound
from tests.media.source.strange_containers import CONTAINERS
from tests.media.source.strange_damage import DAMAGE
from tests.media.source.strange_frauds import FRAUDS
from tests.media.source.strange_joined import JOINED
from tests.media.source.strange_pictures import PICTURES
from tests.media.source.strange_rates import RATES
from tests.media.source.strange_sounds import SOUNDS
from tests.media.source.strange_streams import STREAMS
from tests.media.source.strange_times import TIMES
from tests.media.source.strange_trims import TRIMS

CASES: Mapping[str, Case] = {
    **PICTURES, **CONTAINERS, **SOUNDS, **STREAMS, **JOINED, **TIMES, **TRIMS, **RATES, **DAMAGE, **FRAUDS,
}  # fmt: skip
MOST_MEMORY_BYTES = 3 * 1024**3 // 2
LIMITS = replace(PASS_LIMITS, timeout_s=60)


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """What becomes of the cases that were asked for, and which children there were before."""

    of: Mapping[str, "Future[None]"]
    children_before: frozenset[str]


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcomes]:
    """What became of each case that was asked for. As many are at work as there are processors."""
    asked = (item.callspec.params.get("name") for item in request.session.items if hasattr(item, "callspec"))
    names = [name for name in dict.fromkeys(asked) if name in CASES]
    before = own_children()
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as workers:
        running = {
            name: workers.submit(judge, CASES[name], tmp_path_factory.mktemp(f"case{number}"))
            for number, name in enumerate(names)
        }
        yield Outcomes(of=running, children_before=before)
        workers.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", CASES)
def test_a_strange_source_becomes_a_true_proxy_or_a_typed_error(name: str, outcomes: Outcomes) -> None:
    """Memory is held to its limit by the pass itself: a case that needed more would end in another error."""
    outcomes.of[name].result()


def test_no_strange_source_leaves_a_process(outcomes: Outcomes) -> None:
    wait(outcomes.of.values())
    assert own_children() <= outcomes.children_before


def judge(case: Case, folder: Path) -> None:
    """Make the source of one case and a proxy of it; fails as a test does."""
    path, output = folder / "source", folder / "pass"
    case.make(path)
    output.mkdir()
    if isinstance(case.expect, Fails):
        with pytest.raises(case.expect.error, match=re.escape(case.expect.words)) as failed:
            make_proxy(path, probe(path), folder=output, limits=LIMITS)
        assert type(failed.value) is case.expect.error
    else:
        source = probe(path)
        made = make_proxy(path, source, folder=output, limits=LIMITS)
        check_facts(made, case.expect)
        check_proxy(made, case.expect)


def check_facts(made: ProxyPass, expect: Made) -> None:
    """What the pass says about itself."""
    decoded = expect.frames if expect.decoded is None else expect.decoded
    facts = (made.plan.rate, (made.plan.size.width, made.plan.size.height), made.is_source)
    assert facts == (expect.rate, expect.size, expect.is_source)
    assert made.warnings == () or expect.warnings
    assert len(made.warnings) == len(expect.warnings)
    assert all(re.search(words, said) for words, said in zip(expect.warnings, made.warnings, strict=True))
    assert is_in(made.scores.frame_count, expect.frames)
    assert is_in(made.decoded_frames, decoded)
    assert is_in(made.lost_frames, expect.lost)


def check_proxy(made: ProxyPass, expect: Made) -> None:
    """What the proxy is: as many frames as were scored, on one rate, in one size, in sync."""
    index = index_file(made.proxy)
    assert (index.frame_count, index.header.fps) == (made.scores.frame_count, expect.rate)
    assert made.storyboard.tile_count == (index.frame_count - 1) // expect.rate + 1
    with av.open(str(made.proxy)) as media:
        picture = media.streams.video[0].codec_context
        assert (picture.name, picture.pix_fmt, picture.width, picture.height) == (
            "h264",
            "yuv420p",
            *expect.size,
        )
        sounds = media.streams.audio
        assert (sounds[0].channels if sounds else 0) == expect.channels
        assert expect.signal_frame is None or first_bright_frame(media) == expect.signal_frame
    if expect.shows:
        originals = generated_frames(expect.shows.of)
        assert nearest_frames(grey_frames(made.proxy), originals) == list(expect.shows.numbers)
    if expect.colour:
        assert middle_colour(made.proxy) == pytest.approx(expect.colour, abs=3)
    if expect.channels and expect.heard_s is not None:
        assert first_loud_s(made.proxy) == pytest.approx(expect.heard_s, abs=0.03)
    if expect.heard_throughout:
        tenths = loudness(made.proxy, index.frame_count / expect.rate)
        assert tenths[int(10 * (expect.heard_s or 0)) + 1 :].min() > 0.1


def is_in(number: int, expected: int | range) -> bool:
    return number in expected if isinstance(expected, range) else number == expected


@cache
def generated_frames(arguments: tuple[str, ...]) -> NDArray[np.float32]:
    with TemporaryDirectory() as folder:
        return grey_frames(encode(Path(folder) / "source.mkv", *arguments, "-c:v", "ffv1"))


def first_bright_frame(media: InputContainer) -> int | None:
    """The first frame that is much brighter than frame 0."""
    means = [frame.to_ndarray(format="gray").mean() for frame in media.decode(video=0)]
    bright = np.flatnonzero(np.array(means) > means[0] + 50)
    return int(bright[0]) if len(bright) else None


def middle_colour(path: Path) -> tuple[float, ...]:
    """Red, green and blue of BT.709, in the middle of the first frame, computed here: scalers round as they like."""
    with av.open(str(path)) as media:
        frame = next(media.decode(video=0))
    planes = frame.to_ndarray(format="yuv420p")
    rows = planes[frame.height :].reshape(2, frame.height // 2, frame.width // 2)
    y = (float(planes[frame.height // 2, frame.width // 2]) - 16) / 219
    blue, red = ((float(plane[frame.height // 4, frame.width // 4]) - 128) / 224 for plane in rows)
    return (
        255 * (y + 1.5748 * red),
        255 * (y - 0.1873 * blue - 0.4681 * red),
        255 * (y + 1.8556 * blue),
    )


def peaks(path: Path) -> NDArray[np.float32]:
    """The louder channel of every sample, at 48 kHz."""
    with av.open(str(path)) as media:
        parts = [np.abs(frame.to_ndarray()).max(axis=0) for frame in media.decode(audio=0)]
    return np.concatenate(parts)


def first_loud_s(path: Path) -> float | None:
    loud = np.flatnonzero(peaks(path) > 0.1)
    return float(loud[0] / 48000) if len(loud) else None


def loudness(path: Path, length_s: Fraction) -> NDArray[np.float32]:
    """The loudest sample of each whole tenth of a second, to the end of the picture."""
    samples, tenths = peaks(path), int(length_s * 10)
    padded = np.zeros(tenths * 4800, np.float32)
    padded[: min(len(samples), len(padded))] = samples[: len(padded)]
    return padded.reshape(-1, 4800).max(axis=1)


def own_children() -> frozenset[str]:
    """The process ids of this process's children, of all its threads."""
    tasks = Path("/proc/self/task").iterdir()
    return frozenset(pid for task in tasks for pid in (task / "children").read_text().split())


def test_a_pass_has_a_limit_of_memory() -> None:
    assert LIMITS.resident_bytes == MOST_MEMORY_BYTES


def test_a_long_name_of_two_lines_right_to_left_changes_nothing(tmp_path: Path) -> None:
    """A source is opened where it lies, whatever its folder is called: names never become options or patterns."""
    folder = tmp_path / "-i\n\u05e9\u05dc\u05d5\u05dd\u202e %d {brace} 'quote' \"two\";$(x)"
    folder.mkdir()
    path = folder / ("-y\n\u05e9%03d" + 200 * "x" + ".m3u8")
    CONTAINERS["MKV"].make(path)
    (tmp_path / "pass").mkdir()
    made = make_proxy(path, probe(path), folder=tmp_path / "pass", limits=LIMITS)
    check_facts(made, with_sound(Made(), 1))
