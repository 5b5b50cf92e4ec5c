"""PADV2 with padding values at the ends of the range."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.kernels.case import Case
from tests.kernels.paddings import PADDINGS, Paddings, padded
from tests.support.tflite_builder import ModelBuilder

OPERATOR = "PADV2"


def cases() -> Iterator[Case]:
    kinds: list[tuple[str, float]] = [("int32", -(2**31)), ("int32", 77), ("float32", -1.5)]
    kinds += [("int8", -128), ("int8", 127), ("int8", 5), ("uint8", 255), ("uint8", 0)]
    for round_ in range(3):
        for number, (shape, paddings) in enumerate(PADDINGS):
            dtype, value = kinds[(number + round_) % len(kinds)]
            yield _case(f"padv2_{number}_{round_}_{dtype}", shape, paddings, dtype, value)


def _case(name: str, shape: tuple[int, ...], paddings: Paddings, dtype: str, value: float) -> Case:
    scale = 0.25 if dtype in {"int8", "uint8"} else None

    def add(model: ModelBuilder) -> None:
        kind: dict[str, Any] = {"dtype": dtype, "scale": scale, "zero_point": 3 if scale else 0}
        source = model.input(shape, **kind)
        amounts = model.tensor((len(shape), 2), "int32", data=np.array(paddings, np.int32))
        border = model.tensor((), data=value, **kind)
        out = model.output(padded(shape, paddings), name=name, **kind)
        model.operator(OPERATOR, [source, amounts, border], [out], "PadV2Options")

    return Case(name, add)
