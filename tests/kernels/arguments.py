"""Cases that ARG_MAX and ARG_MIN share."""

from __future__ import annotations

from collections.abc import Iterator

from ai_edge_litert import schema_py_generated as schema

from tests.kernels.case import Case
from tests.support.tflite_builder import ModelBuilder

# Input shape, axis.
_GEOMETRIES = (
    ((1, 10), 1),
    ((1, 10), -1),
    ((7, 3), 0),
    ((12,), 0),
    ((1, 1), 1),
    ((2, 3, 5), 1),
    ((2, 3, 5), -3),
    ((2, 3, 5, 4), 3),
    ((2, 3, 5, 4), 2),
    ((3, 400), 1),
)


def argument_cases(operator: str) -> Iterator[Case]:
    """Every geometry with every type of input and index."""
    for shape, axis in _GEOMETRIES:
        for dtype in ("int8", "uint8"):
            for index_type in ("int32", "int64"):
                yield _case(operator, shape, axis, dtype, index_type)


def _case(operator: str, shape: tuple[int, ...], axis: int, dtype: str, index_type: str) -> Case:
    name = f"{shape}_{axis}_{dtype}_{index_type}"
    out_shape = [n for number, n in enumerate(shape) if number != axis % len(shape)]

    def add(model: ModelBuilder) -> None:
        source = model.input(shape, dtype=dtype, scale=0.1, zero_point=3)
        which = model.tensor((), index_type, data=axis)
        out = model.output(out_shape, dtype=index_type, name=name)
        options = "ArgMaxOptions" if operator == "ARG_MAX" else "ArgMinOptions"
        number = getattr(schema.TensorType, index_type.upper())
        model.operator(operator, [source, which], [out], options, outputType=number)

    return Case(name, add)
