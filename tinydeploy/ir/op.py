"""What an operator must say of itself, and how a kernel is called.

An operator is a frozen dataclass of attributes that derives from `Op`. Everything the rest of
the toolchain asks of it (reading it from a model file, its legality, its cost, its kernels) is
answered here, so that a new operator is one new file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from tinydeploy.ir.graph import Array, NodeIO


class Isa(Enum):
    """What a core can execute; each kernel is written for one of these."""

    GENERIC = "generic"
    DSP = "dsp"
    MVE = "mve"


EXECUTES = {
    Isa.GENERIC: frozenset({Isa.GENERIC}),
    Isa.DSP: frozenset({Isa.GENERIC, Isa.DSP}),
    Isa.MVE: frozenset({Isa.GENERIC, Isa.DSP, Isa.MVE}),
}
"""The kernels that a core of each kind can run."""


class OpError(Exception):
    """An operator whose attributes, shapes or types break its rules (without saying where)."""


def require(condition: bool, message: str) -> None:
    """Raise `OpError(message)` unless `condition` holds."""
    if not condition:
        raise OpError(message)


@dataclass(frozen=True, slots=True)
class RawOperator:
    """An operator as the model file stores it: its option fields, and the tensors around it.

    `options` maps the schema's field names (Padding, StrideH, …) to plain values; a field
    that the file leaves out has the schema's default.
    """

    io: NodeIO
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Input:
    """A pointer to the node's input `index` (in the arena, or in flash for a constant)."""

    index: int


@dataclass(frozen=True, slots=True)
class Output:
    """A pointer to the node's output `index`."""

    index: int = 0


@dataclass(frozen=True, slots=True)
class Scratch:
    """A pointer to the call's scratch memory."""


Operand = Input | Output | Scratch


@dataclass(frozen=True, slots=True, eq=False)
class Routine:
    """A function that a kernel calls through a field of its params: its inner loop, say.

    `function` names its files, as in `Call`; the header also has `<function>_fn`, its type.
    With `defines`, the source is compiled with these constants (and the name in TD_FUNCTION),
    once for all layers that ask for the same.
    """

    function: str
    defines: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One call of a C kernel.

    `function` names the C function, its `<function>_params` struct and the files that hold it
    (`firmware_templates/kernels/**/<function>.c` or `.S`, and `.h`). `params` are the fields of
    the struct: integers, floats, tuples (array fields), NumPy arrays (tables in flash, to which
    the field points) or routines (functions, to which it points). `operands` are the pointers
    that follow it in the C signature.

    With `defines`, the source is compiled once more for this call alone, with these preprocessor
    constants and the function's name in TD_FUNCTION; it then costs `code_bytes` of flash.

    `overlap_bytes` allows output 0 to share memory with input 0: an output that starts at least
    that many bytes before the input (a negative number: at most so many after it) never
    overwrites a byte of the input that is still to be read. None: they must not overlap.
    `in_place` allows output 0 to start exactly where input 0 does, and only there.
    """

    function: str
    params: Mapping[str, Any]
    operands: tuple[Operand, ...] = (Input(0), Output(0))
    scratch_bytes: int = 0
    overlap_bytes: int | None = None
    defines: Mapping[str, int] = field(default_factory=dict)
    code_bytes: int = 0
    in_place: bool = False

    @property
    def routines(self) -> tuple[Routine, ...]:
        """The functions that the kernel calls through its params."""
        return tuple(value for value in self.params.values() if isinstance(value, Routine))

    @property
    def is_specialized(self) -> bool:
        """Whether some of its code is compiled for this layer and those like it."""
        return bool(self.defines) or any(routine.defines for routine in self.routines)


@dataclass(frozen=True, slots=True)
class Kernel:
    """One implementation of an operator for one instruction set.

    `lower` returns the calls that compute the node, or None when the kernel does not accept it.
    """

    name: str
    isa: Isa
    lower: Callable[[Any, NodeIO], tuple[Call, ...] | None]


@dataclass(frozen=True, slots=True)
class Op(ABC):
    """Base of all operators; a subclass's fields are the operator's attributes."""

    NAME: ClassVar[str]
    """The operator's name in the TFLite schema, such as "CONV_2D"."""

    KERNELS: ClassVar[tuple[Kernel, ...]] = ()
    """Portable ones that come with the operator; together they accept every legal node."""

    IS_VIEW: ClassVar[bool] = False
    """The output is the input's bytes under another shape: no code, no memory of its own."""

    VARIABLE_OUTPUTS: ClassVar[bool] = False
    """`check` looks at the number of outputs; every other operator has one."""

    @classmethod
    @abstractmethod
    def read(cls, raw: RawOperator) -> Op:
        """Make the operator from the model file's form. Raises OpError."""

    @abstractmethod
    def check(self, io: NodeIO) -> None:
        """Raise OpError unless shapes, types and quantization around the node are legal."""

    def output_shapes(self, io: NodeIO) -> tuple[tuple[int, ...], ...] | None:
        """The outputs' shapes by the operator's rule; None: each axis as wide as the inputs'.

        It is asked where the model file leaves a size open. Raises OpError.
        """
        return None

    def macs(self, io: NodeIO) -> int:
        """Multiply-accumulates of one execution (0 for operators without any)."""
        return 0

    def in_place(self, io: NodeIO) -> tuple[int, ...]:
        """Inputs whose memory output 0 may reuse, element by element."""
        return ()

    def fold(self, io: NodeIO) -> tuple[Array, ...] | None:
        """The outputs' values where they are known before run time, else None."""
        return None
