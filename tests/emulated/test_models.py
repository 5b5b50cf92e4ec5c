"""Whole networks on every board: the right outputs, and the sizes that were predicted."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.models import MODELS
from tests.support.networks import REFERENCE_MODELS, random_networks
from tinydeploy import pipeline
from tinydeploy.boards import all_boards, load_board
from tinydeploy.errors import DoesNotFitError
from tinydeploy.pipeline import Built, Compiled

pytestmark = pytest.mark.emulated
BOARDS = [board.id for board in all_boards() if board.emulator is not None]
SAMPLES = 2
WITHIN = 0.01
NAMES = [*MODELS, *(path.stem for path in sorted(REFERENCE_MODELS.glob("*.tflite")))]
TOO_LARGE = {
    "stm32vldiscovery": ("kws", "vww", "ic", "ad"),  # 8 KiB of RAM, 128 KiB of flash
    "hifive1": ("vww", "ic"),  # 16 KiB of RAM
    "microbit": ("vww", "ic", "ad"),  # 16 KiB of RAM, 256 KiB of flash
    "ek_lm3s6965": ("ad",),  # 256 KiB of flash
}


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_networks(tmp_path_factory)


def path_of(name: str, models: Path) -> Path:
    own = models / f"{name}.tflite"
    return own if own.exists() else REFERENCE_MODELS / f"{name}.tflite"


def compiled(name: str, board_id: str, models: Path) -> Compiled:
    return pipeline.compile_model(pipeline.load(path_of(name, models), None), load_board(board_id))


def built(name: str, board_id: str, models: Path, folder: Path) -> Built:
    return pipeline.build(compiled(name, board_id, models), folder)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("board_id", BOARDS)
def test_network_computes_and_measures_as_predicted(
    models: Path, tmp_path: Path, board_id: str, name: str
) -> None:
    if name.removesuffix("_random") in TOO_LARGE.get(board_id, ()):
        with pytest.raises(DoesNotFitError, match="The largest tensors are"):
            compiled(name, board_id, models)
        return
    result = built(name, board_id, models, tmp_path / "p")
    samples = pipeline.choose_samples(
        pipeline.load(path_of(name, models), None), None, SAMPLES, seed=0
    )
    measurement, verification = pipeline.measure(result, samples)
    assert (verification.samples, verification.mismatched_bytes) == (SAMPLES, 0)
    assert measurement.arena_bytes == result.compiled.plan.arena_bytes
    weights_bytes, code_bytes = result.compiled.library.weights_bytes, result.compiled.code_bytes
    assert result.sizes.weights_bytes == pytest.approx(weights_bytes, rel=WITHIN)
    assert result.sizes.code_bytes == pytest.approx(code_bytes, rel=WITHIN)


@pytest.mark.parametrize(
    ("board_id", "name"),
    [
        *((board_id, "kws_random") for board_id in BOARDS if board_id != "stm32vldiscovery"),
        *(("qemu_cortex_m4", name) for name in MODELS if name != "kws_random"),
    ],
)
def test_two_builds_on_two_paths_are_byte_identical(
    models: Path, tmp_path: Path, board_id: str, name: str
) -> None:
    first = built(name, board_id, models, tmp_path / "first").result
    second = built(name, board_id, models, tmp_path / "else where" / "se$ond").result
    assert first.elf.read_bytes() == second.elf.read_bytes()
    assert first.bin.read_bytes() == second.bin.read_bytes()
    assert first.digest == second.digest
