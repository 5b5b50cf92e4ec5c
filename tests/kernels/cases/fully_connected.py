"""FULLY_CONNECTED models at the corners of its parameters."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.kernels.case import Case, zero_points
from tests.kernels.convolutions import Numbers
from tests.support.tflite_builder import ModelBuilder

OPERATOR = "FULLY_CONNECTED"

_INT16_SIZES = ((1, 1), (7, 3), (16, 10), (33, 5), (64, 12), (200, 2), (900, 4))


def cases() -> Iterator[Case]:
    rng = np.random.default_rng(5)
    for depth, outputs in ((1, 1), (7, 3), (16, 10), (33, 5), (64, 12), (200, 2)):
        for index, (input_zero, output_zero) in enumerate(zero_points()):
            yield _case(rng, depth, outputs, input_zero, output_zero, index)
    for depth, outputs, factor in ((7, 3, 2**-10), (33, 12, 2**-8), (64, 16, 3 * 2**-11)):
        yield _case_of_ties(depth, outputs, factor)
    for index, (depth, outputs) in enumerate(_INT16_SIZES * 3):
        yield _case_int16(index, depth, outputs)


def _case_of_ties(depth: int, outputs: int, factor: float) -> Case:
    """Scales of powers of two, and every other sum or so is half a step of the output."""
    weights = np.random.default_rng(depth).integers(-3, 4, (outputs, depth)) * 32
    name = f"fc_ties_{depth}x{outputs}"

    def add(model: ModelBuilder) -> None:
        inputs = [
            model.input((1, depth), scale=2**-7, zero_point=0),
            model.tensor((outputs, depth), scale=[factor], data=weights),
        ]
        out = model.output((1, outputs), scale=2**-7, zero_point=-3, name=name)
        model.operator(OPERATOR, inputs, [out], "FullyConnectedOptions")

    return Case(name, add)


def _case_int16(index: int, depth: int, outputs: int) -> Case:
    numbers = Numbers(index, outputs, depth, activations="int16")

    def add(model: ModelBuilder) -> None:
        shapes = ((2, depth), (outputs, depth), (2, outputs))
        numbers.add_operator(
            model, OPERATOR, shapes, "FullyConnectedOptions", channel_axis=0, name=name
        )

    name = f"fc_{index}_{depth}x{outputs}_{numbers.label}"
    return Case(name, add)


def _case(
    rng: np.random.Generator, depth: int, outputs: int, in_zero: int, out_zero: int, index: int
) -> Case:
    per_channel, with_bias = index % 2 == 0, index % 3 != 0
    activation = index % 4
    # From hardly any output range used to everything saturated.
    output_scale = float(rng.choice([0.002, 0.05, 0.7, 20.0]))
    scales = rng.uniform(1e-4, 0.02, outputs if per_channel else 1)
    weight_scales, bias_scales = scales.tolist(), (scales * 0.05).tolist()
    weights = rng.integers(-127, 128, (outputs, depth))
    bias = rng.integers(-20_000, 20_000, outputs)
    name = f"fc_{depth}x{outputs}_{in_zero}_{out_zero}"

    def add(model: ModelBuilder) -> None:
        inputs = [
            model.input((1, depth), scale=0.05, zero_point=in_zero),
            model.tensor((outputs, depth), scale=weight_scales, data=weights),
        ]
        if with_bias:
            inputs.append(model.tensor((outputs,), "int32", scale=bias_scales, data=bias))
        out = model.output((1, outputs), scale=output_scale, zero_point=out_zero, name=name)
        model.operator(
            OPERATOR, inputs, [out], "FullyConnectedOptions", fusedActivationFunction=activation
        )

    return Case(name, add)
