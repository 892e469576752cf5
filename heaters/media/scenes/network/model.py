"""Loads the learned detector, if it is there, and runs it. Never downloads or builds it."""

import hashlib
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from heaters.domain.errors import ModelRejected

MODEL_FILE = Path(__file__).resolve().parent / "built" / "transnetv2.onnx"
MODEL_SHA256 = "011f373c10bfd80a67c93352fc7d852dd47d0ad3a4850cff1e7ad84b2c3cb33f"
INPUT, OUTPUT = "frames", "probabilities"
LEVELS = 255
"""Probabilities are stored as whole numbers from 0 to this."""


class Judge(Protocol):
    """Probabilities (n, 2) uint8, of a hard cut and of any change, right after each of n frames (n, 27, 48, 3) RGB."""

    def __call__(self, frames: NDArray[np.uint8], /) -> NDArray[np.uint8]: ...


def load_network(path: Path = MODEL_FILE) -> Judge | None:
    """The network on one thread; None where the model was never built or onnxruntime is not installed.

    Raises ModelRejected for a file that is not the known one, or that onnxruntime cannot run.
    """
    try:
        import onnxruntime  # noqa: PLC0415 - the rules work without it
    except ImportError:
        return None
    if not path.is_file():
        return None
    body = path.read_bytes()
    if hashlib.sha256(body).hexdigest() != MODEL_SHA256:
        raise ModelRejected(f"{path.name} is not the known model; delete it and run `make models`.")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # windows differ in length, and a pattern is kept for each
    try:
        session = onnxruntime.InferenceSession(body, options, providers=["CPUExecutionProvider"])
    except Exception as exc:  # onnxruntime has no common root for its errors
        raise ModelRejected(f"{path.name} cannot be loaded: {exc}; install another onnxruntime.") from exc

    def judge(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
        (probabilities,) = session.run([OUTPUT], {INPUT: frames})
        levels: NDArray[np.uint8] = np.rint(np.asarray(probabilities) * LEVELS).astype(np.uint8)
        return levels

    return judge
