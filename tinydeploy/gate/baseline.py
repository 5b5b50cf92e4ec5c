"""The committed file that says how each pair was when all was well.

Sorted and indented, one figure a line, so that a review shows what a change costs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tinydeploy.errors import RegressionError, UsageError
from tinydeploy.gate.figures import FIGURES
from tinydeploy.report.files import write_json

BASELINE_FILE = "tinydeploy.baseline.json"
SCHEMA_VERSION = 1
_HINT = "`tinydeploy check --update-baseline` writes a new one."
_NAMES = {f.name for f in FIGURES}


@dataclass(frozen=True, slots=True)
class LayerCount:
    """What one layer took: instructions, or microseconds on a board with a real clock."""

    name: str
    op: str
    kernel: str
    count: float


@dataclass(frozen=True, slots=True)
class Record:
    """All that the gate remembers of one pair. Digests are SHA-256."""

    figures: Mapping[str, float]
    layers: tuple[LayerCount, ...]
    peak_layer: str
    samples: int
    seed: int
    model_digest: str
    outputs_digest: str

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "figures": dict(sorted(self.figures.items()))}


def read_baseline(path: Path, must_exist: bool) -> dict[str, Record] | None:
    """{pair: record}, or None where there is no file and none is required.

    Raises UsageError (missing, damaged), RegressionError (of another schema version).
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if not must_exist:
            return None
        raise UsageError(f"baseline {path} does not exist", _HINT) from None
    except OSError as error:
        raise UsageError(f"baseline {path} can't be read: {error.strerror}", _HINT) from None
    except ValueError as error:
        raise UsageError(f"baseline {path} is not valid JSON: {error}", _HINT) from None
    version = content.get("schema") if isinstance(content, dict) else None
    if isinstance(version, int) and version != SCHEMA_VERSION:
        raise RegressionError(
            f"baseline {path} has schema version {version}, this tinydeploy writes "
            f"{SCHEMA_VERSION}",
            f"Check it with the version of tinydeploy that wrote it, or start afresh: {_HINT}",
        )
    try:
        return {str(name): _record(entry) for name, entry in content["pairs"].items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise UsageError(f"baseline {path} is damaged", _HINT) from None


def _record(entry: Mapping[str, Any]) -> Record:
    figures = {str(name): float(value) for name, value in entry["figures"].items()}
    if not figures.keys() <= _NAMES:
        raise ValueError
    layers = tuple(
        LayerCount(
            str(layer["name"]), str(layer["op"]), str(layer["kernel"]), float(layer["count"])
        )
        for layer in entry["layers"]
    )
    texts = (str(entry[key]) for key in ("model_digest", "outputs_digest"))
    peak, samples, seed = str(entry["peak_layer"]), int(entry["samples"]), int(entry["seed"])
    return Record(figures, layers, peak, samples, seed, *texts)


def write_baseline(path: Path, records: Mapping[str, Record]) -> None:
    """Replace the file in one step. Raises OutputError."""
    pairs = {name: record.to_json() for name, record in sorted(records.items())}
    write_json(path, {"schema": SCHEMA_VERSION, "pairs": pairs})
