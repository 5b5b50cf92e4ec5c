"""What the user asked for, as a setting, a plan and limits."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tinydeploy.boards import Board
from tinydeploy.chain.chains import Goal
from tinydeploy.chain.identity import results_identity
from tinydeploy.chain.limits import Limits
from tinydeploy.chain.search import Plan
from tinydeploy.chain.techniques import technique
from tinydeploy.chain.trial import Setting
from tinydeploy.compress.fit import Fit
from tinydeploy.config import Optimize
from tinydeploy.device.emulator import require_emulator
from tinydeploy.device.platformio import require_tools
from tinydeploy.errors import CalibrationError, ModelFileError, UsageError
from tinydeploy.gate.figures import figure, parse_share
from tinydeploy.rig.bench import Bench
from tinydeploy.rig.settings import read_rig

_SHORT_EPOCHS = 3
_INT8_EPOCHS = 4
_INT8_RATE = 5e-4
_ORIGINAL_RATE = 1e-3
"""Where the original itself is trained on: what it has learned must not be lost."""
_COACH_EPOCHS = 10
_FOLDER = Path("build") / "compress"


@dataclass(frozen=True, slots=True)
class CompressOptions:
    """The options of `tinydeploy compress`, as typed."""

    board: str
    """An id, or the path of a board file."""
    goal: Goal
    seeds: int
    max_ram: str | None
    max_flash: str | None
    max_latency: str | None
    max_instructions: str | None
    max_accuracy_drop: str
    techniques: tuple[str, ...]
    epochs: int
    baseline_epochs: int
    learning_rate: float | None
    teachers: int
    augment: str
    rig: Path | None
    wait_s: float


def make_search(
    model: Path,
    data: Path | None,
    test: Path | None,
    board: Board,
    optimize: Optimize,
    seed: int,
    asked: CompressOptions,
) -> tuple[Setting, Plan, Limits]:
    """`board` is the one that was asked for.

    Raises UsageError, ModelFileError, CalibrationError, ToolMissingError: before any work.

    AbsentError, too, where the rig has no such board.
    """
    if data is None:
        raise UsageError("no data was given", "Give --data train.npz, with x and y.")
    if asked.rig is not None:
        Bench(read_rig(asked.rig), asked.wait_s).require_board(board)
    elif board.emulator is None:
        raise UsageError(
            f"{board.id} has no emulator to measure on",
            "Measure on real ones with --rig rig.toml, or compress for an emulated board with the "
            "same core: `tinydeploy boards`.",
        )
    _check_techniques(asked.techniques)
    limits = Limits(
        ram_bytes=_limit("arena", asked.max_ram, "--max-ram"),
        flash_bytes=_limit("flash", asked.max_flash, "--max-flash"),
        latency_us=_limit("latency", asked.max_latency, "--max-latency"),
        instructions=_limit("instructions", asked.max_instructions, "--max-instructions"),
        accuracy_drop=parse_share(asked.max_accuracy_drop, "--max-accuracy-drop"),
    )
    _check_unit(board, limits)
    if asked.rig is None:
        require_emulator(board)
    require_tools(board)
    setting = Setting(
        model=model.resolve(),
        data=data.resolve(),
        test=test.resolve() if test else None,
        board=str(Path(asked.board).resolve()) if asked.board.endswith(".toml") else board.id,
        optimize=optimize,
        folder=(_FOLDER / model.stem).resolve(),
        seed=seed,
        inputs_digest=_digest(board, model, data, *([test] if test else [])),
        rig=asked.rig.resolve() if asked.rig else None,
        wait_s=asked.wait_s,
    )
    return setting, _plan(asked, seed), limits


def _check_techniques(names: Sequence[str]) -> None:
    chosen = [technique(name) for name in dict.fromkeys(names)]
    if len(chosen) > 1 and chosen[0].comes_last:
        raise UsageError(
            f"nothing can follow {chosen[0].name}, and it was named first of {len(chosen)}",
            f"Name it last: --technique {chosen[1].name} --technique {chosen[0].name}.",
        )


def _plan(asked: CompressOptions, seed: int) -> Plan:
    full = Fit(asked.epochs, asked.learning_rate, augmentation=asked.augment, seed=seed)
    short = replace(full, epochs=min(_SHORT_EPOCHS, asked.epochs))
    baseline = replace(_gently(full, _ORIGINAL_RATE), epochs=asked.baseline_epochs)
    coach = baseline if baseline.epochs else replace(baseline, epochs=_COACH_EPOCHS)
    return Plan(
        goal=asked.goal,
        techniques=asked.techniques,
        coaches=tuple(replace(coach, seed=seed + k) for k in range(asked.teachers)),
        seeds=tuple(range(seed, seed + asked.seeds)),
        baseline=baseline,
        between=short,
        short=short,
        full=full,
        as_int8=replace(_gently(full, _INT8_RATE), epochs=min(_INT8_EPOCHS, asked.epochs)),
    )


def _gently(how: Fit, most: float) -> Fit:
    """With a learning rate of `most`, or less if that was asked for."""
    return replace(how, learning_rate=min(how.learning_rate or most, most))


def _limit(name: str, text: str | None, option: str) -> float | None:
    return None if text is None else figure(name).parse(text, option)


def _check_unit(board: Board, limits: Limits) -> None:
    emulated = board.counter.kind == "instructions"
    if emulated and limits.latency_us is not None:
        raise UsageError(
            f"--max-latency: {board.id} is emulated and has no clock", "Use --max-instructions."
        )
    if not emulated and limits.instructions is not None:
        raise UsageError(f"--max-instructions: {board.id} has a clock", "Use --max-latency.")


def _digest(board: Board, model: Path, *data: Path) -> str:
    digest = hashlib.sha256(f"{board} {results_identity(board)}".encode())
    for path in (model, *data):
        try:
            content = path.read_bytes()
        except OSError as error:
            kind = ModelFileError if path is model else CalibrationError
            raise kind(f"{path} can't be read: {error.strerror}", "Check the path.") from error
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()
