"""The CDK app runs again when something that its templates follow from has changed, and only then."""

import subprocess
import sys
from pathlib import Path

import pytest

from local_cloud.machine import synth
from local_cloud.machine.processes import Children
from local_cloud.machine.settings import REPOSITORY, LocalCloudError

_SHOW_IMPORTED = (
    "import sys, infra.app; "
    "print(*(m.__file__ for m in sys.modules.values() if getattr(m, '__file__', None)), sep='\\n')"
)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with nothing but a CDK app in it, which writes an empty manifest."""
    folder = tmp_path / "checkout"
    write(folder / "infra" / "__init__.py", "")
    write(
        folder / "infra" / "app.py",
        "import pathlib, sys\nout = pathlib.Path(sys.argv[2])\nout.mkdir()\n(out / 'manifest.json').write_text('{}')\n",
    )
    monkeypatch.setattr(synth, "REPOSITORY", folder)
    monkeypatch.setattr("local_cloud.machine.processes.REPOSITORY", folder)
    monkeypatch.setattr(synth, "base_environment", dict)
    return folder


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_stacks_are_synthesized_again_only_when_an_input_has_changed(
    checkout: Path, tmp_path: Path, children: Children
) -> None:
    said: list[str] = []
    first = synth.synthesize(tmp_path / "cdk", children, said.append)
    assert synth.synthesize(tmp_path / "cdk", children, said.append) == first
    assert len(said) == 1
    (checkout / "cdk.json").write_text("{}")
    assert synth.synthesize(tmp_path / "cdk", children, said.append) != first
    write(checkout / "infra" / "app.py", "raise SystemExit('a stack is broken')")
    with pytest.raises(LocalCloudError, match="a stack is broken"):
        synth.synthesize(tmp_path / "cdk", children, said.append)


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("infra/review/api.py", True),
        ("heaters/domain/pipeline.py", True),
        ("heaters/domain/review/gates.py", True),
        ("containers/media/Dockerfile", True),
        ("uv.lock", True),
        ("heaters/media/scenes/cuts.py", False),
        ("functions/begin_video.py", False),
        ("review_api/app.py", False),
        ("local_cloud/cloud.py", False),
    ],
)
def test_what_the_templates_follow_from_is_an_input(
    checkout: Path, tmp_path: Path, children: Children, path: str, counts: bool
) -> None:
    write(checkout / path, "a = 1")
    first = synth.synthesize(tmp_path / "cdk", children, lambda _: None)
    write(checkout / path, "a = 2")
    again = synth.synthesize(tmp_path / "cdk", children, lambda _: None)
    assert (again != first) is counts


def test_every_module_of_this_checkout_that_the_app_imports_is_an_input() -> None:
    said = subprocess.run(
        [sys.executable, "-c", _SHOW_IMPORTED], cwd=REPOSITORY, check=True, capture_output=True, text=True
    )
    own = {REPOSITORY / name for name in ("heaters", "infra", "functions", "containers", "local_cloud")}
    imported = {path for path in map(Path, said.stdout.split("\n")) if own & set(path.parents)}
    assert REPOSITORY / "heaters" / "domain" / "review" / "gates.py" in imported
    assert imported <= set(synth.find_inputs())


@pytest.mark.parametrize("pattern", synth._INPUTS)
def test_each_pattern_of_inputs_finds_files(pattern: str) -> None:
    assert list(REPOSITORY.glob(pattern))
