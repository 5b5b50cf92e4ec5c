"""Parameters that the cases of convolutions share."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tests.kernels.case import zero_points
from tests.support.tflite_builder import ModelBuilder

INPUT_SCALE = 0.05
WEIGHT_SCALES = ((1e-3, 0.02), (0.3, 0.9), (1e-8, 1e-2))
# Times the output scale at which random sums just about fill int8: from multipliers above 1
# (everything saturates) to multipliers that become 0.
OUTPUT_FACTORS = (1.0, 0.4, 3.0, 1.0, 1e-6, 0.7, 1.5, 1.0, 0.01, 1e9)
# A scaled 16x8 sum must stay below 2^30.
SMALLEST_INT16_FACTOR = 5e-3

_ZERO_POINTS = (*zero_points(), (-5, 20), (10, -30), (0, 3), (-1, -60), (17, 0))


@dataclass(frozen=True, slots=True)
class Numbers:
    """Quantization, bias and activation of one case, all derived from `index`.

    `depth` is the number of products that are summed for one output. `activations` is the type
    of input and output; int16 ones have the same real ranges as int8 ones, in finer steps.
    """

    index: int
    channels: int
    depth: int
    always_bias: bool = False
    activations: str = "int8"

    @property
    def steps(self) -> int:
        """Steps of an activation in one of int8."""
        return 256 if self.activations == "int16" else 1

    @property
    def input_scale(self) -> float:
        return INPUT_SCALE / self.steps

    @property
    def zeros(self) -> tuple[int, int]:
        if self.activations == "int16":
            return (0, 0)
        return _ZERO_POINTS[self.index % len(_ZERO_POINTS)]

    @property
    def output_scale(self) -> float:
        factor = OUTPUT_FACTORS[self.index % len(OUTPUT_FACTORS)]
        if self.activations == "int16":
            factor = max(factor, SMALLEST_INT16_FACTOR)
        typical_product = 74 * 73
        filling = self.input_scale * sum(self.weight_scales) / 2 * typical_product / 60
        return float(f"{factor * filling * math.sqrt(self.depth):.3g}")

    @property
    def weight_scales(self) -> tuple[float, float]:
        return WEIGHT_SCALES[self.index // 2 % len(WEIGHT_SCALES)]

    @property
    def activation(self) -> int:
        return (0, 3, 0, 1, 2)[self.index // 2 % 5]

    @property
    def per_channel(self) -> bool:
        return self.index % 3 != 1

    @property
    def with_bias(self) -> bool:
        return self.always_bias or self.index % 4 != 2

    @property
    def label(self) -> str:
        kind = "channels" if self.per_channel else "tensor"
        numbers = f"{self.zeros}_{self.output_scale}_{self.activation}_{self.with_bias}"
        return f"{self.activations}_{kind}_{numbers}"

    def add_operator(
        self,
        model: ModelBuilder,
        operator: str,
        shapes: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]],
        options: str,
        channel_axis: int,
        name: str,
        **fields: int,
    ) -> None:
        """Add `operator` with random weights; `shapes` are those of input, weights and output."""
        rng = np.random.default_rng(self.index)
        scales = rng.uniform(*self.weight_scales, self.channels if self.per_channel else 1).tolist()
        kind, zeros = self.activations, self.zeros
        source = model.input(shapes[0], dtype=kind, scale=self.input_scale, zero_point=zeros[0])
        data = rng.integers(-127, 128, shapes[1])
        inputs = [source, model.tensor(shapes[1], scale=scales, axis=channel_axis, data=data)]
        if self.with_bias:
            inputs.append(self._bias(model, rng, scales))
        out = model.output(
            shapes[2], dtype=kind, scale=self.output_scale, zero_point=zeros[1], name=name
        )
        fields["fusedActivationFunction"] = self.activation
        if operator == "TRANSPOSE_CONV":
            shape = model.tensor((4,), "int32", data=shapes[2])
            inputs = [shape, inputs[1], inputs[0], *inputs[2:]]
        model.operator(operator, inputs, [out], options, **fields)

    def _bias(self, model: ModelBuilder, rng: np.random.Generator, scales: list[float]) -> int:
        wide = self.activations == "int16"
        data = rng.integers(-3_000, 3_000, self.channels) * self.steps
        if self.index % 12 == 7:  # sums that wrap, or fill the 48 bits that the reference scales
            most = min(2**46, int(2**29 * self.output_scale / self.input_scale / max(scales)))
            limits = [-most, most, 0] if wide else [-(2**31), 2**31 - 1, 0]
            data = rng.choice(limits, self.channels)
        bias_scales = [scale * self.input_scale for scale in scales]
        dtype = "int64" if wide else "int32"
        return model.tensor((self.channels,), dtype, scale=bias_scales, data=data)
