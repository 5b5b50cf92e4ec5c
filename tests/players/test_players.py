"""Images of real boards, booted by programs that play their microcontrollers."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from tests.players.play import played, require
from tests.players.table import PLAYED_ISA, PLAYERS, Player
from tests.support.command_line import ROOT
from tests.support.dummy import build_dummy, inputs, outputs
from tinydeploy import pipeline
from tinydeploy.boards import load_board
from tinydeploy.device.session import Device, open_device

pytestmark = pytest.mark.emulated
SAMPLES = 2
# kws takes minutes: TINYDEPLOY_PLAYED_MODEL=kws.tflite python -m pytest tests/players
MODEL = Path(os.environ.get("TINYDEPLOY_PLAYED_MODEL", ROOT / "tests/gate/digits.tflite"))
RICHER = [player for player in PLAYERS if load_board(player.board_id).isa != PLAYED_ISA]


def assert_counts(device: Device) -> None:
    """A loop has two instructions, one of them a branch; a player's cycles are 2 or 3."""
    ticks = [device.spin(loops).ticks for loops in (1000, 3000)]
    assert ticks[1] - ticks[0] in {2 * 2000, 3 * 2000}


@pytest.mark.parametrize("player", PLAYERS, ids=str)
def test_network_computes_what_the_reference_does(tmp_path: Path, player: Player) -> None:
    """By its own vectors, clock, pins, UART and counter; by generic kernels on every core.

    The clock isn't compared with this computer's: a player keeps no time.
    """
    require(player)
    board = dataclasses.replace(load_board(player.board_id), isa=PLAYED_ISA)
    loaded = pipeline.load(MODEL, None)
    built = pipeline.build(pipeline.compile_model(loaded, board), tmp_path / "p")
    samples = pipeline.choose_samples(loaded, None, SAMPLES, seed=0)
    with played(player, built.result) as port, open_device(board, built.result, port) as device:
        measurement, verification = pipeline.run_samples(device, board, samples)
        assert_counts(device)
    assert (verification.samples, verification.mismatched_bytes) == (SAMPLES, 0)
    assert measurement.arena_bytes == built.compiled.plan.arena_bytes


@pytest.mark.parametrize("player", RICHER, ids=str)
def test_image_for_a_richer_core_boots_unchanged(tmp_path: Path, player: Player) -> None:
    """Of a board whose kernels the player can't run: all but them, as built for the board."""
    require(player)
    board = load_board(player.board_id)
    result = build_dummy(board, tmp_path / "p")
    with played(player, result) as port, open_device(board, result, port) as device:
        found = [device.invoke(inputs(loops=loops)).outputs for loops in (0, 1000)]
        assert_counts(device)
    assert found == [outputs(loops=0), outputs(loops=1000)]


def test_table_names_boards_that_no_emulator_plays() -> None:
    boards = [load_board(player.board_id) for player in PLAYERS]
    assert [board.id for board in boards if board.emulator is not None] == []
    assert len(set(PLAYERS)) == len(PLAYERS)
