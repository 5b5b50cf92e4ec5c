from __future__ import annotations

import numpy as np
import pytest

from tinydeploy.device.verify import compare
from tinydeploy.frontend.specs import TensorSpec

PROBABILITY = TensorSpec("score", (1, 1), "int8", 1 / 256, -128)
SCORES = TensorSpec("scores", (1, 3), "int8", 1 / 256, -128)


@pytest.mark.parametrize(
    ("spec", "outputs", "labels", "accuracy"),
    [
        (PROBABILITY, [[-1], [0], [127], [-128]], [0, 1, 0, 0], 0.75),
        (SCORES, [[1, 2, 0], [1, 1, 1], [-9, -8, 0]], [1, 0], 1),
        (SCORES, [[1, 2, 0], [1, 1, 1]], [1, 3], None),
        (TensorSpec("class", (1,), "int32"), [[2], [1], [7]], [2, 0, 7], 2 / 3),
    ],
    ids=["probability", "scores", "no such class", "class number"],
)
def test_right_answers_of_the_device_are_counted(
    spec: TensorSpec, outputs: list[list[int]], labels: list[int], accuracy: float | None
) -> None:
    arrays = [(np.array(values, spec.dtype),) for values in outputs]
    sent = [(array.tobytes(),) for (array,) in arrays]
    found = compare(arrays, sent, np.array(labels), spec)
    assert found.accuracy == accuracy
    assert found.labelled_samples == (0 if accuracy is None else len(labels))
    assert found.mismatched_bytes == 0
