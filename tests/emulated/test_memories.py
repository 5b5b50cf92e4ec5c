"""Boards with several memories: what is placed in them runs there."""

from __future__ import annotations

import dataclasses
import re
import socket
import struct
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import ROOT
from tests.support.dummy import dummy_library, inputs, outputs
from tests.support.tflite_builder import ModelBuilder
from tinydeploy import pipeline
from tinydeploy.boards import Board, Enable, NamedRegion, all_boards, load_board
from tinydeploy.codegen.project import generate_project
from tinydeploy.device.layout import RegionUse
from tinydeploy.device.platformio import build
from tinydeploy.device.session import open_device
from tinydeploy.errors import DeviceError
from tinydeploy.frontend.load import LoadedModel
from tinydeploy.plan.placement import Needs, Placement, place

pytestmark = pytest.mark.emulated
DIGITS = ROOT / "tests" / "gate" / "digits.tflite"
BUILT = [board.id for board in all_boards() if board.memory.more and board.tier == "built"]

# What plays a second RAM and a second flash: on AN386 its PSRAM, on AN547 the file's own (called
# faster here), on virt what lies behind the RAM.
PSRAM = NamedRegion("PSRAM", "ram", 0x21000000, 0x800000, "faster")
QSPI = NamedRegion("QSPI", "flash", 0x21800000, 0x800000, "faster")
M4 = load_board("qemu_cortex_m4")
RISCV = load_board("qemu_riscv32")
END = max(RISCV.memory.flash.end, RISCV.memory.ram.end)
SDRAM = NamedRegion("SDRAM", "ram", END, 0x400000, "faster")
NOR = NamedRegion("NOR", "flash", SDRAM.end, 0x400000, "faster")
M55 = load_board("qemu_cortex_m55")
FASTER = tuple(dataclasses.replace(region, speed="faster") for region in M55.memory.more)


def with_more(board: Board, *more: NamedRegion) -> Board:
    return dataclasses.replace(board, memory=dataclasses.replace(board.memory, more=more))


def in_region(name: str, layout: tuple[RegionUse, ...]) -> dict[Any, int]:
    return next(use for use in layout if use.region.name == name).parts


@pytest.mark.parametrize(
    "board",
    [with_more(M4, PSRAM, QSPI), with_more(M55, *FASTER), with_more(RISCV, SDRAM, NOR)],
    ids=["AN386", "AN547", "virt"],
)
def test_arena_stack_and_weights_work_in_other_memories(tmp_path: Path, board: Board) -> None:
    ram, flash = board.memory.more
    loaded = pipeline.load(DIGITS, None)
    built = pipeline.build(pipeline.compile_model(loaded, board), tmp_path / "p")
    measurement, verification = pipeline.measure(
        built, pipeline.choose_samples(loaded, None, 3, seed=0)
    )
    assert (verification.samples, verification.mismatched_bytes) == (3, 0)
    stack_bytes, arena_bytes = board.memory.stack_bytes, measurement.arena_bytes + 32
    assert in_region(ram.name, built.layout) == {"arena": arena_bytes, "stack": stack_bytes}
    assert in_region(flash.name, built.layout) == {"weights": built.sizes.weights_bytes}
    assert set(in_region("RAM", built.layout)) == {"data"}
    code = in_region("FLASH", built.layout)
    assert set(code) == {"code", "runtime"}
    assert abs(built.result.bin.stat().st_size - sum(code.values())) < 16


def large_model() -> bytes:
    """An activation of 700,000 bytes between a small input and a small output."""
    model = ModelBuilder()
    source = model.input([1, 100, 70, 1], scale=0.1)
    size = model.tensor([2], "int32", data=[1000, 700])
    large = model.tensor([1, 1000, 700, 1], scale=0.1)
    small = model.output([1, 20, 14, 1], scale=0.1)
    model.operator(
        "RESIZE_NEAREST_NEIGHBOR", [source, size], [large], "ResizeNearestNeighborOptions"
    )
    pool = {"strideH": 50, "strideW": 50, "filterHeight": 50, "filterWidth": 50, "padding": 1}
    model.operator("MAX_POOL_2D", [large], [small], "Pool2DOptions", **pool)
    return model.build()


def test_an_arena_larger_than_the_main_ram_runs_in_another_memory(tmp_path: Path) -> None:
    loaded = LoadedModel(large_model(), "large", "large.tflite")
    built = pipeline.build(pipeline.compile_model(loaded, M55), tmp_path / "p")
    assert built.compiled.plan.arena_bytes > M55.memory.ram.length
    samples = pipeline.choose_samples(loaded, None, 2, seed=0)
    _, verification = pipeline.measure(built, samples)
    assert (verification.samples, verification.mismatched_bytes) == (2, 0)
    assert in_region("SRAM", built.layout)["arena"] == built.compiled.plan.arena_bytes + 32
    assert in_region("RAM", built.layout)["stack"] == M55.memory.stack_bytes


def test_start_up_sets_the_bits_that_enable_a_memory(tmp_path: Path) -> None:
    """A word of RAM that nothing else uses stands for the register of its clock."""
    bits = 0xA5000000
    region = dataclasses.replace(PSRAM, length=0x100000, enable=Enable(0x21700000, bits))
    board = with_more(M4, region)
    placement = Placement(region, board.memory.main_ram, board.memory.main_flash)
    generate_project(dummy_library(), board, placement=placement).write(tmp_path / "p")
    line = tmp_path / "monitor"
    arguments = ["-monitor", f"unix:{line},server=on,wait=off"]
    with open_device(board, build(tmp_path / "p", board), emulator_arguments=arguments) as device:
        assert device.invoke(inputs()).outputs == outputs()
        assert word_at(0x21700000, line) == bits


def word_at(address: int, monitor: Path) -> int:
    """Ask QEMU's monitor what the emulated machine's memory holds."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(30)
        line.connect(str(monitor))
        line.sendall(f"xp /1wx {address:#x}\n".encode())
        answer = b""
        while not (found := re.search(rb": (0x[0-9a-f]{8})\r", answer)):
            answer += line.recv(4096)
    return int(found[1], 16)


def test_a_stack_that_overflows_in_another_memory_is_reported(tmp_path: Path) -> None:
    board = with_more(M4, PSRAM)
    placement = Placement(PSRAM, PSRAM, board.memory.main_flash)
    generate_project(dummy_library(), board, placement=placement).write(tmp_path / "p")
    with (
        open_device(board, build(tmp_path / "p", board)) as device,
        pytest.raises(DeviceError, match=r"stack overflow|whole stack"),
    ):
        device.invoke(inputs(stack_bytes=board.memory.stack_bytes + 4096))


@pytest.mark.parametrize("board_id", BUILT)
def test_a_real_board_is_built_with_what_its_other_memory_takes(
    tmp_path: Path, board_id: str
) -> None:
    """The main RAM has no room for stack and arena together, so one of them is elsewhere."""
    board = load_board(board_id)
    arena_bytes = board.memory.ram.length - 4096
    needs = Needs(arena_bytes, board.memory.stack_bytes, 2048, 1024, 4096)
    placement = place(needs, board.memory)
    assert placement is not None
    (other,) = placement.regions
    assert (placement.stack, placement.arena) == (other, board.memory.main_ram)
    generate_project(dummy_library(), board, placement=placement).write(tmp_path / "p")
    image = build(tmp_path / "p", board).bin.read_bytes()
    assert struct.unpack_from("<I", image) == (other.origin + board.memory.stack_bytes,)
