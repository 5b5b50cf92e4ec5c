from __future__ import annotations

from typing import Any

import pytest

from tests.support.effort import effort
from tests.unit.compress.agree import FLOAT32_ERROR, relative_error
from tests.unit.compress.fragile import digits, fragile_model, int8_accuracy
from tinydeploy.compress.equalize import equalize
from tinydeploy.compress.fit import Fit, fit, float_accuracy
from tinydeploy.compress.quantization_aware import quantization_aware

LEAST_LOSS = 0.05
"""What post-training quantization must lose at least, so that there is something to recover."""
EPOCHS = 2


@pytest.mark.parametrize("seed", range(effort(1, 3)))
def test_half_of_what_quantization_loses_is_recovered(keras: Any, seed: int) -> None:
    """By equalization, and by training, which must not lose it again."""
    train, test = digits(seed)
    model = fragile_model(keras, train, seed)
    in_float = float_accuracy(model, test)
    lost = in_float - int8_accuracy(model, train, test)
    assert lost > LEAST_LOSS
    equalized = equalize(model).model
    assert relative_error(model, equalized) < FLOAT32_ERROR
    assert in_float - int8_accuracy(equalized, train, test) <= lost / 2
    aware = quantization_aware(model, train.x)
    fit(aware, train, Fit(EPOCHS, seed=seed), teachers=[model])
    assert in_float - int8_accuracy(aware, train, test) <= lost / 2
