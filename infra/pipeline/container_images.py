"""The container images, and which files of the repository go into each.

A file that a Dockerfile does not copy changes no image's fingerprint, so no function is deployed anew for it.
"""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import IgnoreMode
from aws_cdk import aws_ecr_assets as assets
from constructs import Construct

from heaters.domain.stage import Place, Runner, Stage

REPOSITORY = Path(__file__).resolve().parents[2]

STATE_IMAGE = "state"

IMAGES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    STATE_IMAGE: ("state", {}),
    "media": ("media", {}),
    "embed": ("embed", {}),
    "embed-gpu": ("embed", {"RUNTIME": "gpu"}),
}
"""Each image's folder in containers/ and its build arguments."""


class Images(Construct):
    """One asset for each of IMAGES. Synthesis fingerprints the files; deployment builds them."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self._assets = {name: self._asset(name) for name in IMAGES}

    def __getitem__(self, name: str) -> assets.DockerImageAsset:
        return self._assets[name]

    def _asset(self, name: str) -> assets.DockerImageAsset:
        folder, build_args = IMAGES[name]
        return assets.DockerImageAsset(
            self,
            name.capitalize(),
            asset_name=f"heaters-{name}",
            directory=str(REPOSITORY),
            file=f"containers/{folder}/Dockerfile",
            build_args=build_args,
            platform=assets.Platform.LINUX_AMD64,
            ignore_mode=IgnoreMode.DOCKER,
            exclude=build_context(folder),
        )


def stage_image(stage: Stage, place: Place) -> str:
    """Which of IMAGES the stage runs in at this place: one with CUDA where there is a GPU to use."""
    return f"{stage.image}-gpu" if place.runner is Runner.BATCH_GPU else stage.image


def build_context(folder: str) -> list[str]:
    """Docker ignore patterns that leave only the Dockerfile of `folder` and what it copies."""
    wanted = [f"containers/{folder}/Dockerfile", *copied_paths(folder)]
    return ["*", *(f"!{path}" for path in wanted), "**/__pycache__", "**/*.pyc", "**/built"]


def copied_paths(folder: str) -> list[str]:
    """What the Dockerfile copies out of the repository, not out of another build stage."""
    lines = (REPOSITORY / "containers" / folder / "Dockerfile").read_text().splitlines()
    copies = [line.split()[1:] for line in lines if line.startswith("COPY ")]
    return [path for words in copies if not words[0].startswith("--from=") for path in words[:-1]]
