"""Collect the nodes of an ONNX graph. Every method returns the name of its output; knows no network."""

from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import helper, numpy_helper

from heaters.media.scenes.network.shape import BAND

ONNXRUNTIME = "com.microsoft"
"""Operators that onnxruntime has beside the standard."""


class Graph:
    """A graph as it grows."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: ArrayLike, kind: type[np.generic] = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(value, kind, order="C"), name))
        return name

    def whole(self, *values: int) -> str:
        """A list of whole numbers: shapes, axes, starts."""
        return self.constant(values, np.int64)

    def half(self, value: ArrayLike) -> str:
        """Numbers that are stored in 16 bits and computed with in 32."""
        return self.add("Cast", self.constant(value, np.float16), to=onnx.TensorProto.FLOAT)

    def add(self, operator: str, *inputs: str, output: str = "", domain: str = "", **attributes: Any) -> str:
        output = output or f"n{len(self.nodes)}"
        node = helper.make_node(operator, list(inputs), [output], domain=domain, **attributes)
        self.nodes.append(node)
        return output

    def length(self, value: str) -> str:
        """How many rows it has, as a list of one."""
        return self.add("Shape", value, start=0, end=1)

    def linear(self, value: str, weight: str, bias: ArrayLike) -> str:
        return self.add("Gemm", value, weight, self.constant(bias), transB=1)

    def unit_rows(self, value: str) -> str:
        length = self.add("Sqrt", self.add("ReduceSumSquare", value, self.whole(1), keepdims=1))
        return self.add("Div", value, self.add("Max", length, self.constant(1e-12)))

    def similarity_band(self, value: str) -> str:
        """(n, d) to (n, BAND): products of each row with those around it, 0 beyond the ends.

        The rows of a matrix that is one number wider than a row is long move by one each: a diagonal becomes a column.
        """
        square = self.add("MatMul", value, self.add("Transpose", value, perm=[1, 0]))
        padded = self.add("Pad", square, self.whole(0, BAND // 2, 0, BAND // 2))
        count = self.length(value)
        wider = self.add("Add", count, self.whole(BAND))
        flat = self.add("Reshape", padded, self.whole(-1))
        flat = self.add("Pad", flat, self.add("Concat", self.whole(0), count, axis=0))
        skewed = self.add("Reshape", flat, self.add("Concat", count, wider, axis=0))
        return self.add("Slice", skewed, self.whole(0), self.whole(BAND), self.whole(1))

    def model(self, name: str, inputs: list[Any], outputs: list[Any], notes: dict[str, str]) -> bytes:
        """The whole as a file: the same bytes every time."""
        made = helper.make_model(
            helper.make_graph(self.nodes, name, inputs, outputs, self.constants),
            opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid(ONNXRUNTIME, 1)],
            producer_name="heaters",
            ir_version=9,
        )
        helper.set_model_props(made, notes)
        return bytes(made.SerializeToString(deterministic=True))
