"""What may be asked of a search: by options of `tinydeploy compress`, or by the project file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Goal = Literal["size", "accuracy", "speed"]
Augment = Literal["auto", "none", "shift", "flip", "flip-shift"]
RANGES: Mapping[str, tuple[float, float]] = {
    "epochs": (0, 1000),
    "baseline_epochs": (0, 1000),
    "learning_rate": (1e-6, 1.0),
    "teachers": (1, 10),
    "seeds": (1, 100),
}


@dataclass(frozen=True, slots=True)
class CompressOptions:
    """All but model, board, and where trials run, named as on the command line."""

    data: Path | None = None
    test: Path | None = None
    max_ram: str | None = None
    max_flash: str | None = None
    max_latency: str | None = None
    max_instructions: str | None = None
    max_accuracy_drop: str = "3 %"
    goal: Goal = field(default="size", metadata={"key": "for"})
    technique: tuple[str, ...] = ()
    epochs: int = 30
    baseline_epochs: int = 0
    learning_rate: float | None = None
    teachers: int = 3
    augment: Augment = "auto"
    seeds: int = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where trials run, and candidates are measured: on an emulator, or on boards of a rig."""

    board: str
    """An id, or the path of a board file."""
    rig: Path | None = None
    wait_s: float = 0.0
    """For a board of the rig to be free."""
    workers: int | None = None
    """Processes of this computer; None: one for each core, at most 4."""
    scheduler: str | None = None
    """Of dask: "tcp://host:8786", whose workers are taken instead."""
