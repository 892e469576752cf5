"""Each image carries what its programs import and nothing that they must not reach. Builds no image."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from heaters.domain.pipeline import STAGE
from infra.pipeline.container_images import IMAGES, REPOSITORY, copied_paths
from tests.infra.templates import Template

FOLDERS = sorted({folder for folder, _ in IMAGES.values()})
EXTRAS = {"state": {"aws", "catalog"}, "media": {"aws", "media"}, "embed": {"aws", "embed"}}
CODE = {
    "state": {"heaters", "functions"},
    "media": {"heaters", "containers"},
    "embed": {"heaters", "containers"},
}
LIBRARY = {
    "state": {"domain", "s3", "catalog", "intake"},
    "media": {"domain", "s3", "media"},
    "embed": {"domain", "s3", "embed"},
}


def _dockerfile(folder: str) -> str:
    return (REPOSITORY / "containers" / folder / "Dockerfile").read_text()


@pytest.fixture(scope="module")
def contexts(assembly: Path) -> Mapping[str, list[Path]]:
    """The folders that deployment will build images from, by the folder of their Dockerfile."""
    found: dict[str, list[Path]] = {folder: [] for folder in FOLDERS}
    for dockerfile in assembly.glob("asset.*/containers/*/Dockerfile"):
        found[dockerfile.parent.name].append(dockerfile.parents[2])
    return found


def test_every_folder_of_containers_is_an_image() -> None:
    """And every image has a folder."""
    dockerfiles = (REPOSITORY / "containers").glob("*/Dockerfile")
    assert sorted(path.parent.name for path in dockerfiles) == FOLDERS


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_a_dockerfile_copies_exists(folder: str) -> None:
    """A pattern matches something."""
    assert all(list(REPOSITORY.glob(path)) for path in copied_paths(folder))


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_a_dockerfile_copies_is_in_its_build_context(
    folder: str, contexts: Mapping[str, list[Path]]
) -> None:
    """Deployment sends those files to the builder, no bytecode, and no other folder of the repository."""
    assert contexts[folder]
    for context in contexts[folder]:
        assert all(list(context.glob(path)) for path in copied_paths(folder))
        assert {path.name for path in context.iterdir() if path.is_dir()} == CODE[folder] | {"containers"}
        assert {path.name for path in (context / "heaters").iterdir() if path.is_dir()} == LIBRARY[folder]
        assert not list(context.rglob("__pycache__"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_an_image_installs_only_its_own_packages(folder: str) -> None:
    """The database driver and the media libraries never share an image; what builds a model stays out of all."""
    assert set(re.findall(r"--from=(\w+) /opt/heaters", _dockerfile(folder))) == {"packages"}
    (stage,) = (part for part in _dockerfile(folder).split("FROM ") if "AS packages" in part)
    arguments = re.findall(r"^RUN .*sh install\.sh (.+)$", stage, re.MULTILINE)
    assert len(arguments) == 1
    defaults = dict(re.findall(r"^ARG (\w+)=(\w+)$", _dockerfile(folder), re.MULTILINE))
    extras = {re.sub(r'^"\$(\w+)"$', lambda m: defaults[m[1]], word) for word in arguments[0].split()}
    assert extras == EXTRAS[folder]


@pytest.mark.parametrize("folder", FOLDERS)
def test_only_the_media_image_has_ffmpeg(folder: str) -> None:
    """A parser of strangers' files is nowhere else."""
    assert ("ffmpeg" in _installed(folder)) == (folder == "media")


@pytest.mark.parametrize("folder", FOLDERS)
def test_an_image_does_not_run_as_root(folder: str) -> None:
    """The last word on USER is somebody else."""
    users = re.findall(r"^USER (\w+)$", _dockerfile(folder), re.MULTILINE)
    assert users[-1:] == ["heaters"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_an_image_leaves_its_command_to_whoever_starts_it(folder: str) -> None:
    """Lambda names the runtime client, Batch the stage's module."""
    assert not re.search(r"^(ENTRYPOINT|CMD)\b", _dockerfile(folder), re.MULTILINE)


def test_the_gpu_image_differs_from_the_embed_image_in_its_runtime_only() -> None:
    """onnxruntime for CUDA takes the place of onnxruntime; the rest of the two extras is the same."""
    extras = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert IMAGES["embed-gpu"] == ("embed", {"RUNTIME": "gpu"})
    assert _names(extras["gpu"]) ^ _names(extras["embed"]) == {"onnxruntime", "onnxruntime-gpu"}


def test_the_models_runtime_sends_nothing_home() -> None:
    """Wheels of onnxruntime since 1.29 report sessions and models to their maker unless the environment says no."""
    assert re.search(r"^ENV .*\bORT_DISABLE_TELEMETRY=1\b", _dockerfile("embed"), re.MULTILINE)


def test_gpu_jobs_and_they_alone_run_the_gpu_image(pipeline: Template, assembly: Path) -> None:
    """A Lambda would only start more slowly for libraries that it cannot use."""
    images = json.loads((assembly / "HeatersPipeline.assets.json").read_text())["dockerImages"]
    gpu_tags = {name.rpartition("-")[2] for name in images if name.startswith("heaters-embed-gpu-")}
    assert len(gpu_tags) == 1
    jobs = [job["ContainerProperties"] for job in pipeline.of_type("AWS::Batch::JobDefinition").values()]
    on_gpu = [job["Command"][-1] for job in jobs if _tag(job["Image"]) in gpu_tags]
    assert on_gpu == [STAGE["embed"].module]
    assert not gpu_tags & {_tag(function["Code"]["ImageUri"]) for function in pipeline.lambdas().values()}


def _tag(image: Any) -> str:
    """The last word of an image's address, whichever functions of CloudFormation it is made with."""
    return re.findall(r":([0-9a-f]{64})", json.dumps(image))[-1]


def _installed(folder: str) -> Iterator[str]:
    for packages in re.findall(
        r"apt-get install -y --no-install-recommends (.+?)(?: \\)?$", _dockerfile(folder), re.M
    ):
        yield from packages.split()


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w-]", requirement)[0] for requirement in requirements}
