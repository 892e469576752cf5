"""review_api/ as CDK takes it in: a copy with the library in vendor/, packaged by Chalice away from the source tree.

The packages of requirements.txt are not in it: they are a layer, so that a change of code uploads code alone.
"""

import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from chalice.cdk import Chalice
from constructs import Construct

from infra.pipeline.container_images import REPOSITORY
from infra.review.zip_files import settle_zip

_SOURCE = REPOSITORY / "review_api"
_LIBRARY = REPOSITORY / "heaters"
_SOURCES_ONLY = shutil.ignore_patterns("__pycache__", "*.pyc", "built")


class ChaliceProject(Chalice):
    """`chalice.cdk.Chalice` for review_api/. Same files, same asset."""

    def __init__(self, scope: Construct, construct_id: str, *, config: Mapping[str, Any]) -> None:
        with tempfile.TemporaryDirectory(prefix="heaters-review-") as name, _as_before(Path(name)):
            project = copy_project(Path(name) / "project")
            super().__init__(scope, construct_id, source_dir=str(project), stage_config=dict(config))

    def _package_app(self) -> None:
        super()._package_app()
        settle_zip(Path(self._sam_package_dir) / "deployment.zip")


def copy_project(folder: Path) -> Path:
    """A Chalice project in `folder`: the app, and the library where Chalice looks for what is not on PyPI."""
    folder.mkdir()
    shutil.copy2(_SOURCE / "app.py", folder)
    shutil.copytree(_SOURCE / "chalicelib", folder / "chalicelib", ignore=_SOURCES_ONLY)
    shutil.copytree(_LIBRARY, folder / "vendor" / "heaters", ignore=_SOURCES_ONLY)
    (folder / ".chalice").mkdir()
    config = {"version": "2.0", "app_name": "heaters-review"}
    (folder / ".chalice" / "config.json").write_text(json.dumps(config))
    return folder


@contextlib.contextmanager
def _as_before(folder: Path) -> Iterator[None]:
    """Chalice imports the app into this process, under the function's environment, and writes beside the current
    folder. Work in `folder`, and forget all of it afterwards.

    It also wants a region to be named, of which it only takes the partition.
    """
    environment, path = dict(os.environ), list(sys.path)
    modules = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_app(name)}
    try:
        os.environ.setdefault("AWS_DEFAULT_REGION", os.environ.get("CDK_DEFAULT_REGION", "us-east-1"))
        with contextlib.chdir(folder):
            yield
    finally:
        os.environ.clear()
        os.environ.update(environment)
        sys.path[:] = path
        for name in [name for name in sys.modules if _is_app(name)]:
            del sys.modules[name]
        sys.modules.update(modules)


def _is_app(name: str) -> bool:
    return name == "app" or name.split(".", 1)[0] == "chalicelib"
