"""Each kernel for Arm MVE: right on every case that it accepts, and it writes nothing else."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernels.case import Case, one_model
from tests.kernels.mve_cases import CONVOLUTIONS, convolution_cases
from tests.support.guarded_board import GuardedRun, run_guarded_on_board
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.ir.op import Isa, Kernel
from tinydeploy.kernels import kernels_of
from tinydeploy.ops import OPS

KERNELS = [(op.NAME, kernel) for op in OPS for kernel in kernels_of(op) if kernel.isa is Isa.MVE]
BOARD = "qemu_cortex_m55"
MINIMUM_ACCEPTED = 15


def _cases(operator: str) -> Iterator[Case]:
    yield from importlib.import_module(f"tests.kernels.cases.{operator.lower()}").cases()
    if operator in CONVOLUTIONS:
        yield from convolution_cases(operator)


def accepted_model(operator: str, kernel: Kernel) -> tuple[bytes, int]:
    """One model with every case that the kernel accepts, and how many these are."""
    cases = list(_cases(operator))
    graph = read_tflite(one_model(cases), "cases")
    taken = [
        case
        for case, node in zip(cases, graph.nodes, strict=True)
        if kernel.lower(node.op, graph.io(node)) is not None
    ]
    return one_model(taken), len(taken)


@pytest.mark.parametrize(("operator", "kernel"), KERNELS, ids=lambda v: getattr(v, "name", v))
def test_kernel_matches_reference(operator: str, kernel: Kernel, tmp_path: Path) -> None:
    tflite, count = accepted_model(operator, kernel)
    assert count >= MINIMUM_ACCEPTED
    assert run_guarded_on_board(tflite, BOARD, tmp_path, kernel.name) == GuardedRun((), ())
