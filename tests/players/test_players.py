"""Images of real boards, booted by programs that play their microcontrollers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.players.play import played, require
from tests.players.table import PLAYED_ISA, PLAYERS, Player
from tests.support.command_line import ROOT
from tests.support.dummy import inputs, outputs, shared_dummy
from tests.support.effort import LONG
from tests.support.networks import keyword_spotting
from tinydeploy import pipeline
from tinydeploy.boards import Board, load_board
from tinydeploy.device.serial_link import Timing
from tinydeploy.device.session import Device, open_device
from tinydeploy.device.verify import compare

pytestmark = pytest.mark.emulated
SLOWEST_S = 300.0  # for kws where the tests of this machine share its cores
DIGITS = ROOT / "tests/gate/digits.tflite"
QEMU_OF_CORE = {
    "-mcpu=cortex-m4": "qemu_cortex_m4",
    "-mcpu=cortex-m7": "qemu_cortex_m7",
    "-mcpu=cortex-m33": "qemu_cortex_m33",
}
RICHER = [player for player in PLAYERS if load_board(player.board_id).isa != PLAYED_ISA]


def core_of(board: Board) -> str:
    return board.build.cpu_flags[0]


def played_quickly() -> list[Player]:
    """Those that take seconds for kws, even on a busy machine."""
    return [
        player for player in PLAYERS if str(player) in {"pico-rp2040js", "nucleo_f411re-labwired"}
    ]


def one_of_each_other_core() -> list[Player]:
    first = {core_of(load_board(player.board_id)): player for player in reversed(PLAYERS)}
    quick = {core_of(load_board(player.board_id)) for player in played_quickly()}
    return [player for core, player in first.items() if core not in quick]


def assert_counts(device: Device) -> None:
    """A loop has two instructions, one of them a branch; a player's cycles are 2 or 3."""
    ticks = [device.spin(loops).ticks for loops in (1000, 3000)]
    assert ticks[1] - ticks[0] in {2 * 2000, 3 * 2000}


def assert_computes(model: Path, player: Player, folder: Path, samples: int) -> None:
    """By generic kernels on every core, compiled with the board's own options."""
    board = dataclasses.replace(load_board(player.board_id), isa=PLAYED_ISA)
    loaded = pipeline.load(model, None)
    built = pipeline.build(pipeline.compile_model(loaded, board), folder)
    chosen = pipeline.choose_samples(loaded, None, samples, seed=0)
    timing = Timing(silence_s=SLOWEST_S, baud=board.serial.baud)
    with (
        played(player, built.result) as port,
        open_device(board, built.result, port, timing) as device,
    ):
        found = [
            device.invoke([array.tobytes() for array in sample]).outputs for sample in chosen.inputs
        ]
        assert device.info.arena_bytes == built.compiled.plan.arena_bytes
    verification = compare(chosen.expected, found)
    assert (verification.samples, verification.mismatched_bytes) == (samples, 0)


@pytest.mark.parametrize("player", PLAYERS, ids=str)
def test_image_boots_as_built_for_the_board(
    tmp_path_factory: pytest.TempPathFactory, player: Player
) -> None:
    """Not a byte is changed: its vectors, clock, pins, UART and counter are the board's.

    The clock isn't compared with this computer's: a player keeps no time.
    """
    require(player)
    board = load_board(player.board_id)
    result = shared_dummy(tmp_path_factory, board)
    with played(player, result) as port, open_device(board, result, port) as device:
        found = [device.invoke(inputs(loops=loops)).outputs for loops in (0, 1000)]
        assert_counts(device)
    assert found == [outputs(loops=0), outputs(loops=1000)]


@pytest.mark.parametrize("player", PLAYERS if LONG else one_of_each_other_core(), ids=str)
def test_digits_computes_what_the_reference_does(tmp_path: Path, player: Player) -> None:
    require(player)
    assert_computes(DIGITS, player, tmp_path / "p", samples=2)


@pytest.mark.parametrize("player", PLAYERS if LONG else played_quickly(), ids=str)
def test_keyword_spotting_computes_what_the_reference_does(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, player: Player
) -> None:
    require(player)
    assert_computes(keyword_spotting(tmp_path_factory), player, tmp_path / "p", samples=1)


@pytest.mark.parametrize("player", RICHER if LONG else RICHER[:1], ids=str)
def test_network_with_richer_kernels_boots_and_takes_its_input(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, player: Player
) -> None:
    """All of the image runs as on the board, but the inference, which the player gets wrong."""
    require(player)
    board = load_board(player.board_id)
    loaded = pipeline.load(keyword_spotting(tmp_path_factory), None)
    built = pipeline.build(pipeline.compile_model(loaded, board), tmp_path / "p")
    sample = [a.tobytes() for a in pipeline.choose_samples(loaded, None, 1, seed=0).inputs[0]]
    plan = built.compiled.plan
    with played(player, built.result) as port, open_device(board, built.result, port) as device:
        device.write_inputs(sample)
        assert received(device, [plan.offsets[i] for i in plan.graph.inputs], sample) == sample


def received(device: Device, offsets: Sequence[int], sample: Sequence[bytes]) -> list[bytes]:
    return [device.read_arena(at, len(data)) for at, data in zip(offsets, sample, strict=True)]


@pytest.mark.parametrize("player", RICHER, ids=str)
def test_richer_kernels_are_those_that_qemu_verifies(
    tmp_path_factory: pytest.TempPathFactory, player: Player
) -> None:
    """The same C by the same compiler for the same core: tests/emulated runs it there."""
    board = load_board(player.board_id)
    emulated = load_board(QEMU_OF_CORE[core_of(board)])
    loaded = pipeline.load(keyword_spotting(tmp_path_factory), None)
    here, there = (pipeline.compile_model(loaded, one).library for one in (board, emulated))
    assert here.files == there.files
    assert core_of(emulated) == core_of(board)


def test_table_names_boards_that_no_emulator_plays() -> None:
    boards = [load_board(player.board_id) for player in PLAYERS]
    assert [board.id for board in boards if board.emulator is not None] == []
    assert len(set(map(str, PLAYERS))) == len(PLAYERS)
