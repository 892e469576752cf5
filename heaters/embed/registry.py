"""Finds a model by name and makes it ready to run. Loads nothing before it is asked to."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from heaters.domain.errors import ModelRejected
from heaters.embed.manifest import ModelManifest, read_manifest, read_model_file

BUILT_IN_MODELS = Path(__file__).resolve().parent / "models"

_PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageModel:
    """A loaded model."""

    manifest: ModelManifest
    session: onnxruntime.InferenceSession

    def run(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Vectors (n, dimensions) of unit length for images (n, 3, height, width). Raises ModelRejected."""
        name = self.session.get_inputs()[0].name
        vectors = np.asarray(self.session.run(None, {name: images})[0], dtype=np.float32)
        if vectors.shape != (len(images), self.manifest.dimensions) or not np.isfinite(vectors).all():
            raise ModelRejected(
                f"Model {self.manifest.name} answered {vectors.shape} for {len(images)} images of "
                f"{self.manifest.dimensions} dimensions, or not with numbers; install another version.",
            )
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not lengths.all():
            raise ModelRejected(
                f"Model {self.manifest.name} made a vector of length 0; install another version."
            )
        unit: NDArray[np.float32] = np.divide(vectors, lengths)
        return unit


def load_model(name: str, *, folder: Path = BUILT_IN_MODELS, threads: int = 0) -> ImageModel:
    """The model `name` of `folder`, on a GPU where onnxruntime has one. `threads` 0 means one per core.

    Raises ModelRejected for an unknown name, a file that is not the manifest's, or one that cannot be run.
    """
    manifests = {path.stem: path for path in sorted(folder.glob("*.json"))}
    if name not in manifests:
        raise ModelRejected(f"There is no model {name!r}; installed are {', '.join(manifests) or 'none'}.")
    manifest = read_manifest(manifests[name])
    body = read_model_file(folder, manifest)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    providers = [name for name in _PROVIDERS if name in onnxruntime.get_available_providers()]
    try:
        session = onnxruntime.InferenceSession(body, options, providers=providers)
    except Exception as exc:  # onnxruntime has no common root for its errors
        raise ModelRejected(
            f"Model {manifest.name} cannot be loaded: {exc}; install another version."
        ) from exc
    return ImageModel(manifest=manifest, session=session)
