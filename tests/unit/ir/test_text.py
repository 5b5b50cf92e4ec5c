"""Names in messages and tables: short, readable, harmless."""

from __future__ import annotations

import pytest

from tinydeploy.ir.text import printable, short_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("model/dense/MatMul", "model/dense/MatMul"),
        ("model/relu/Relu;model/bn/FusedBatchNormV3;model/conv2d/Conv2D1", "model/conv2d/Conv2D1"),
        ("model/conv2d/Conv2D;model/conv2d/BiasAdd/ReadVariableOp", "model/conv2d/Conv2D"),
        ("a/ReadVariableOp;b/resource", "b/resource"),
        ("model/conv2d/Conv2D;", "model/conv2d/Conv2D"),
        ("", "(no name)"),
        (";;", "(no name)"),
        ("x" * 100, "…" + "x" * 39),
        ("\x1b[31mred\n", "?[31mred?"),
    ],
)
def test_short_name(name: str, shown: str) -> None:
    assert short_name(name) == shown


def test_printable_keeps_letters_of_all_scripts() -> None:
    assert printable("é 模型 😀\u202e\0") == "é 模型 😀??"
