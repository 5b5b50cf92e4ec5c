"""Shapes for the kernels of Arm MVE: tails of vectors, odd channels, rows of any width, loops."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.dsp_cases import Convolution, convolution_case
from tests.kernels.dsp_cases import convolution_cases as shared_cases
from tests.kernels.windows import VALID

CONVOLUTIONS = {
    "CONV_2D": (
        Convolution((1, 3, 3, 600), 5),
        Convolution((1, 1, 3, 1027), 6, output_zero=3),
        Convolution((1, 2, 2, 512), 8),
        Convolution((1, 5, 3, 127), 130, output_zero=-4),
        Convolution((1, 9, 7, 19), 27, strides=(2, 2)),
        Convolution((1, 9, 8, 36), 4, strides=(3, 2), padding=VALID, output_zero=0),
        Convolution((1, 20, 7, 8), 12, output_zero=-3),
        Convolution((1, 13, 10, 16), 8),
        Convolution((1, 9, 15, 3), 4, output_zero=11),
        Convolution((1, 8, 8, 8), 16),
        Convolution((1, 65, 1, 5), 4, input_zero=3),
        Convolution((2, 33, 1, 8), 8),
        Convolution((1, 129, 1, 16), 4, output_zero=-1),
        Convolution((1, 1, 1, 15), 8),
        Convolution((1, 3, 1, 1), 4, output_zero=2),
        Convolution((1, 7, 9, 20), 5, (3, 3)),
        Convolution((1, 7, 10, 33), 6, (3, 3), output_zero=9),
        Convolution((1, 6, 11, 16), 3, (3, 3), (2, 2), output_zero=2),
        Convolution((1, 5, 3, 16), 7, (3, 3)),
        Convolution((1, 6, 1, 16), 4, (3, 3), output_zero=-5),
        Convolution((1, 6, 2, 48), 4, (5, 5), (2, 1)),
        Convolution((1, 4, 13, 160), 4, (3, 3)),
        Convolution((1, 6, 12, 112), 3, (3, 3), (2, 2), output_zero=1),
        Convolution((1, 5, 17, 16), 4, (1, 7), (1, 3)),
        Convolution((1, 9, 5, 17), 4, (4, 2), (3, 1), padding=VALID),
        Convolution((1, 7, 7, 24), 5, (3, 3), (1, 2)),
        Convolution((1, 12, 50, 3), 8, (3, 3), (2, 2), input_zero=4),
        Convolution((1, 6, 31, 5), 6, (3, 3)),
        Convolution((1, 6, 33, 2), 3, (2, 5), (1, 2), output_zero=-1),
        Convolution((1, 20, 9, 7), 4, (11, 3), (2, 1)),
        Convolution((1, 5, 70, 1), 4, (3, 3), (3, 3)),
        Convolution((1, 6, 9, 11), 4, (3, 4)),
    ),
    "DEPTHWISE_CONV_2D": (
        Convolution((1, 8, 48, 8), 8, (3, 3)),
        Convolution((1, 30, 8, 9), 9, (3, 3), output_zero=4),
        Convolution((1, 30, 9, 3), 3, (3, 3), input_zero=7),
        Convolution((1, 20, 15, 5), 5, (3, 3), (2, 2)),
        Convolution((1, 20, 16, 5), 5, (3, 3), (2, 2), output_zero=0),
        Convolution((1, 16, 17, 4), 4, (3, 3)),
        Convolution((1, 12, 31, 2), 2, (3, 3), (1, 2)),
        Convolution((1, 10, 100, 3), 3, (3, 3)),
        Convolution((1, 6, 120, 2), 2, (3, 3), (2, 2)),
        Convolution((1, 60, 5, 6), 6, (3, 3)),
        Convolution((1, 3, 3, 128), 128, (3, 3)),
        Convolution((1, 6, 6, 130), 130, (3, 3), (2, 2), output_zero=-9),
        Convolution((1, 10, 9, 300), 300, (3, 3)),
        Convolution((1, 9, 9, 11), 11, (5, 5)),
        Convolution((1, 12, 30, 3), 3, (5, 5), (2, 2), output_zero=1),
        Convolution((1, 9, 9, 7), 7, (7, 5)),
        Convolution((1, 30, 30, 2), 2, (5, 3), dilations=(2, 3)),
        Convolution((1, 9, 11, 8), 8, (4, 4), padding=VALID),
        Convolution((1, 9, 11, 8), 8, (1, 9)),
        Convolution((1, 25, 5, 64), 64, (3, 3), output_zero=-100),
        Convolution((1, 3, 3, 1), 1, (3, 3), padding=VALID),
    ),
}
_FIRST_INDEX = 1000


def convolution_cases(operator: str) -> Iterator[Case]:
    """The cases of the DSP kernels, and these."""
    yield from shared_cases(operator)
    for index, convolution in enumerate(CONVOLUTIONS[operator], _FIRST_INDEX):
        yield convolution_case(index, operator, convolution)
