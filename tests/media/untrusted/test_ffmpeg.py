"""Calls of ffmpeg are safe, report progress and explain failures."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from heaters.domain.errors import DamagedMedia, WorkerLost
from heaters.media.proxy.single_pass import make_proxy
from heaters.media.source.probe import probe
from heaters.media.untrusted import process
from heaters.media.untrusted.ffmpeg import (
    Progress,
    last_words,
    parse_progress,
    run_ffmpeg,
    run_ffprobe,
    safe_input,
)
from heaters.media.untrusted.sniff import AVI, MP4
from tests.media.pictures import encode

POORER_FFMPEG = """
import os, sys
os.execv("{real}", [a.replace("zscale", "gone_zscale") for a in sys.argv])
"""

BLOCK = {"frame": "48", "out_time_us": "2000000", "speed": "4.00x", "progress": "continue"}


def test_progress_tells_fraction_speed_and_time_left() -> None:
    assert parse_progress(BLOCK, duration_s=10) == Progress(frame=48, fraction=0.2, speed=4.0, eta_s=2.0)


def test_progress_without_a_duration_has_no_fraction() -> None:
    assert parse_progress(BLOCK, duration_s=None) == Progress(frame=48, speed=4.0)


def test_progress_before_the_first_frame_is_nothing_yet() -> None:
    block = {"frame": "0", "out_time_us": "N/A", "speed": "N/A", "progress": "continue"}
    assert parse_progress(block, duration_s=10) == Progress(frame=0, fraction=0.0)


def test_progress_never_passes_the_end() -> None:
    assert parse_progress({"out_time_us": "11000000"}, duration_s=10).fraction == 1.0


def test_an_input_is_opened_by_one_demuxer_and_local_protocols_only() -> None:
    arguments = safe_input(Path("/media/clip"), AVI)
    assert arguments[-2:] == ["-i", "file:/media/clip"]
    assert arguments[arguments.index("-protocol_whitelist") + 1] == "file,pipe"
    assert (
        arguments[arguments.index("-f") + 1] == arguments[arguments.index("-format_whitelist") + 1] == "avi"
    )


def test_the_last_word_of_progress_is_the_end() -> None:
    last = parse_progress({**BLOCK, "progress": "end"}, duration_s=10)
    assert (last.fraction, last.eta_s) == (1.0, 0.0)


def test_progress_reaches_the_end_of_a_run(tmp_path: Path) -> None:
    seen: list[Progress] = []
    source = ["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=2"]
    run_ffmpeg([*source, "out.mkv"], folder=tmp_path, duration_s=2.0, on_progress=seen.append)
    assert seen[-1].frame == 50
    assert seen[-1].fraction == 1.0
    assert (tmp_path / "out.mkv").exists()


def test_several_raw_outputs_are_read_at_once(tmp_path: Path) -> None:
    """More than any pipe holds, on two of them, interleaved: nobody waits for the other forever."""
    sizes = {"first": 0, "second": 0}

    def count(name: str) -> Callable[[bytes], None]:
        return lambda data: sizes.__setitem__(name, sizes[name] + len(data))

    raw = ["-f", "rawvideo", "-pix_fmt", "bgr24"]
    run_ffmpeg(
        ["-f", "lavfi", "-i", "testsrc2=size=640x480:rate=25:duration=1", *raw, "pipe:1", *raw, "pipe:second"],
        folder=tmp_path, on_output=count("first"), extra_outputs={"pipe:second": count("second")},
    )  # fmt: skip
    assert sizes == {"first": 25 * 640 * 480 * 3, "second": 25 * 640 * 480 * 3}


def test_a_failure_carries_the_last_words_of_ffmpeg(tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b"\0\0\0\x18ftypisom" + bytes(200))
    with pytest.raises(DamagedMedia, match=r"moov atom not found|Invalid data"):
        run_ffmpeg([*safe_input(tmp_path / "broken", MP4), "-f", "null", "-"], folder=tmp_path)


def test_an_hdr_source_without_zscale_is_no_fault_of_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ffmpeg that was built without it is stood for by one that is asked for a filter of another name."""
    (tmp_path / "bin").mkdir()
    poorer = tmp_path / "bin" / "ffmpeg"
    poorer.write_text(f"#!{sys.executable}\n{POORER_FFMPEG.format(real=shutil.which('ffmpeg'))}")
    poorer.chmod(0o755)
    source = encode(
        tmp_path / "hdr.mkv", "-f", "lavfi", "-i", "testsrc2=size=64x48:duration=1", "-c:v", "ffv1",
        "-pix_fmt", "yuv420p10le", "-color_trc", "smpte2084", "-colorspace", "bt2020nc", "-color_primaries", "bt2020",
    )  # fmt: skip
    (tmp_path / "pass").mkdir()
    monkeypatch.setitem(process.ENVIRONMENT, "PATH", f"{poorer.parent}:{process.ENVIRONMENT['PATH']}")
    with pytest.raises(WorkerLost, match="no filter gone_zscale, which this video needs; install"):
        make_proxy(source, probe(source), folder=tmp_path / "pass")


def test_ffprobe_answers_with_the_log_when_a_file_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b"\0\0\0\x18ftypisom" + bytes(200))
    answer = run_ffprobe(["-show_format", *safe_input(tmp_path / "broken", MP4)], folder=tmp_path)
    assert "format" not in answer
    assert any("moov" in line for line in answer["log"])


def test_last_words_are_those_about_an_error() -> None:
    log = ["[info] hello", "[mov @ 0x1] [error] moov atom not found", "[verbose] bye"]
    assert last_words(log) == "moov atom not found"
    assert last_words([]) == "it said nothing"
