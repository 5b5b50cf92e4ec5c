"""Loading a firmware through a GDB server: erase, write, read back, reset, run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from tinydeploy.device.elf import Segment, read_segments
from tinydeploy.device.gdb_memory_map import FlashRegion
from tinydeploy.device.gdb_remote import GdbRemote, connect
from tinydeploy.errors import DeviceError
from tinydeploy.progress import Step, no_step


def load_firmware(
    server: str, elf: Path, reset_commands: Sequence[str], step: Step = no_step
) -> None:
    """Put the firmware `elf` where it belongs and let it run.

    `reset_commands` are the server's own (`monitor …`) that reset the core and keep it stopped;
    they run before, so that nothing uses the flash, and after, so that the firmware starts afresh.

    Raises:
        AbsentError: no server at `server`.
        DeviceError: it refuses, falls silent, or the memory doesn't hold what was written.
        BuildError: no ELF file.
    """
    segments = read_segments(elf)
    with connect(server) as remote:
        _reset(remote, reset_commands)
        _write(remote, segments, step)
        _verify(remote, segments, step)
        _reset(remote, reset_commands)
        remote.resume()


def _reset(remote: GdbRemote, commands: Iterable[str]) -> None:
    for command in commands:
        remote.monitor(command)


def _write(remote: GdbRemote, segments: Sequence[Segment], step: Step) -> None:
    regions = remote.flash_regions()
    pieces = [piece for segment in segments for piece in split_by_region(segment, regions)]
    in_flash = [(segment, region) for segment, region in pieces if region]
    if in_flash:
        step("erasing", None)
        for start, end in blocks_to_erase(in_flash):
            remote.erase_flash(start, end - start)
        for index, (segment, _) in enumerate(in_flash):
            step("flashing", index / len(in_flash))
            remote.write_flash(segment.address, segment.data)
        remote.finish_flash()
    for segment, region in pieces:
        if region is None:
            step("loading", None)
            remote.write_memory(segment.address, segment.data)


def _verify(remote: GdbRemote, segments: Sequence[Segment], step: Step) -> None:
    for index, segment in enumerate(segments):
        step("reading back", index / len(segments))
        found = remote.read_memory(segment.address, len(segment.data))
        if found != segment.data:
            wrong = next(
                i
                for i, pair in enumerate(zip(found, segment.data, strict=True))
                if pair[0] != pair[1]
            )
            raise DeviceError(
                f"the memory at {segment.address + wrong:#x} doesn't hold what was written there",
                "Is memory.flash in the board file right, and the flash not write-protected?",
            )


def split_by_region(
    segment: Segment, regions: Iterable[FlashRegion]
) -> list[tuple[Segment, FlashRegion | None]]:
    """Return the parts of `segment` that lie in one region of flash each, or (None) in none."""
    regions = tuple(regions)
    edges = {edge for region in regions for edge in (region.start, region.end)}
    inside = {edge for edge in edges if segment.address < edge < segment.end}
    parts = []
    for start, end in pairwise(sorted({segment.address, segment.end} | inside)):
        data = segment.data[start - segment.address : end - segment.address]
        home = next((r for r in regions if r.start <= start < r.end), None)
        parts.append((Segment(start, data), home))
    return parts


def blocks_to_erase(pieces: Iterable[tuple[Segment, FlashRegion]]) -> list[tuple[int, int]]:
    """Return the ranges of blocks that the pieces touch, each block once.

    Ranges of different regions stay apart: a server may not erase across their border.
    """
    ranges: list[tuple[FlashRegion, int, int]] = []
    for segment, region in sorted(pieces, key=lambda piece: piece[0].address):
        start, end = region.blocks_of(segment.address, segment.end)
        if ranges and ranges[-1][0] == region and start <= ranges[-1][2]:
            ranges[-1] = (region, ranges[-1][1], max(end, ranges[-1][2]))
        else:
            ranges.append((region, start, end))
    return [(start, end) for _, start, end in ranges]
