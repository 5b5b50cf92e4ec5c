"""docs/report-schema.md names exactly the keys that a report has."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.tflite_builder import ModelBuilder
from tinydeploy.boards import Board, Counter, load_board
from tinydeploy.codegen.model import generate_library
from tinydeploy.cycles.cores import Range
from tinydeploy.cycles.estimate import CycleEstimate
from tinydeploy.device.elf import LinkedSizes
from tinydeploy.device.verify import Verification
from tinydeploy.frontend.calibration_report import (
    CalibrationReport,
    OutputError,
    TensorCalibration,
)
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.ir.op import Isa
from tinydeploy.plan.plan import Plan, plan_model
from tinydeploy.report.report import Findings, Measurement, make_report
from tinydeploy.report.wrong_layer import WrongLayer, WrongValue

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "report-schema.md"
# Documented as one row each: their keys depend on the model, or have a table of their own.
WHOLE = {
    "model.operators",
    "measured.instructions",
    "measured.cycles",
    "measured.latency_us",
    "estimated.cycles",
    "estimated.flash_wait_cycles",
    "verify.first_wrong_layer",
    "calibration",
    "versions",
    "sources",
}


def small_plan() -> Plan:
    builder = ModelBuilder()
    source = builder.input((1, 4), scale=0.1)
    result = builder.output((1, 4), scale=1 / 256, zero_point=-128, name="result")
    builder.operator("SOFTMAX", [source], [result], "SoftmaxOptions", beta=1.0)
    return plan_model(read_tflite(builder.build(), "small"), Isa.GENERIC)


def report_on(board: Board) -> dict[str, Any]:
    plan = small_plan()
    return make_report(
        Findings(
            board=board,
            plan=plan,
            library=generate_library(plan),
            source="small.tflite",
            firmware_digest="00",
            sizes=LinkedSizes(1, 2, 3, 4, 5),
            measurement=Measurement((3.0, 1.0, 2.0), (1.0,), 64, plan.arena_bytes),
            verification=Verification(3, 0, 0, "", None, 0),
            cycles=CycleEstimate("cortex-m4", 100, Range(110, 150, 190), Range()),
            wrong_layer=WrongLayer(0, "n", "SOFTMAX", "k", "result", (1, 4), 1, 4, ()),
        )
    )


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return report_on(load_board("qemu_cortex_m4"))


def paths(value: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, inner in value.items():
        path = prefix + key
        if path not in WHOLE and isinstance(inner, dict):
            yield from paths(inner, f"{path}.")
        else:
            yield f"{path}[]" if isinstance(inner, list) else path


def documented(text: str) -> set[str]:
    """The names in code font in the first column of every table row."""
    rows = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def sections() -> tuple[str, str]:
    report_text, _, calibration_text = DOCUMENTATION.read_text(encoding="utf-8").partition(
        "## `calibration`"
    )
    return report_text, calibration_text


def test_documentation_lists_exactly_the_keys_of_a_report(report: dict[str, Any]) -> None:
    assert documented(sections()[0]) == set(paths(report))


def test_documentation_lists_exactly_the_keys_of_a_calibration() -> None:
    names = {field.name for field in dataclasses.fields(CalibrationReport)}
    lists = {"tensors": "tensors[]", "outputs": "outputs[]"}
    assert documented(sections()[1]) == {lists.get(name, name) for name in names}


@pytest.mark.parametrize("part", [TensorCalibration, OutputError])
def test_documentation_names_each_field_of_a_calibrated_tensor(part: type[Any]) -> None:
    text = sections()[1]
    assert [f.name for f in dataclasses.fields(part) if f"`{f.name}`" not in text] == []


@pytest.mark.parametrize("board_id", ["host", "qemu_cortex_m4", "nucleo_l476rg"])
def test_documentation_names_each_field_of_a_layer(board_id: str) -> None:
    report = report_on(load_board(board_id))
    row = next(r for r in sections()[0].splitlines() if r.startswith("| `measured.layers[]`"))
    assert [key for key in report["measured"]["layers"][0] if f"`{key}`" not in row] == []


def test_each_figure_with_a_source_is_in_the_report(report: dict[str, Any]) -> None:
    known = {path.removesuffix("[]") for path in paths(report)}
    assert set(report["sources"]) <= known


def test_sources_are_the_four_documented_words(report: dict[str, Any]) -> None:
    words = {word for source in report["sources"].values() for word in source.split(" and ")}
    assert words <= {"predicted", "linked", "measured", "estimated"}


def test_spread_is_minimum_median_maximum(report: dict[str, Any]) -> None:
    assert report["measured"]["instructions"] == {"min": 1.0, "median": 2.0, "max": 3.0}
    assert report["measured"]["cycles"] is None
    assert report["measured"]["latency_us"] is None
    assert "measured.latency_us" not in report["sources"]


def test_cycles_of_a_real_core_give_the_time() -> None:
    """3 cycles of 4 MHz are 0.75 µs."""
    board = load_board("nucleo_l476rg")
    report = report_on(dataclasses.replace(board, counter=Counter("cycles", 4_000_000)))
    assert report["measured"]["instructions"] is None
    assert report["measured"]["cycles"] == {"min": 1.0, "median": 2.0, "max": 3.0}
    assert report["measured"]["latency_us"] == {"min": 0.25, "median": 0.5, "max": 0.75}
    assert report["measured"]["layers"][0]["latency_us"] == 0.25
    assert {"measured.cycles", "measured.latency_us"} <= set(report["sources"])


def test_documentation_names_each_field_of_a_wrong_layer(report: dict[str, Any]) -> None:
    row = next(r for r in sections()[0].splitlines() if "first_wrong_layer" in r)
    fields = [
        *report["verify"]["first_wrong_layer"],
        *(f.name for f in dataclasses.fields(WrongValue)),
    ]
    assert [name for name in fields if f"`{name}`" not in row] == []
