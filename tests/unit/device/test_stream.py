"""What `tinydeploy monitor` makes of the bytes on the line."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydeploy.codegen.wire import REPLY_BIT, Request, Status
from tinydeploy.device.protocol import Frame, encode_frame
from tinydeploy.device.stream import StreamReader

BANNER = b"\0\r\ntinydeploy kws on host, protocol 2, firmware 00\r\nThis line is shared.\r\n\0"
REPLY = encode_frame(Frame(Request.HELLO | REPLY_BIT, 7, 1, b"\0" + b"x" * 90))


def shown(*parts: bytes) -> list[str]:
    reader = StreamReader()
    return [line for part in parts for line in reader.feed(part)]


def test_text_and_frames() -> None:
    assert shown(BANNER + REPLY + b"\r\nnext\r\n") == [
        "tinydeploy kws on host, protocol 2, firmware 00",
        "This line is shared.",
        "[reply to hello: done; session 7, number 1, 90 bytes]",
        "next",
    ]


def test_lines_are_shown_before_anything_follows() -> None:
    assert shown(b"one\ntwo") == ["one"]
    assert shown(b"\x1b[31mred\x1b[0m\n") == [r"\x1b[31mred\x1b[0m"]
    reader = StreamReader()
    assert reader.feed(b"login: ") == []
    assert reader.rest() == ["login: "]
    assert reader.rest() == []


def test_half_a_frame_waits_for_its_end() -> None:
    reader = StreamReader()
    half = len(REPLY) // 2
    assert reader.feed(REPLY[:half]) == []
    assert reader.rest() == []
    assert reader.feed(REPLY[half:]) == ["[reply to hello: done; session 7, number 1, 90 bytes]"]


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (
            Frame(REPLY_BIT, 7, 2, bytes([Status.BAD_FRAME])),
            (
                "reply to anything: the frame was damaged on the way; send it again; session 7, "
                "number 2"
            ),
        ),
        (Frame(Request.INVOKE, 7, 3, b"12345"), "invoke: session 7, number 3, 5 bytes"),
        (
            Frame(0x7F | REPLY_BIT, 7, 4, b"\xee"),
            "reply to type 0x7f: unknown status 238; session 7, number 4",
        ),
        (
            Frame(Request.SPIN | REPLY_BIT, 7, 4, b""),
            "reply to spin: no status; session 7, number 4",
        ),
    ],
)
def test_frames_are_said_in_short(frame: Frame, text: str) -> None:
    assert shown(encode_frame(frame)) == [f"[{text}]"]


def test_what_would_steer_the_terminal_is_shown_instead() -> None:
    assert shown(b"a\x1b[2Jb\x07\tc \xc3\xa9\xff\n\0") == [r"a\x1b[2Jb\x07" + "\tc é" + r"\xff"]


def test_the_wrong_speed_does_not_fill_the_memory() -> None:
    reader = StreamReader()
    lines = [line for _ in range(100) for line in reader.feed(b"\x81\x1c" * 200)]
    assert lines
    assert sum(map(len, lines)) > 20_000


@given(
    frames=st.lists(
        st.builds(
            Frame,
            st.sampled_from([r | REPLY_BIT for r in Request]),
            st.integers(1, 0xFFFF),
            st.integers(1, 0xFFFF),
            st.binary(min_size=1, max_size=60),
        ),
        max_size=4,
    ),
    cuts=st.lists(st.integers(0, 300), max_size=6),
)
def test_frames_are_found_however_the_bytes_arrive(frames: list[Frame], cuts: list[int]) -> None:
    data = b"".join(map(encode_frame, frames))
    edges = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    reader = StreamReader()
    lines: list[str] = []
    for start, end in pairwise(edges):
        lines += reader.feed(data[start:end])
    assert len(lines) == len(frames)
    assert all(line.startswith("[reply to ") for line in lines)
