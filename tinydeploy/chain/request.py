"""What the user asked for, as a setting, a plan and limits."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tinydeploy.boards import Board, load_board
from tinydeploy.chain.identity import results_identity
from tinydeploy.chain.limits import Limits
from tinydeploy.chain.options import RANGES, CompressOptions, Place
from tinydeploy.chain.search import Plan
from tinydeploy.chain.techniques import technique
from tinydeploy.chain.trial import Setting
from tinydeploy.compress.fit import Fit
from tinydeploy.config import PROJECT_FILE, Optimize
from tinydeploy.device.emulator import require_emulator
from tinydeploy.device.platformio import require_tools
from tinydeploy.errors import CalibrationError, ModelFileError, UsageError
from tinydeploy.gate.figures import figure, parse_share
from tinydeploy.rig.bench import Bench
from tinydeploy.rig.settings import read_rig
from tinydeploy.tables import TableReader

_SHORT_EPOCHS = 3
_INT8_EPOCHS = 4
_INT8_RATE = 5e-4
_ORIGINAL_RATE = 1e-3
"""Where the original itself is trained on: what it has learned must not be lost."""
_COACH_EPOCHS = 10
_FOLDER = Path("build") / "compress"


def read_options(table: Mapping[str, Any], project_file: Path) -> CompressOptions:
    """Return what [compress] of the project file asks for; its paths are relative to the file.

    Raises UsageError.
    """
    where = f"project file {project_file}: compress"
    hint = "docs/compression.md explains each key."
    reader = TableReader(where, UsageError, hint, project_file.parent)
    found: CompressOptions = reader.read(CompressOptions, table, "")
    for key, (least, most) in RANGES.items():
        value = getattr(found, key)
        if value is not None and not least <= value <= most:
            raise reader.fail(f"'{key}' is {value:g}, and must be from {least:g} to {most:g}")
    _limits(found, lambda key: f"{where}: '{key}'")
    try:
        _check_techniques(found.technique)
    except UsageError as error:
        raise reader.fail(error.message, error.hint) from error
    return found


def make_search(
    model: Path, place: Place, optimize: Optimize, seed: int, asked: CompressOptions
) -> tuple[Setting, Plan, Limits]:
    """What search() takes.

    Raises UsageError, ModelFileError, CalibrationError, ToolMissingError: before any work.

    AbsentError, too, where the rig has no such board.
    """
    board, rig = load_board(place.board), place.rig
    data, test = asked.data, asked.test
    if data is None:
        raise UsageError(
            "no data was given",
            f"Give --data train.npz, with x and y, or set `data` in [compress] of {PROJECT_FILE}.",
        )
    if rig is not None:
        Bench(read_rig(rig), place.wait_s).require_board(board)
    elif board.emulator is None:
        raise UsageError(
            f"{board.id} has no emulator to measure on",
            "Measure on real ones with --rig rig.toml, or compress for an emulated board with the "
            "same core: `tinydeploy boards`.",
        )
    _check_techniques(asked.technique)
    limits = _limits(asked, lambda key: "--" + key.replace("_", "-"))
    _check_unit(board, limits)
    if rig is None:
        require_emulator(board)
    require_tools(board)
    setting = Setting(
        model=model.resolve(),
        data=data.resolve(),
        test=test.resolve() if test else None,
        board=str(Path(place.board).resolve()) if place.board.endswith(".toml") else board.id,
        optimize=optimize,
        folder=(_FOLDER / model.stem).resolve(),
        seed=seed,
        inputs_digest=_digest(board, model, data, *([test] if test else [])),
        rig=rig.resolve() if rig else None,
        wait_s=place.wait_s,
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
        techniques=asked.technique,
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


def _limits(asked: CompressOptions, name: Callable[[str], str]) -> Limits:
    """What may be taken and lost at most; messages call an option by its `name`."""

    def limit(key: str, of: str) -> float | None:
        text = getattr(asked, key)
        return None if text is None else figure(of).parse(text, name(key))

    return Limits(
        ram_bytes=limit("max_ram", "arena"),
        flash_bytes=limit("max_flash", "flash"),
        latency_us=limit("max_latency", "latency"),
        instructions=limit("max_instructions", "instructions"),
        accuracy_drop=parse_share(asked.max_accuracy_drop, name("max_accuracy_drop")),
    )


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
