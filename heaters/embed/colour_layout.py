"""Builds the built-in model `colour-layout`: where which colours and edges are in a picture. Nothing is learned.

Three blocks, each of unit length and weighted: mean colours of an 8 x 8 grid (as the Colour Layout descriptor of
MPEG-7, ISO/IEC 15938-3, before its cosine transform), a joint histogram of brightness and colour with soft bins, and
the energy of edges in eight directions on a 4 x 6 grid (as histograms of oriented gradients). `make models` writes
the file; it needs the package `onnx`, which running the model does not.
"""

import hashlib
import json
from collections.abc import Sequence
from math import cos, pi, sin, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from heaters.domain import wire
from heaters.embed.manifest import ModelManifest, Preprocessing
from heaters.embed.registry import BUILT_IN_MODELS

NAME, VERSION = "colour-layout", "1"
HEIGHT, WIDTH = 64, 96
GRID_CELL = (8, 12)
EDGE_CELL = (16, 16)
DIRECTIONS = 8
BRIGHTNESS_BINS, CHROMA_BINS = 8, 4
WEIGHTS = {"layout": 0.45, "histogram": 0.35, "edges": 0.20}
DIMENSIONS = 3 * 64 + BRIGHTNESS_BINS * CHROMA_BINS**2 + DIRECTIONS * 24

_TO_YCBCR = np.array(  # ITU-R BT.709 full range; brightness centred on 0, chroma doubled to the same span
    [[0.2126, 0.7152, 0.0722], [-0.2292, -0.7708, 1.0], [1.0, -0.9084, -0.0916]], dtype=np.float32
)
_FAINT = 1e-2
"""Keeps a block without any structure short instead of blowing noise up to unit length."""


class _Graph:
    """Collects nodes and constants; every method returns the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: NDArray[np.generic] | float | Sequence[int]) -> str:
        name = f"c{len(self.constants)}"
        array = np.asarray(value)
        array = array.astype(np.int64 if array.dtype.kind == "i" else np.float32)
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        output = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def mean_cells(self, value: str, cell: tuple[int, int]) -> str:
        return self.add("AveragePool", value, kernel_shape=cell, strides=cell)

    def block(self, value: str, weight: float) -> str:
        """Flat, of unit length (less where there is hardly anything), times the root of its weight."""
        flat = self.add("Flatten", value, axis=1)
        energy = self.add("ReduceSumSquare", flat, self.constant([1]), keepdims=1)
        length = self.add("Sqrt", self.add("Add", energy, self.constant(_FAINT**2)))
        return self.add("Mul", self.add("Div", flat, length), self.constant(sqrt(weight)))

    def soft_bins(self, plane: str, count: int) -> str:
        """(n, 1, h, w) in -0.5..0.5 to (n, count, h, w): a triangle around each bin's centre."""
        centres = (np.arange(count, dtype=np.float32) + 0.5) / count - 0.5
        distance = self.add("Abs", self.add("Sub", plane, self.constant(centres.reshape(1, count, 1, 1))))
        slope = self.add("Mul", distance, self.constant(float(-count)))
        return self.add("Relu", self.add("Add", slope, self.constant(1.0)))


def build_model() -> bytes:
    """The ONNX file: input `images` (n, 3, 64, 96) RGB 0..1, output `vectors` (n, 512). The same bytes every time."""
    graph = _Graph()
    weights = graph.constant(_TO_YCBCR.reshape(3, 3, 1, 1))
    colours = graph.add("Conv", "images", weights, graph.constant(np.array([-0.5, 0, 0], dtype=np.float32)))
    planes = [
        graph.add("Slice", colours, graph.constant([at]), graph.constant([at + 1]), graph.constant([1]))
        for at in range(3)
    ]
    blocks = [
        graph.block(graph.mean_cells(colours, GRID_CELL), WEIGHTS["layout"]),
        graph.block(_histogram(graph, planes), WEIGHTS["histogram"]),
        graph.block(_edges(graph, planes[0]), WEIGHTS["edges"]),
    ]
    graph.nodes.append(helper.make_node("Concat", blocks, ["vectors"], axis=1))
    proto = helper.make_graph(
        graph.nodes,
        NAME,
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, HEIGHT, WIDTH])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", DIMENSIONS])],
        graph.constants,
    )
    opset = helper.make_opsetid("", 18)
    model = helper.make_model(proto, opset_imports=[opset], producer_name="heaters", ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def _histogram(graph: _Graph, planes: Sequence[str]) -> str:
    """(n, 8, 16): how much of the picture has each brightness together with each colour; roots, as Hellinger's."""
    brightness = graph.soft_bins(planes[0], BRIGHTNESS_BINS)
    halves = [graph.add("Mul", plane, graph.constant(0.5)) for plane in planes[1:]]
    blue, red = (graph.soft_bins(half, CHROMA_BINS) for half in halves)
    pairs = graph.add(
        "Mul",
        graph.add("Unsqueeze", blue, graph.constant([2])),
        graph.add("Unsqueeze", red, graph.constant([1])),
    )
    pixels = HEIGHT * WIDTH
    left = graph.add("Reshape", brightness, graph.constant([0, BRIGHTNESS_BINS, pixels]))
    right = graph.add("Reshape", pairs, graph.constant([0, CHROMA_BINS**2, pixels]))
    joint = graph.add("MatMul", left, graph.add("Transpose", right, perm=[0, 2, 1]))
    return graph.add("Sqrt", graph.add("Div", joint, graph.constant(float(pixels))))


def _edges(graph: _Graph, brightness: str) -> str:
    """(n, 8, 4, 6): Sobel gradients, split over eight directions, averaged over cells."""
    sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=np.float32) / 4
    kernels = np.stack([sobel, sobel.T])[:, None]
    padded = graph.add("Pad", brightness, graph.constant([0, 0, 1, 1, 0, 0, 1, 1]), mode="edge")
    gradients = graph.add("Conv", padded, graph.constant(kernels))
    angles = [2 * pi * n / DIRECTIONS for n in range(DIRECTIONS)]
    directions = np.array([[cos(angle), sin(angle)] for angle in angles], dtype=np.float32)
    along = graph.add("Conv", gradients, graph.constant(directions[:, :, None, None]))
    return graph.mean_cells(graph.add("Relu", along), EDGE_CELL)


def describe_model(body: bytes) -> ModelManifest:
    return ModelManifest(
        name=NAME,
        version=VERSION,
        file=f"{NAME}.onnx",
        sha256=hashlib.sha256(body).hexdigest(),
        dimensions=DIMENSIONS,
        preprocessing=Preprocessing(width=WIDTH, height=HEIGHT),
        pooling="none",
        licence="the same as Heaters; it holds no learned weights",
    )


def write_model(folder: Path = BUILT_IN_MODELS) -> None:
    """Write the ONNX file and its manifest into `folder`."""
    body = build_model()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{NAME}.onnx").write_bytes(body)
    (folder / f"{NAME}.json").write_text(json.dumps(wire.to_json(describe_model(body)), indent=2) + "\n")


if __name__ == "__main__":
    write_model()
