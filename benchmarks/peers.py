"""The peers' figures, as peers.toml has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import tomli

_FILE = Path(__file__).with_name("peers.toml")


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that was run on the same models; each figure by the model's name."""

    id: str
    name: str
    source: str
    conditions: str
    instructions: Mapping[str, Mapping[str, int]]
    """By board, then by model."""
    arena_bytes: Mapping[str, int] = field(default_factory=dict)
    code_bytes: Mapping[str, int] = field(default_factory=dict)
    stack_bytes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Published:
    """Latencies that others published for a real board, by engine, then by model."""

    board: str
    core: str
    clock_hz: int
    latency_ms: Mapping[str, Mapping[str, float]]

    def cycles(self, engine: str, model: str) -> float | None:
        """What the latency is in cycles of the board's clock."""
        latency = self.latency_ms[engine].get(model)
        return None if latency is None else latency * self.clock_hz / 1000


@dataclass(frozen=True, slots=True)
class Peers:
    """All that is known of other engines."""

    engines: tuple[Engine, ...]
    published: tuple[Published, ...]

    def engine(self, wanted: str) -> Engine:
        return next(engine for engine in self.engines if engine.id == wanted)


def read_peers() -> Peers:
    """Read peers.toml."""
    table = tomli.loads(_FILE.read_text(encoding="utf-8"))
    engines = tuple(Engine(**engine) for engine in table["engine"])
    return Peers(engines, tuple(Published(**published) for published in table["published"]))


def architecture(model: str) -> str:
    """The network whose shapes `model` has: published figures hold for any weights."""
    return model.removesuffix("_random")
