"""A system for labwired: one chip of its package, corrected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import labwired
import yaml

from tests.players.table import Player

_CHIPS = Path(labwired.__file__).parent / "configs" / "chips"
_WORDS_BYTES = 16


def write_system(player: Player, folder: Path) -> Path:
    """Write the chip and a system of nothing but it into `folder`; return the system's file."""
    chip = yaml.safe_load((_CHIPS / f"{player.chip}.yaml").read_text(encoding="utf-8"))
    for peripheral in chip["peripherals"]:
        _resolve_paths(peripheral.get("config", {}))
    _correct(chip, player)
    (folder / "chip.yaml").write_text(yaml.safe_dump(chip), encoding="utf-8")
    system = folder / "system.yaml"
    content = {"name": player.board_id, "chip": str(folder / "chip.yaml")}
    system.write_text(yaml.safe_dump(content), encoding="utf-8")
    return system


def _resolve_paths(config: dict[str, Any]) -> None:
    """The files that a chip names are beside labwired's own folder of chips."""
    for key in ("path", "debug_schema"):
        if key in config:
            config[key] = str((_CHIPS / config[key]).resolve())


def _correct(chip: dict[str, Any], player: Player) -> None:
    corrections = player.corrections
    if corrections.flash_origin is not None:
        chip["flash"]["base"] = corrections.flash_origin
    regions = chip.setdefault("memory_regions", [])
    for address in corrections.memory_words:
        size = f"{_WORDS_BYTES}B"
        regions.append({"name": f"words_{address:x}", "base": address, "size": size})
    if corrections.uart_profile is not None:
        (uart,) = (found for found in chip["peripherals"] if found["id"] == player.uart)
        uart.setdefault("config", {})["profile"] = corrections.uart_profile
