"""SHAPE: of inputs that are only looked at."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.support.tflite_builder import ModelBuilder

OPERATOR = "SHAPE"

_SHAPES = ((5,), (1, 4), (3, 2, 7), (1, 4, 3, 2), (2, 1, 3, 1, 2))


def cases() -> Iterator[Case]:
    for shape in _SHAPES:
        for number, dtype in enumerate(("int8", "uint8", "int32", "float32")):
            for out_type in ("int32", "int64"):
                if (number + len(shape)) % 2 == 0 or out_type == "int32":
                    yield _case(shape, dtype, out_type)


def _case(shape: tuple[int, ...], dtype: str, out_type: str) -> Case:
    name = f"shape_{'x'.join(map(str, shape))}_{dtype}_{out_type}"

    def add(model: ModelBuilder) -> None:
        scale = 0.5 if dtype in {"int8", "uint8"} else None
        source = model.input(shape, dtype=dtype, scale=scale)
        out = model.output((len(shape),), dtype=out_type, name=name)
        model.operator(
            OPERATOR, [source], [out], "ShapeOptions", outType=4 if out_type == "int64" else 2
        )

    return Case(name, add)
