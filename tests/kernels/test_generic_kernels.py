"""Each portable kernel: right on every case it accepts, on any core, and writes nothing else."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernels.case import Case, one_model
from tests.kernels.mve_cases import CONVOLUTIONS, convolution_cases
from tests.support.compare import random_inputs, reference_outputs
from tests.support.guarded_board import GuardedRun, run_guarded_on_board
from tests.support.guarded_run import run_guarded
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.ir.op import Isa, Kernel, Op
from tinydeploy.kernels import kernels_of
from tinydeploy.ops import OPS
from tinydeploy.passes import optimize
from tinydeploy.plan.kernels import Choices
from tinydeploy.plan.plan import plan_model

BOARDS = ("qemu_cortex_m3", "qemu_cortex_m0", "qemu_riscv32")
MINIMUM_ACCEPTED = 20
OPERATORS_PER_FIRMWARE = 4


def _portable(op: type[Op]) -> list[Kernel]:
    return [kernel for kernel in kernels_of(op) if kernel.isa is Isa.GENERIC]


KERNELS = [(op.NAME, kernel) for op in OPS for kernel in _portable(op)]
CHOICES = [(op.NAME, kernel) for op in OPS if len(_portable(op)) > 1 for kernel in _portable(op)]
"""Kernels of operators that have several: these are the fast ones, and what they stand in for."""
ALONE = [op.NAME for op in OPS if len(_portable(op)) == 1]
"""Operators that one portable kernel computes."""


def _cases(operator: str) -> Iterator[Case]:
    yield from importlib.import_module(f"tests.kernels.cases.{operator.lower()}").cases()
    if operator in CONVOLUTIONS:
        yield from convolution_cases(operator)


def accepted_model(operator: str, kernel: Kernel) -> tuple[bytes, int]:
    """One model with every case that the kernel accepts, and how many these are."""
    taken = []
    for case in _cases(operator):
        graph = read_tflite(one_model([case]), "case")
        lowered = [kernel.lower(node.op, graph.io(node)) for node in graph.nodes]
        if None not in lowered:
            taken.append(case)
    return one_model(taken), len(taken)


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize(("operator", "kernel"), CHOICES, ids=lambda v: getattr(v, "name", v))
def test_kernel_matches_reference(
    operator: str, kernel: Kernel, board: str, tmp_path: Path
) -> None:
    tflite, count = accepted_model(operator, kernel)
    assert count >= MINIMUM_ACCEPTED
    assert run_guarded_on_board(tflite, board, tmp_path, kernel.name) == GuardedRun((), ())


@pytest.mark.parametrize("first", range(0, len(ALONE), OPERATORS_PER_FIRMWARE))
@pytest.mark.parametrize("board", ["qemu_cortex_m3", "qemu_riscv32"])
def test_operators_of_one_kernel_match_reference(board: str, first: int, tmp_path: Path) -> None:
    operators = ALONE[first : first + OPERATORS_PER_FIRMWARE]
    tflite = one_model(case for operator in operators for case in _cases(operator))
    assert run_guarded_on_board(tflite, board, tmp_path) == GuardedRun((), ())


@pytest.mark.parametrize(("operator", "kernel"), KERNELS, ids=lambda v: getattr(v, "name", v))
def test_kernel_stays_inside_its_buffers(operator: str, kernel: Kernel, tmp_path: Path) -> None:
    tflite, _ = accepted_model(operator, kernel)
    graph = optimize(read_tflite(tflite, "test"))
    plan = plan_model(graph, Isa.GENERIC, Choices(forced=kernel.name))
    inputs = random_inputs(tflite, seed=1)
    outputs = run_guarded(plan, inputs, tmp_path)
    for expected, actual in zip(reference_outputs(tflite, inputs), outputs, strict=True):
        assert actual.tobytes() == expected.tobytes()
