"""The one table of what host and device say to each other over the serial line.

The C header (firmware_templates/runtime/tdrt_wire.h.j2) and the host's parser
(device/protocol.py) are both made from it. docs/wire.md describes the exchange.
All numbers are little-endian and unaligned.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Literal, get_type_hints

PROTOCOL_VERSION = 2
BANNER_START = "tinydeploy "
FAULT_START = "tinydeploy fault: "

MOST_TENSORS = 255
"""The most inputs, and the most outputs: the line counts them in one byte."""

Kind = Literal["u8", "u16", "u32", "u64", "digest", "text"]
KIND_BYTES: dict[Kind, int] = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "digest": 16, "text": 32}


@dataclass(frozen=True, slots=True)
class Field:
    """One value in a message. A digest is 32 hex characters, sent as 16 bytes."""

    name: str
    kind: Kind
    meaning: str


@dataclass(frozen=True, slots=True)
class Message:
    """A fixed sequence of fields, perhaps followed by bytes that `tail` describes."""

    name: str
    fields: tuple[Field, ...]
    tail: str = ""

    @property
    def size_bytes(self) -> int:
        return sum(KIND_BYTES[field.kind] for field in self.fields)


class Request(IntEnum):
    """The type byte of a request; its reply carries the same with REPLY_BIT set."""

    HELLO = 1
    WRITE_INPUT = 2
    INVOKE = 3
    READ_OUTPUT = 4
    READ_LAYERS = 5
    RUN_LAYER = 6
    ARENA_CRC = 7
    READ_ARENA = 8
    SPIN = 9


REPLY_BIT = 0x80


class Status(IntEnum):
    """The first byte of each reply."""

    OK = 0
    BAD_FRAME = 1
    UNKNOWN_REQUEST = 2
    BAD_LENGTH = 3
    BAD_INDEX = 4
    BAD_RANGE = 5
    NO_SESSION = 6
    INPUTS_DAMAGED = 7
    STACK_OVERFLOW = 8
    NO_LAYERS = 9
    ARENA_OVERRUN = 10


STATUS_MEANINGS: dict[Status, str] = {
    Status.OK: "done",
    Status.BAD_FRAME: "the frame was damaged on the way; send it again",
    Status.UNKNOWN_REQUEST: "the firmware doesn't know this request",
    Status.BAD_LENGTH: "the request is too short or too long",
    Status.BAD_INDEX: "there is no input, output or layer with this index",
    Status.BAD_RANGE: "offset and length lie outside the tensor or the arena",
    Status.NO_SESSION: "the device has restarted since the session began",
    Status.INPUTS_DAMAGED: "the inputs in the device's memory differ from those that were sent",
    Status.STACK_OVERFLOW: "the inference used up the whole stack",
    Status.ARENA_OVERRUN: "the inference wrote outside its arena",
    Status.NO_LAYERS: "no inference was measured layer by layer yet",
}


class InvokeFlag(IntEnum):
    """Bits of `invoke.flags`."""

    PER_LAYER = 1


HEADER = Message(
    "header",
    (
        Field("type", "u8", "what is asked or answered"),
        Field(
            "session", "u16", "chosen by the host in hello; the device forgets it when it resets"
        ),
        Field("sequence", "u16", "counts requests; a repeated request carries the same number"),
    ),
    tail="payload, then the CRC-32 of everything before it",
)
CRC_BYTES = 4


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """What the device says of itself in reply to hello. Each row: type on the wire, meaning."""

    protocol_version: Annotated[int, "u16", "of this table"]
    payload_bytes: Annotated[int, "u16", "the most bytes of tensor data that one frame may carry"]
    board: Annotated[str, "text", "the id of the board that the firmware was made for"]
    firmware_digest: Annotated[str, "digest", "of all sources of the firmware"]
    model_digest: Annotated[str, "digest", "of the model's weights, graph and code"]
    arena_bytes: Annotated[int, "u32", "size of the buffer of all activations"]
    static_bytes: Annotated[int, "u32", "RAM of static objects, the arena included"]
    stack_reserved_bytes: Annotated[int, "u32", "size of the stack"]
    layer_count: Annotated[int, "u32", "layers of the model"]
    input_count: Annotated[int, "u8", "inputs of the model"]
    output_count: Annotated[int, "u8", "outputs of the model"]
    counter_hz: Annotated[int, "u64", "ticks of the counter in a second"]
    counter_overhead_ticks: Annotated[
        int, "u32", "cost of an empty measurement, which is already subtracted"
    ]


@dataclass(frozen=True, slots=True)
class InvocationReport:
    """What the device measured during one inference."""

    ticks: Annotated[int, "u64", "of the inference, without the overhead"]
    stack_bytes: Annotated[int, "u32", "of the inference, found by painting"]
    outputs_crc: Annotated[int, "u32", "CRC-32 over all outputs, in order"]


def _message(name: str, cls: type[object]) -> Message:
    hints = get_type_hints(cls, include_extras=True)
    fields = (Field(key, *hint.__metadata__) for key, hint in hints.items())
    return Message(name, tuple(fields))


INFO = _message("info", DeviceInfo)
INVOCATION = _message("invocation", InvocationReport)
CRC = Message("crc", (Field("crc", "u32", "CRC-32 of the range"),))
TICKS = Message("ticks", (Field("ticks", "u64", "that the loops took"),))
REPLIES = (INFO, INVOCATION, CRC, TICKS)
_RANGE = (Field("offset", "u32", "of the first byte in the arena"),)
REQUESTS = (
    Message("hello", (Field("protocol_version", "u16", "that the host speaks"),)),
    Message(
        "write_input",
        (Field("index", "u8", "of the input"), Field("offset", "u32", "of the first byte")),
        tail="the bytes",
    ),
    Message(
        "invoke",
        (Field("flags", "u8", "InvokeFlag"), Field("inputs_crc", "u32", "CRC-32 over all inputs")),
    ),
    Message(
        "read_output",
        (
            Field("index", "u8", "of the output"),
            Field("offset", "u32", "of the first byte"),
            Field("count", "u16", "of bytes; fewer come back at the end of the tensor"),
        ),
    ),
    Message(
        "read_layers",
        (Field("first", "u32", "layer"), Field("count", "u16", "of layers; 8 bytes each")),
    ),
    Message("run_layer", (Field("layer", "u32", "to run on the arena as it stands"),)),
    Message("arena_crc", (*_RANGE, Field("count", "u32", "of bytes"))),
    Message("read_arena", (*_RANGE, Field("count", "u16", "of bytes"))),
    Message("spin", (Field("loops", "u32", "of two instructions each"),)),
)
LAYER_TICKS_BYTES = 8
