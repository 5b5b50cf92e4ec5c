"""Weights, tables and rounding of the fast portable kernels."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from tinydeploy.kernels import unsigned
from tinydeploy.kernels.requantization import Requantization
from tinydeploy.kernels.unsigned import Rounding
from tinydeploy.resources import templates_dir

_CHECK = Path(__file__).parents[2] / "support" / "requantize_check.c"


def _numbers(bias: int, right_shift: int = 8) -> Requantization:
    return Requantization(
        bias=np.array([bias], np.int32),
        multipliers=np.array([2**30 + 12345], np.int32),
        right_shifts=np.array([right_shift], np.int32),
        zero_point=-5,
        minimum=-128,
        maximum=127,
    )


@pytest.mark.parametrize("core", ["-D__ARM_ARCH_6M__=1", "-DOTHER_CORE=1"])
def test_short_rounding_equals_general_rounding(core: str, tmp_path: Path) -> None:
    program = tmp_path / "check"
    include = f"-I{templates_dir() / 'kernels' / 'common'}"
    flags = ["-std=c99", "-O2", "-fsanitize=undefined", "-fno-sanitize-recover=all", core, include]
    subprocess.run(["gcc", *flags, "-o", str(program), str(_CHECK)], check=True)
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_four_channels_lie_side_by_side_and_the_rest_one_by_one() -> None:
    weights = np.arange(-15, 0, dtype=np.int8).reshape(5, 3)
    packed = unsigned.pack_weights(weights).reshape(5, 4)
    stored = weights.astype(np.int16) + 128
    assert packed[:3].tolist() == stored[:4].T.tolist()
    assert packed[3].tolist() == [0, 0, 0, 0]
    assert packed[4].tolist() == [*stored[4], 0]


@pytest.mark.parametrize("rounding", list(Rounding))
@pytest.mark.parametrize(("bias", "output"), [(2**30, 127), (-(2**30), -128)])
def test_channel_that_a_huge_bias_saturates_becomes_constant(
    rounding: Rounding, bias: int, output: int
) -> None:
    prepared = unsigned.channel_rows(_numbers(bias), np.array([[3, -4]], np.int8), rounding)
    assert prepared is not None
    weights, table = prepared
    assert not weights.any()
    stored_bias, multiplier, shift = (int(value) for value in table)
    high = stored_bias * multiplier >> (31 if rounding is Rounding.TWICE else 32)
    doubled = 2 * high if rounding is Rounding.TWICE else high
    assert (doubled + (1 << (shift - 1)) >> shift) - 5 == output


def test_channel_with_a_huge_bias_that_varies_is_refused() -> None:
    rows = np.array([[100, -100]], np.int8)
    between_two_outputs = int(64.5 * 2**23)
    numbers = _numbers(between_two_outputs, right_shift=22)
    assert unsigned.channel_rows(numbers, rows, Rounding.TWICE) is None
