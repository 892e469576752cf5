"""The built network is TransNetV2, 8 bits or not, and nothing else than tensors is ever unpickled."""

import hashlib
import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from heaters.domain.errors import ModelRejected
from heaters.media.scenes.network.build import build_model
from heaters.media.scenes.network.model import LEVELS, MODEL_FILE, MODEL_SHA256, load_network
from heaters.media.scenes.network.weights import Weights, read_licence, read_package_weights, read_weights

Floats = NDArray[np.float64]

WORST = 0.02
"""What 8 bits may change of a probability here."""


@pytest.fixture(scope="module")
def weights() -> Weights:
    return read_package_weights()


def pictures() -> NDArray[np.uint8]:
    """Two unlike pictures with a little noise, one after the other: (24, 27, 48, 3)."""
    random = np.random.default_rng(3)
    old, new = (np.kron(random.integers(0, 240, (3, 4, 3)), np.ones((9, 12, 1))) for _ in range(2))
    noise = random.integers(0, 16, (24, 27, 48, 3))
    return (np.stack([old] * 12 + [new] * 12) + noise).astype(np.uint8)


def convolve(x: Floats, kernel: Floats, *, dilation: int = 1) -> Floats:
    """(C, T, H, W) with a kernel (O, C, t, h, w), as wide as before: a sum over the places of the kernel."""
    reach = [dilation * (kernel.shape[2] // 2), kernel.shape[3] // 2, kernel.shape[4] // 2]
    padded = np.pad(x, [(0, 0), *((n, n) for n in reach)])
    _, t, h, w = x.shape
    total = np.zeros((len(kernel), t, h, w))
    for a, b, c in np.ndindex(kernel.shape[2:]):
        part = padded[:, a * dilation : a * dilation + t, b : b + h, c : c + w]
        total += np.einsum("oc,cthw->othw", kernel[:, :, a, b, c], part, optimize=True)
    return total


def forward(weights: Weights, frames: NDArray[np.uint8]) -> Floats:
    """TransNetV2 as its paper and its package describe it, with 64 bits and without anything folded or merged."""
    x, stages = frames.transpose(3, 0, 1, 2) / 255.0, []
    for stage in range(3):
        outputs = []
        for block in range(2):
            prefix = f"SDDCNN.{stage}.DDCNN.{block}"
            branches = []
            for dilation in (1, 2, 4, 8):
                layer = f"{prefix}.Conv3D_{dilation}.layers"
                seen = convolve(x, weights[f"{layer}.0.weight"])
                branches.append(convolve(seen, weights[f"{layer}.1.weight"], dilation=dilation))
            mean, variance, gain, bias = (
                weights[f"{prefix}.bn.{name}"][:, None, None, None]
                for name in ("running_mean", "running_var", "weight", "bias")
            )
            x = (np.concatenate(branches) - mean) / np.sqrt(variance + 1e-3) * gain + bias
            x = np.maximum(x, 0)
            outputs.append(x)
        x = outputs[0] + outputs[1]
        c, t, h, w = x.shape
        x = x[:, :, : h // 2 * 2, : w // 2 * 2].reshape(c, t, h // 2, 2, w // 2, 2).mean(axis=(3, 5))
        stages.append(x)
    means = np.concatenate([stage.mean(axis=(2, 3)) for stage in stages]).T
    projected = linear(weights, "frame_sim_layer.projection", means)
    colours = np.zeros((len(frames), 512))
    for number, frame in enumerate(frames.reshape(len(frames), -1, 3) >> 5):
        np.add.at(colours[number], frame.astype(int) @ [64, 8, 1], 1)
    parts = [
        compare(weights, "color_hist_layer.fc", colours),
        compare(weights, "frame_sim_layer.fc", projected),
        x.transpose(1, 2, 3, 0).reshape(len(frames), -1),
    ]
    hidden = np.maximum(linear(weights, "fc1", np.concatenate(parts, axis=1)), 0)
    logits = np.concatenate([linear(weights, f"cls_layer{n}", hidden) for n in (1, 2)], axis=1)
    return 1 / (1 + np.exp(-logits))


def linear(weights: Weights, layer: str, x: Floats) -> Floats:
    return x @ weights[f"{layer}.weight"].T + weights[f"{layer}.bias"]


def compare(weights: Weights, layer: str, rows: Floats) -> Floats:
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    alike, count = unit @ unit.T, len(rows)
    band = np.zeros((count, 101))
    for row in range(count):
        for other in range(max(row - 50, 0), min(row + 51, count)):
            band[row, other - row + 50] = alike[row, other]
    return np.maximum(linear(weights, layer, band), 0)


def test_the_model_comes_out_byte_for_byte_the_same(weights: Weights) -> None:
    body = build_model(weights, read_licence())
    assert hashlib.sha256(body).hexdigest() == MODEL_SHA256


def test_the_licence_travels_in_the_model() -> None:
    assert b"Permission is hereby granted" in MODEL_FILE.read_bytes()


def test_the_model_judges_as_an_independent_calculation_does(weights: Weights) -> None:
    judge = load_network()
    assert judge is not None
    expected = forward(weights, pictures())
    assert expected[11, 0] > 0.3  # the last frame of the old picture
    assert np.abs(judge(pictures()) / LEVELS - expected).max() < WORST


def test_a_model_that_is_another_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "transnetv2.onnx"
    other.write_bytes(MODEL_FILE.read_bytes()[:-1])
    with pytest.raises(ModelRejected, match="make models"):
        load_network(other)


def test_without_the_model_there_is_no_network(tmp_path: Path) -> None:
    assert load_network(tmp_path / "transnetv2.onnx") is None


def test_weights_that_name_anything_but_tensors_are_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as parts:
        parts.writestr("archive/data.pkl", pickle.dumps(print))
    with pytest.raises(ModelRejected, match="no part of a tensor"):
        read_weights(file.getvalue())


def test_something_else_in_place_of_weights_is_refused() -> None:
    with pytest.raises(ModelRejected, match="cannot be read"):
        read_weights(b"no zip")
