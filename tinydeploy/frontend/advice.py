"""What to change in a model for an operator that has no integer kernel here."""

from __future__ import annotations

from collections.abc import Iterable

_NORMALIZATION = (
    "It comes from a normalization over the values of one sample (LayerNormalization, "
    "GroupNormalization, UnitNormalization). BatchNormalization instead costs nothing on the board."
)
_RECURRENT = "It comes from a recurrent layer: build that layer with unroll=True."
_ATTENTION = (
    "It multiplies two activations, as attention does. Convolutions or Dense layers over the same "
    "axis are what a microcontroller can run."
)
_SPECTRUM = "Compute the spectrum in the code before the model, and give the model its result."

_ADVICE = {
    "BATCH_MATMUL": _ATTENTION,
    "RFFT2D": _SPECTRUM,
    "RSQRT": _NORMALIZATION,
    "SQRT": _NORMALIZATION,
    "SQUARE": _NORMALIZATION,
    "SQUARED_DIFFERENCE": _NORMALIZATION,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _RECURRENT,
    "UNIDIRECTIONAL_SEQUENCE_RNN": _RECURRENT,
    "WHILE": _RECURRENT,
}


def advice(operator: str, known: Iterable[str]) -> str:
    """Return what to do about `operator`: where it comes from, or else what there is."""
    return _ADVICE.get(operator) or f"Replace it in the model. There are: {', '.join(known)}."
