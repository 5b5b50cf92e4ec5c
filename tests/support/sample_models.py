"""Small .tflite files that several tests read."""

from __future__ import annotations

import importlib
import itertools
import pkgutil

import numpy as np

from tests.kernels import cases as case_modules
from tests.kernels.case import one_model
from tests.support.tflite_builder import ModelBuilder


def network(names: tuple[str, ...] = ("image", "features", "scores")) -> bytes:
    """Pad, convolution, activation, flattening and a classifier, in a chain."""
    rng = np.random.default_rng(2)
    model = ModelBuilder()
    image = model.input((1, 6, 6, 2), scale=0.02, zero_point=3, name=names[0])
    amounts = model.tensor((4, 2), "int32", data=[[0, 0], [0, 1], [0, 1], [0, 0]])
    padded = model.tensor((1, 7, 7, 2), scale=0.02, zero_point=3)
    model.operator("PAD", [image, amounts], [padded], "PadOptions")
    weights = model.tensor(
        (4, 3, 3, 2), scale=[0.01, 0.02, 0.01, 0.03], data=rng.integers(-127, 128, (4, 3, 3, 2))
    )
    bias = model.tensor((4,), "int32", scale=0.0002, data=rng.integers(-900, 900, 4))
    features = model.tensor((1, 3, 3, 4), scale=0.05, zero_point=-10, name=names[1])
    model.operator(
        "CONV_2D",
        [padded, weights, bias],
        [features],
        "Conv2DOptions",
        padding=1,
        strideH=2,
        strideW=2,
        dilationHFactor=1,
        dilationWFactor=1,
    )
    active = model.tensor((1, 3, 3, 4), scale=0.05, zero_point=-10)
    model.operator("RELU", [features], [active])
    flat = model.tensor((1, 36), scale=0.05, zero_point=-10)
    shape = model.tensor((2,), "int32", data=[-1, 36])
    model.operator("RESHAPE", [active, shape], [flat], "ReshapeOptions")
    matrix = model.tensor((5, 36), scale=0.02, data=rng.integers(-127, 128, (5, 36)))
    scores = model.tensor((1, 5), scale=0.2, zero_point=5)
    model.operator("FULLY_CONNECTED", [flat, matrix, -1], [scores], "FullyConnectedOptions")
    result = model.output((1, 5), scale=1 / 256, zero_point=-128, name=names[2])
    model.operator("SOFTMAX", [scores], [result], "SoftmaxOptions", beta=1.0)
    return model.build()


def every_operator(per_model: int = 6) -> tuple[bytes, ...]:
    """Each operator that tinydeploy knows, some in each model, unconnected."""
    modules = [
        importlib.import_module(f"{case_modules.__name__}.{module.name}")
        for module in pkgutil.iter_modules(case_modules.__path__)
    ]
    chosen = [next(itertools.islice(module.cases(), 3, None)) for module in modules]
    return tuple(
        one_model(chosen[start : start + per_model]) for start in range(0, len(chosen), per_model)
    )
