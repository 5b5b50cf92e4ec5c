"""A system for labwired: one chip of its package, corrected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import labwired
import yaml

from tests.players.table import Player

_CHIPS = Path(labwired.__file__).parent / "configs" / "chips"
_WORDS_BYTES = 16
# Labwired asks every peripheral in every cycle. Without those that the firmware never touches it is
# twice as fast, and an access to one of them would be a fault.
_UNUSED = (
    *("adc", "can", "crc", "dma", "exti", "fdcan", "gpdma", "i2c", "iwdg", "pio", "pwm", "radio"),
    *("rng", "rtc", "saadc", "spi", "tim", "twi", "usb", "watchdog", "wdt"),
)


def write_system(player: Player, folder: Path) -> Path:
    """Write the chip and a system of nothing but it into `folder`; return the system's file."""
    chip = yaml.safe_load((_CHIPS / f"{player.chip}.yaml").read_text(encoding="utf-8"))
    chip["peripherals"] = [p for p in chip["peripherals"] if not p["id"].startswith(_UNUSED)]
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
