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

_ZERO_POINTS = (*zero_points(), (-5, 20), (10, -30), (0, 3), (-1, -60), (17, 0))


@dataclass(frozen=True, slots=True)
class Numbers:
    """Quantization, bias and activation of one case, all derived from `index`.

    `depth` is the number of products that are summed for one output.
    """

    index: int
    channels: int
    depth: int
    always_bias: bool = False

    @property
    def zeros(self) -> tuple[int, int]:
        return _ZERO_POINTS[self.index % len(_ZERO_POINTS)]

    @property
    def output_scale(self) -> float:
        factor = OUTPUT_FACTORS[self.index % len(OUTPUT_FACTORS)]
        typical_product = 74 * 73
        filling = INPUT_SCALE * sum(self.weight_scales) / 2 * typical_product / 60
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
        return f"{kind}_{self.zeros}_{self.output_scale}_{self.activation}_{self.with_bias}"

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
        source = model.input(shapes[0], scale=INPUT_SCALE, zero_point=self.zeros[0])
        data = rng.integers(-127, 128, shapes[1])
        inputs = [source, model.tensor(shapes[1], scale=scales, axis=channel_axis, data=data)]
        if self.with_bias:
            inputs.append(self._bias(model, rng, scales))
        out = model.output(shapes[2], scale=self.output_scale, zero_point=self.zeros[1], name=name)
        fields["fusedActivationFunction"] = self.activation
        if operator == "TRANSPOSE_CONV":
            shape = model.tensor((4,), "int32", data=shapes[2])
            inputs = [shape, inputs[1], inputs[0], *inputs[2:]]
        model.operator(operator, inputs, [out], options, **fields)

    def _bias(self, model: ModelBuilder, rng: np.random.Generator, scales: list[float]) -> int:
        data = rng.integers(-3_000, 3_000, self.channels)
        if self.index % 12 == 7:  # sums that wrap
            data = rng.choice([-(2**31), 2**31 - 1, 0], self.channels)
        bias_scales = [scale * INPUT_SCALE for scale in scales]
        return model.tensor((self.channels,), "int32", scale=bias_scales, data=data)
