"""What the demo says and checks, apart from running it."""

import io
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local_cloud.commands.demo import find_inputs
from local_cloud.commands.demo_outputs import find_mismatches
from local_cloud.commands.frame_hashes import decode_hashes
from local_cloud.commands.sample import make_sample
from local_cloud.commands.terminal import Progress, describe, format_table
from local_cloud.machine.settings import LocalCloudError


def make_video(path: Path, *, start: int, frames: int) -> Path:
    """Lossless frames `start` to `start + frames` of a moving test picture."""
    picture = (
        f"testsrc2=size=64x48:rate=24,trim=start_frame={start}:end_frame={start + frames},setpts=PTS-STARTPTS"
    )
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", picture, "-c:v", "ffv1", str(path)]
    subprocess.run(command, check=True)
    return path


def clip(path: Path, **more: Any) -> dict[str, Any]:
    hashes = decode_hashes(path)
    recorded = {"frame_count": len(hashes), "first_frame_md5": hashes[0], "last_frame_md5": hashes[-1]}
    return {"clip_id": "c", "start_frame": 10, "end_frame": 20, "export_path": str(path)} | recorded | more


def test_an_export_is_proved_by_its_decoded_frames(tmp_path: Path) -> None:
    proxy = str(make_video(tmp_path / "proxy.mkv", start=0, frames=30))
    exact = make_video(tmp_path / "exact.mkv", start=10, frames=10)
    late = make_video(tmp_path / "late.mkv", start=11, frames=10)
    short = make_video(tmp_path / "short.mkv", start=10, frames=9)
    assert find_mismatches(proxy, [clip(exact)]) == []
    assert find_mismatches(proxy, [clip(late), clip(short)]) != []
    assert len(find_mismatches(proxy, [clip(late), clip(exact), clip(short)])) == 2
    assert "its record says" in find_mismatches(proxy, [clip(exact, first_frame_md5="0")])[0]


def test_inputs_are_a_url_a_file_or_a_folder_s_files_in_order(tmp_path: Path) -> None:
    for name in ("b.mp4", "a.txt", ".hidden"):
        (tmp_path / name).touch()
    assert find_inputs("https://example.org/v.mp4") == ["https://example.org/v.mp4"]
    assert find_inputs(str(tmp_path / "b.mp4")) == [str(tmp_path / "b.mp4")]
    assert find_inputs(str(tmp_path)) == [str(tmp_path / "a.txt"), str(tmp_path / "b.mp4")]


@pytest.mark.parametrize("name", ['it\'s a "test" $HOME `x` $(pwd).mov', "two\nlines.mp4", "ü 日本.mp4", ""])
def test_make_hands_on_a_path_as_it_was_typed(name: str) -> None:
    show = ["make", "--silent", "--eval", "show:; @printenv VIDEO", "show"]
    folder = Path(__file__).parents[3]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    said = subprocess.run(
        [*show, f"VIDEO={name}"], cwd=folder, env=environment, check=True, capture_output=True, text=True
    )
    assert said.stdout == f"{name}\n"


def test_an_input_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match="no file or folder"):
        find_inputs(str(tmp_path / "missing.mp4"))
    with pytest.raises(LocalCloudError, match="has no files"):
        find_inputs(str(tmp_path))


@pytest.mark.parametrize(
    ("video", "line"),
    [
        ({"state": "new"}, "waiting to start"),
        (
            {"state": "preprocessing", "progress": {"fraction": 0.456, "speed": 3.14, "eta_s": 8.2}},
            "making the proxy: 46 %, 3.1x, 8 s left",
        ),
        (
            {
                "state": "in_review",
                "counts": {"review_approved": 2, "superseded": 4},
                "master_state": "archiving",
            },
            "in review: 2 review approved; archiving the master",
        ),
        (
            {"state": "complete", "counts": {"embedded": 3}, "progress": {"fraction": 1}},
            "complete: 3 embedded",
        ),
    ],
)
def test_a_video_is_described_in_a_line(video: dict[str, Any], line: str) -> None:
    assert describe({"progress": None, **video}) == line


def test_progress_within_a_step_is_not_repeated_at_once() -> None:
    out = io.StringIO()
    progress = Progress(out)
    for fraction in (0.1, 0.2):
        progress.show("v", {"state": "preprocessing", "progress": {"fraction": fraction}})
    progress.show("v", {"state": "in_review"})
    assert out.getvalue().count("making the proxy") == 1
    assert "in review" in out.getvalue()


def test_a_table_is_as_wide_as_its_widest_cells() -> None:
    assert format_table(("a", "long"), [("wide cell", 1)]) == "a          long\n---------  ----\nwide cell  1"


def test_the_sample_has_four_shots_and_is_made_once(tmp_path: Path) -> None:
    path = make_sample(tmp_path / "sample.mp4")
    made_ns = path.stat().st_mtime_ns
    assert len(decode_hashes(path)) == 4 * 3 * 24
    assert make_sample(path).stat().st_mtime_ns == made_ns
