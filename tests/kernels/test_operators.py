"""Every operator agrees with the reference kernels, bit for bit."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

import pytest

from tests.kernels import cases as case_modules
from tests.kernels.case import one_model
from tests.support.compare import mismatches
from tests.support.guarded_board import GuardedRun, run_guarded_on_board
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
    found = run_guarded_on_board(one_model(module.cases()), board_id, tmp_path)
    assert found == GuardedRun((), ())


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_operator_has_enough_cases(module: ModuleType) -> None:
    names = [case.name for case in module.cases()]
    assert len(names) >= MINIMUM_CASES
    assert len(set(names)) == len(names)


def test_every_operator_has_cases() -> None:
    assert {op.NAME for op in OPS} == {module.OPERATOR for module in MODULES}
