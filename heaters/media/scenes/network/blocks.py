"""TransNetV2's stages as 8-bit convolutions: what they compute, and the scales of their numbers.

A block has four branches, one for each dilation in time: a 3x3 convolution of each frame, then one of three frames
that far apart. Batch normalization is folded into the second. Between the two, and after each block, numbers are kept
in 8 bits over the ranges below, in which everything seen on real footage fits; weights in 7 bits, so that sums of
products never overflow 16 bits and every processor gets the same result.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heaters.media.scenes.network.graph import ONNXRUNTIME, Graph
from heaters.media.scenes.network.shape import HEIGHT, WIDTH
from heaters.media.scenes.network.weights import Weights

STAGES, BLOCKS = 3, 2
DILATIONS = (1, 2, 4, 8)
SPATIAL_RANGES = (3.4, 10.0, 18.0, 11.0, 13.0, 6.0)
"""The greatest magnitude after each block's first convolutions, as measured on the labelled footage, and a little."""

BLOCK_RANGES = (12.0, 10.0, 12.5, 10.5, 10.0, 8.0)
"""Likewise the greatest number after each block; the least is 0."""

_SUM_SHARE = 0.8  # of two ranges: the greatest sum is never reached by both
_LARGEST_WEIGHT = 64
_EPSILON = 1e-3  # of the batch normalization
_CENTRE = 128

_Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Quantized:
    """A tensor of 8-bit numbers: `(number - zero) * scale` is what they stand for."""

    name: str
    scale: float
    zero: int = 0


@dataclass(frozen=True, kw_only=True)
class BlockWeights:
    """For each dilation a spatial kernel (2F, C, 3, 3), a temporal one (F, 2F, 3, 1), and a bias (F,)."""

    spatial: tuple[_Floats, ...]
    temporal: tuple[_Floats, ...]
    biases: tuple[_Floats, ...]


def read_block(weights: Weights, stage: int, block: int) -> BlockWeights:
    """One block's weights, its batch normalization folded in."""
    prefix = f"SDDCNN.{stage}.DDCNN.{block}"
    layers = [f"{prefix}.Conv3D_{dilation}.layers" for dilation in DILATIONS]
    temporal = [weights[f"{layer}.1.weight"][..., 0] for layer in layers]
    spread = np.sqrt(weights[f"{prefix}.bn.running_var"] + _EPSILON)
    gain = weights[f"{prefix}.bn.weight"] / spread
    bias = weights[f"{prefix}.bn.bias"] - weights[f"{prefix}.bn.running_mean"] * gain
    gains, biases = np.split(gain, len(DILATIONS)), np.split(bias, len(DILATIONS))
    return BlockWeights(
        spatial=tuple(weights[f"{layer}.0.weight"][:, :, 0] for layer in layers),
        temporal=tuple(kernel * g[:, None, None, None] for kernel, g in zip(temporal, gains, strict=True)),
        biases=tuple(biases),
    )


def add_stages(graph: Graph, weights: Weights, frames: str) -> list[str]:
    """The features (n, C, h, w) in floats that each stage makes of uint8 `frames` (n, HEIGHT, WIDTH, 3)."""
    value = Quantized(name=graph.add("Transpose", frames, perm=[0, 3, 1, 2]), scale=1 / 255)
    height, width = HEIGHT, WIDTH
    features = []
    for stage in range(STAGES):
        first = _add_block(graph, read_block(weights, stage, 0), value, 2 * stage, (height, width))
        second = _add_block(graph, read_block(weights, stage, 1), first, 2 * stage + 1, (height, width))
        value = _add_and_halve(graph, first, second)
        height, width = height // 2, width // 2
        features.append(graph.add("DequantizeLinear", value.name, *_scale_of(graph, value)))
    return features


def _add_block(
    graph: Graph, block: BlockWeights, value: Quantized, number: int, size: tuple[int, int]
) -> Quantized:
    """(n, C, h, w) to (n, 4F, h, w). The second convolutions see a picture of n rows, one a frame."""
    height, width = size
    branches = []
    for dilation, spatial, temporal, bias in zip(
        DILATIONS, block.spatial, block.temporal, block.biases, strict=True
    ):
        scale = 2 * SPATIAL_RANGES[number] / 255
        wide = Quantized(name="", scale=scale, zero=_CENTRE)
        seen = _convolve(graph, value, spatial, None, wide, pads=[1, 1, 1, 1])
        rows = _rearrange(graph, seen.name, (1, -1, height * width, len(spatial)))
        out = Quantized(name="", scale=BLOCK_RANGES[number] / 255)
        seen = Quantized(name=rows, scale=scale, zero=_CENTRE)
        pads = [dilation, 0, dilation, 0]
        branches.append(_convolve(graph, seen, temporal, bias, out, dilations=[dilation, 1], pads=pads).name)
    joined = graph.add("Concat", *branches, axis=1)
    channels = sum(len(bias) for bias in block.biases)
    name = _rearrange(graph, joined, (-1, height, width, channels))
    return Quantized(name=name, scale=BLOCK_RANGES[number] / 255)


def _rearrange(graph: Graph, value: str, shape: Sequence[int]) -> str:
    """Another shape, channels last in memory and second in name: onnxruntime keeps them last and moves nothing."""
    last = graph.add("Reshape", graph.add("Transpose", value, perm=[0, 2, 3, 1]), graph.whole(*shape))
    return graph.add("Transpose", last, perm=[0, 3, 1, 2])


def _convolve(
    graph: Graph, value: Quantized, kernel: _Floats, bias: _Floats | None, out: Quantized, **how: Any
) -> Quantized:
    """8-bit numbers cannot fall below `out`'s zero: where that is 0, this is a ReLU as well."""
    largest = np.abs(kernel).reshape(len(kernel), -1).max(axis=1)
    scales = np.maximum(largest, np.finfo(np.float32).tiny) / _LARGEST_WEIGHT
    rounded = np.rint(kernel / scales[:, None, None, None])
    inputs = [
        value.name, *_scale_of(graph, value),
        graph.constant(rounded, np.int8), graph.constant(scales), graph.constant(np.zeros(len(kernel)), np.int8),
        *_scale_of(graph, out),
    ]  # fmt: skip
    if bias is not None:
        inputs.append(graph.constant(np.rint(bias / (value.scale * scales)), np.int32))
    return Quantized(name=graph.add("QLinearConv", *inputs, **how), scale=out.scale, zero=out.zero)


def _add_and_halve(graph: Graph, first: Quantized, second: Quantized) -> Quantized:
    """Their sum, each four pixels one; an odd last row is left out."""
    scale = (first.scale + second.scale) * _SUM_SHARE
    out = _scale_of(graph, Quantized(name="", scale=scale))
    numbers = (second.name, *_scale_of(graph, second), first.name, *_scale_of(graph, first))
    total = graph.add("QLinearAdd", *numbers, *out, domain=ONNXRUNTIME)
    pooling: dict[str, Any] = {"kernel_shape": [2, 2], "strides": [2, 2], "domain": ONNXRUNTIME}
    return Quantized(name=graph.add("QLinearAveragePool", total, *out, *out, **pooling), scale=scale)


def _scale_of(graph: Graph, value: Quantized) -> tuple[str, str]:
    return graph.constant(value.scale), graph.constant(value.zero, np.uint8)
