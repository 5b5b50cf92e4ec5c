"""What one instruction costs, given the one before it in the same block."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import capstone
from capstone import arm

from tinydeploy.cycles.cores import CoreTiming, Range
from tinydeploy.errors import InternalError

_LOADS = ("ldr", "ldrb", "ldrh", "ldrsb", "ldrsh")
_STORES = ("str", "strb", "strh")
_PAIRS = ("ldrd", "strd")
_LISTS = ("ldm", "stm", "push", "pop", "vldm", "vstm", "vpush", "vpop")
_WIDE_RUN = 3
# By the start of the mnemonic; the first that fits counts.
_KINDS = (
    (("sdiv", "udiv"), "divide"),
    (("smlal", "umlal", "umaal", "smlsld"), "multiply_accumulate_long"),
    (("smull", "umull"), "multiply_long"),
    (("mla", "mls", "smla", "smls", "smmla", "smmls"), "multiply_accumulate"),
    (("mul", "smul", "smmul", "smuad", "smusd"), "multiply"),
    (("vdiv", "vsqrt"), "float_divide"),
    (("vmla", "vmls", "vfm", "vfn", "vnml"), "float_accumulate"),
    (("vldr",), "float_load"),
    (("vstr",), "float_store"),
    (("mrs", "msr"), "status"),
    (("tbb", "tbh"), "table_branch"),
    (("dmb", "dsb", "isb"), "barrier"),
    (("it",), "if_then"),
    (("v",), "float"),
)


@cache
def _disassembler() -> Any:
    engine = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS)
    engine.detail = True
    return engine


def disassemble(code: bytes, address: int) -> tuple[Any, ...]:
    """The instructions of `code`. Raises InternalError where it holds one that is unknown."""
    found = tuple(_disassembler().disasm(code, address))
    if sum(one.size for one in found) != len(code):
        raise InternalError(f"unknown instruction after {len(found)} at {address:#x}: {code.hex()}")
    return found


def cost_of(code: bytes, address: int, core: CoreTiming) -> Range:
    """Cycles of one run through a block, without the refill after a branch that is taken."""
    total, previous = Range(), None
    for one in disassemble(code, address):
        total += _instruction(one, previous, core)
        previous = one
    for _ in range(_wide_runs(code, address)):
        total += core.wide_run
    return total


def _instruction(one: Any, previous: Any | None, core: CoreTiming) -> Range:
    name = _name(one)
    if name in _LOADS or name in _STORES:
        return _single(one, previous, core)
    if name in _PAIRS or name.startswith(_LISTS):
        return _multiple(one, name, core)
    if name == "bl":  # a call by register (BLX) takes a cycle less on the small cores
        return core.alu + core.call
    kind = next((kind for starts, kind in _KINDS if name.startswith(starts)), "alu")
    cost: Range = getattr(core, kind)
    return cost


def _name(one: Any) -> str:
    """The mnemonic without width, condition and "set flags"."""
    name = str(one.mnemonic).split(".")[0]
    condition = one.cc not in (arm.ARM_CC_AL, arm.ARM_CC_INVALID)
    if condition and len(name) > 2 and not name.startswith(("it", "cb")):
        return name[:-2]
    return name


def _single(one: Any, previous: Any | None, core: CoreTiming) -> Range:
    """One load or store; the address of one after a load is computed while that one waits."""
    name = _name(one)
    kind = "load" if name in _LOADS else "store_indexed" if _is_indexed(one) else "store"
    cost: Range = getattr(core, kind)
    if previous is not None and _name(previous) in _LOADS:
        if not _needs_result(one, previous):
            cost = _after_load(cost, getattr(core, f"{kind}_after_load"), one, previous, core)
    elif previous is not None and _needs_result(one, previous):
        cost += core.address_stall
    if kind == "load" and _memory(one).base == arm.ARM_REG_PC:
        cost += core.literal_contention
    return cost


def _after_load(alone: Range, paired: Range, one: Any, previous: Any, core: CoreTiming) -> Range:
    """With a base that is updated, pairing is possible, but not usual."""
    if core.writeback_is_pipelined or not (one.writeback or previous.writeback):
        return paired
    return Range(paired.low, alone.typical, alone.high)


def _needs_result(one: Any, previous: Any) -> bool:
    """Whether the address of `one` comes from what `previous` wrote (an updated base is ready)."""
    memory = _memory(one)
    written = set(previous.regs_access()[1])
    if previous.writeback and _name(previous) in (*_LOADS, *_STORES):
        written.discard(_memory(previous).base)
    return bool({memory.base, memory.index} & (written - {0}))


def _is_indexed(one: Any) -> bool:
    return bool(_memory(one).index)


def _memory(one: Any) -> Any:
    return next(operand.mem for operand in one.operands if operand.type == arm.ARM_OP_MEM)


def _multiple(one: Any, name: str, core: CoreTiming) -> Range:
    if name in _PAIRS:
        return core.multiple + core.alu * 2
    registers = [operand for operand in one.operands if operand.type == arm.ARM_OP_REG]
    listed = registers if name.startswith(("push", "pop", "vpu", "vpo")) else registers[1:]
    cost = core.multiple + core.alu * len(listed)
    loads_pc = name.startswith(("pop", "ldm")) and any(r.reg == arm.ARM_REG_PC for r in listed)
    return cost + core.pop_pc if loads_pc else cost


def _wide_runs(code: bytes, address: int) -> int:
    return sum(length >= _WIDE_RUN for length in _wide_run_lengths(code, address))


def _wide_run_lengths(code: bytes, address: int) -> Iterator[int]:
    length = 0
    for one in disassemble(code, address):
        if one.size == 4 and one.address % 4:
            length += 1
        else:
            yield length
            length = 0
    yield length
