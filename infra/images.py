"""The container images, and which files of the repository go into each.

A file that is not listed changes no image's fingerprint, so no function is deployed anew for it.
"""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import IgnoreMode
from aws_cdk import aws_ecr_assets as assets
from constructs import Construct

REPOSITORY = Path(__file__).resolve().parent.parent

_EVERY_IMAGE = (
    "pyproject.toml",
    "uv.lock",
    "containers/install.sh",
    "heaters/__init__.py",
    "heaters/domain",
    "heaters/storage.py",
    "containers/__init__.py",
)
_CONTENTS: Mapping[str, tuple[str, ...]] = {
    "state": ("heaters/*.py", "heaters/catalog", "functions", "containers/state"),
    "media": ("heaters/media", "containers/runner.py", "containers/media"),
    "embed": ("heaters/embed", "containers/runner.py", "containers/embed"),
}


class Images(Construct):
    """One asset for each folder of `containers/`. Synthesis fingerprints the files; deployment builds them."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self._assets = {name: self._asset(name) for name in _CONTENTS}

    def __getitem__(self, name: str) -> assets.DockerImageAsset:
        return self._assets[name]

    def _asset(self, name: str) -> assets.DockerImageAsset:
        return assets.DockerImageAsset(
            self,
            name.capitalize(),
            asset_name=f"heaters-{name}",
            directory=str(REPOSITORY),
            file=f"containers/{name}/Dockerfile",
            platform=assets.Platform.LINUX_AMD64,
            ignore_mode=IgnoreMode.DOCKER,
            exclude=build_context(name),
        )


def build_context(name: str) -> list[str]:
    """Docker ignore patterns that leave only the files of one image."""
    wanted = [f"!{path}" for path in (*_EVERY_IMAGE, *_CONTENTS[name])]
    return ["*", *wanted, "**/__pycache__", "**/*.pyc"]
