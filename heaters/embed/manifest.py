"""What is known about a model before it is loaded: its file, its hash, its size and how images are fed to it."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from heaters.domain import wire
from heaters.domain.errors import InvalidJob, ModelRejected


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """RGB, scaled to `width` x `height` without keeping the aspect, 0..1, then `(x - mean) / std` per channel."""

    width: int
    height: int
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1 or len(self.mean) != 3 or len(self.std) != 3 or 0.0 in self.std:
            raise InvalidJob(f"{self} does not describe an image of three channels; mend the manifest.")


@dataclass(frozen=True, kw_only=True)
class ModelManifest:
    """A model that makes `dimensions` numbers of one image. `sha256` is of the ONNX file beside the manifest."""

    name: str
    version: str
    file: str
    sha256: str
    dimensions: int
    preprocessing: Preprocessing
    pooling: str
    licence: str


def read_manifest(path: Path) -> ModelManifest:
    """The manifest at `path`. Raises ModelRejected if it cannot be read as one."""
    try:
        return wire.from_json(ModelManifest, json.loads(path.read_text()))
    except (OSError, ValueError, InvalidJob) as exc:
        raise ModelRejected(f"{path.name} is not a model manifest: {exc}; install the model again.") from exc


def read_model_file(folder: Path, manifest: ModelManifest) -> bytes:
    """The bytes of the ONNX file, if they are the ones that the manifest describes; otherwise ModelRejected."""
    try:
        body = (folder / manifest.file).read_bytes()
    except OSError as exc:
        raise ModelRejected(
            f"Model {manifest.name} has no file {manifest.file}; install the model again."
        ) from exc
    found = hashlib.sha256(body).hexdigest()
    if found != manifest.sha256:
        raise ModelRejected(
            f"{manifest.file} is not the file that its manifest describes (SHA-256 {found[:12]}…, expected "
            f"{manifest.sha256[:12]}…); install model {manifest.name} again.",
        )
    return body
