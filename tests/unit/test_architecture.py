"""Rules of the layout that import-linter cannot see."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _reads_environment(source: str) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
        for node in ast.walk(ast.parse(source))
    )


def test_only_shells_read_the_environment() -> None:
    """The library gets its settings passed in."""
    offenders = [p for p in (ROOT / "heaters").rglob("*.py") if _reads_environment(p.read_text())]
    assert offenders == []


def test_the_domain_imports_the_standard_library_only() -> None:
    """Whatever a package is called; import-linter has to be told names."""
    allowed = sys.stdlib_module_names | {"heaters"}
    modules = list((ROOT / "heaters" / "domain").rglob("*.py"))
    assert modules
    assert {(p.name, top) for p in modules for top in _imported(p.read_text()) - allowed} == set()


def _imported(source: str) -> set[str]:
    """The top-level names of what a module imports, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


def test_every_module_says_what_it_is_for() -> None:
    folders = ("heaters", "functions", "containers", "review_api", "infra", "local_cloud", "bench", "docs")
    modules = [p for folder in folders for p in (ROOT / folder).rglob("*.py") if p.read_text().strip()]
    assert modules
    assert [
        str(p.relative_to(ROOT)) for p in modules if not ast.get_docstring(ast.parse(p.read_text()))
    ] == []


def test_the_api_imports_media_only_for_requests_that_need_it() -> None:
    """Every cold start would wait for what a few requests use."""
    program = "import app, sys; print(*sorted({'av', 'heaters.media', 'cv2'} & sys.modules.keys()))"
    environment = {"PYTHONPATH": f"{ROOT / 'review_api'}:{ROOT}", "AWS_DEFAULT_REGION": "us-east-1"}
    command = [sys.executable, "-c", program]
    loaded = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []
