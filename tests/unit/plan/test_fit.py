"""A model without room is refused with what each memory of the board has."""

from __future__ import annotations

import pytest

from tests.support.tflite_builder import ModelBuilder
from tinydeploy.boards import load_board
from tinydeploy.errors import DoesNotFitError
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.ir.op import Isa
from tinydeploy.plan.fit import ModelFlash, check_fit
from tinydeploy.plan.plan import Plan, plan_model


def plan_of(features: int) -> Plan:
    model = ModelBuilder()
    source = model.input([1, features], scale=0.1)
    result = model.output([1, features], scale=1 / 256, zero_point=-128)
    model.operator("LOGISTIC", [source], [result])
    return plan_model(read_tflite(model.build(), "large"), Isa.GENERIC)


def test_message_names_every_ram_of_the_board() -> None:
    with pytest.raises(DoesNotFitError, match=r"has 131\.1 kB in DTCM, 524\.3 kB in RAM \(") as e:
        check_fit(plan_of(600_000), ModelFlash(1000), load_board("nucleo_h743zi"))
    assert "of RAM (600.0 kB arena" in e.value.message


def test_message_names_every_flash_of_the_board() -> None:
    with pytest.raises(DoesNotFitError, match=r"has 524\.3 kB in FLASH, 2,097\.2 kB in SSRAM \("):
        check_fit(plan_of(100), ModelFlash(3_000_000), load_board("qemu_cortex_m55"))


def test_weights_and_code_that_fit_only_apart_are_not_refused() -> None:
    board = load_board("qemu_cortex_m55")
    check_fit(plan_of(100), ModelFlash(2_000_000, 400_000), board)
    with pytest.raises(DoesNotFitError):
        check_fit(plan_of(100), ModelFlash(400_000, 600_000), board)
