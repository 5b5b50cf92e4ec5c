"""Tells a full-integer model from the float kinds that an integer-only device can't run."""

from __future__ import annotations

from collections.abc import Sequence

from tinydeploy.errors import UnsupportedModelError
from tinydeploy.ops import OPS
from tinydeploy.ops.movement import Movement

_MAY_BE_FLOAT = {"QUANTIZE", "DEQUANTIZE", "NEG", "SHAPE"} | {
    op.NAME for op in OPS if op.IS_VIEW or issubclass(op, Movement)
}
"""What can stand at a float input or output of an otherwise integer model: it computes nothing."""

_FLOAT = "a float model"
_HINT = (
    "Give the original Keras model together with calibration data "
    "(--calibration samples.npz): it is then quantized to full-integer int8."
)


def require_integer_model(
    tensor_types: Sequence[str], operators: Sequence[tuple[str, tuple[int, ...]]], name: str
) -> None:
    """Raise UnsupportedModelError for a float, float16, or dynamic-range model."""
    types = [
        [tensor_types[i] for i in inputs if 0 <= i < len(tensor_types)] for _, inputs in operators
    ]
    names = [operator for operator, _ in operators]
    kinds = list(map(_float_kind, names, types))
    # The converter leaves small layers of a hybrid model in float: those must not name its kind.
    for kind in filter(None, (*(k for k in kinds if k != _FLOAT), *kinds)):
        index = kinds.index(kind)
        raise UnsupportedModelError(
            f'model "{name}" is {kind}: operator {index} ({names[index]}) computes in float, '
            "which integer-only code can't do",
            _HINT,
        )


def _float_kind(operator: str, types: Sequence[str]) -> str:
    if "FLOAT16" in types:
        return "a float16 model"
    if operator in _MAY_BE_FLOAT or not types or types[0] != "FLOAT32":
        return ""
    if "INT8" in types[1:]:
        return "a dynamic-range (hybrid) model, with int8 weights and float activations"
    return _FLOAT
