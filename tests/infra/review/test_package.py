"""What is uploaded for the review API: its packages for Lambda in a layer, its code with the library in a zip.

Fetches the packages once; they are kept beside the tools.
"""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from infra.pipeline.container_images import REPOSITORY
from infra.review.wheels import UNPACKED_LIMIT_BYTES, PackageTooLarge, check_size, wheels_zip
from infra.review.zip_files import settle_zip, unpacked_bytes, write_zip
from tests.infra.templates import Template

_IMPORT_APP = """
import sys
carried = set(sys.argv[1:])

class Absent:
    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        if top not in carried | sys.stdlib_module_names and not top.startswith("_sysconfigdata"):
            raise ModuleNotFoundError(f"No module named {name!r} on Lambda", name=name)

sys.meta_path.insert(0, Absent())
import app
print(len(app.app.routes))
"""
"""Imports the app where nothing can be found but Python itself and what is named."""


@pytest.fixture(scope="module")
def packages() -> Path:
    return wheels_zip()


@pytest.fixture(scope="module")
def code(assembly: Path, review: Template) -> Path:
    """The zip of the function's own code."""
    key = review.only("AWS::Serverless::Function")["CodeUri"]["Key"]
    return assembly / f"asset.{key}"


def test_packages_and_code_fit_into_lambda(packages: Path, code: Path) -> None:
    """Unpacked, as Lambda counts them."""
    assert unpacked_bytes(packages) + unpacked_bytes(code) < UNPACKED_LIMIT_BYTES == 262_144_000


def test_packages_that_do_not_fit_are_refused_before_anything_is_deployed() -> None:
    with pytest.raises(PackageTooLarge, match=r"260 MiB .* review_api/requirements\.txt"):
        check_size(260 * 1024**2)


def test_packages_are_built_for_lambdas_processor_and_python(packages: Path) -> None:
    """Every native module is CPython 3.13's or the stable ABI's, for x86-64 Linux."""
    with ZipFile(packages) as archive:
        modules = [name for name in archive.namelist() if re.search(r"\.(so|pyd|dylib)$", name)]
    built = [name for name in modules if ".cpython-" in name or ".abi3." in name]
    assert built
    assert all(".cpython-313-x86_64-linux-gnu." in name or ".abi3." in name for name in built)
    assert not [name for name in modules if name.endswith((".pyd", ".dylib")) or "darwin" in name]


def test_packages_have_the_locked_versions(packages: Path) -> None:
    """No version is deployed that was not tested."""
    lock = tomllib.loads((REPOSITORY / "uv.lock").read_text())
    locked = {(package["name"], package["version"]) for package in lock["package"]}
    with ZipFile(packages) as archive:
        found = {
            tuple(match.groups())
            for name in archive.namelist()
            if (match := re.match(r"python/([^/]+)-([^-/]+)\.dist-info/METADATA$", name))
        }
    assert {(name.replace("_", "-").lower(), version) for name, version in found} <= locked
    assert {"psycopg", "pydantic"} <= {name for name, _ in found}


@pytest.mark.parametrize("missing", [None, "psycopg", "heaters"])
def test_the_app_starts_with_what_is_carried(
    packages: Path, code: Path, tmp_path: Path, missing: str | None
) -> None:
    """Run from its zip, where only the two zips' modules can be imported; without one of them it does not start."""
    with ZipFile(code) as archive:
        archive.extractall(tmp_path)
    with ZipFile(packages) as archive:
        carried = {name.split("/")[1].split(".")[0] for name in archive.namelist()}
    carried |= {path.name.split(".")[0] for path in tmp_path.iterdir()}
    environment = {"PYTHONPATH": str(tmp_path), "AWS_DEFAULT_REGION": "us-east-1"}
    argv = [sys.executable, "-c", _IMPORT_APP, *sorted(carried - {missing})]
    started = subprocess.run(argv, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    if missing:
        assert f"No module named '{missing}" in started.stderr
    else:
        assert int(started.stdout) > 15, started.stderr


def test_the_library_comes_with_the_code_and_without_what_only_machines_make(code: Path) -> None:
    """Migrations and manifests too; no bytecode, no tests, no configuration of Chalice."""
    with ZipFile(code) as archive:
        names = set(archive.namelist())
    source = {path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / "heaters").rglob("*.sql")}
    assert source <= names
    assert {"app.py", "chalice/app.py", "chalicelib/endpoints.py", "heaters/catalog/connection.py"} <= names
    assert not [name for name in names if "__pycache__" in name or name.startswith(("tests/", ".chalice/"))]


def test_the_same_code_makes_the_same_asset(tmp_path: Path) -> None:
    """Whenever it was written, and in whatever order it was packed."""
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    once, again = tmp_path / "once.zip", tmp_path / "again.zip"
    write_zip(once, [("a", tmp_path / "a"), ("b", tmp_path / "b")])
    with ZipFile(again, "w") as archive:
        archive.write(tmp_path / "b", "b")
        archive.write(tmp_path / "a", "a")
    settle_zip(again)
    assert once.read_bytes() == again.read_bytes()


def test_templates_alone_carry_nothing_to_deploy(assembly: Path, review: Template) -> None:
    """Neither packages nor the built site are needed for them; Lambda refuses the empty layer that stands in."""
    assets: Any = json.loads((assembly / "HeatersReview.assets.json").read_text())["files"]
    key = review.only("AWS::Lambda::LayerVersion", "ApiPackages")["Content"]["S3Key"]
    layer = assembly / assets[key.removesuffix(".zip")]["source"]["path"]
    assert unpacked_bytes(layer) == 0
