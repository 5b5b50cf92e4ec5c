"""Every operator agrees with the reference kernels, bit for bit."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

import pytest

from tests.kernels import cases as case_modules
from tests.kernels.case import Case, one_model
from tests.support.board_run import run_on_board
from tests.support.compare import mismatches
from tinydeploy.codegen.wire import MOST_TENSORS
from tinydeploy.config import Optimize
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.ops import OPS

MODULES = [
    importlib.import_module(f"{case_modules.__name__}.{module.name}")
    for module in pkgutil.iter_modules(case_modules.__path__)
]
MINIMUM_CASES = 30


def _name(module: ModuleType) -> str:
    return str(module.OPERATOR)


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_operator_matches_reference(module: ModuleType, tmp_path: Path) -> None:
    assert mismatches(one_model(module.cases()), tmp_path) == []


@pytest.mark.emulated
@pytest.mark.parametrize("board_id", ["host", "qemu_cortex_m4"])
@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_operator_matches_reference_on_board(
    module: ModuleType, board_id: str, tmp_path: Path
) -> None:
    for number, model in enumerate(_models(list(module.cases()))):
        folder = tmp_path / str(number)
        _, verification = run_on_board(model, board_id, folder, 1, optimize=Optimize.BALANCED)
        assert verification.mismatched_bytes == 0, verification.first_mismatch


def _models(cases: list[Case]) -> list[bytes]:
    """All cases side by side, in as few models as the serial line can serve."""
    model = one_model(cases)
    graph = read_tflite(model, "test")
    if max(len(graph.inputs), len(graph.outputs)) <= MOST_TENSORS:
        return [model]
    half = len(cases) // 2
    return [*_models(cases[:half]), *_models(cases[half:])]


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_operator_has_enough_cases(module: ModuleType) -> None:
    names = [case.name for case in module.cases()]
    assert len(names) >= MINIMUM_CASES
    assert len(set(names)) == len(names)


def test_every_operator_has_cases() -> None:
    assert {op.NAME for op in OPS} == {module.OPERATOR for module in MODULES}
