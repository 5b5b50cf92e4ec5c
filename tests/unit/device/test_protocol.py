from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydeploy.codegen import wire
from tinydeploy.device.protocol import (
    Frame,
    MalformedMessageError,
    decode_frame,
    encode_frame,
    parse_info,
    parse_invocation,
    request_payload,
    unpack,
)

frames = st.builds(
    Frame,
    st.integers(0, 0xFF),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFF),
    st.binary(max_size=600),
)


@given(frames)
def test_a_frame_survives_its_encoding(frame: Frame) -> None:
    encoded = encode_frame(frame)
    assert encoded.index(0) == len(encoded) - 1
    assert decode_frame(encoded[:-1]) == frame


@given(frames, st.data())
def test_a_damaged_frame_is_recognised(frame: Frame, data: st.DataObject) -> None:
    encoded = bytearray(encode_frame(frame)[:-1])
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at] ^= 1 << data.draw(st.integers(0, 7))
    assert decode_frame(bytes(encoded)) is None


@given(st.binary(max_size=200))
def test_garbage_is_no_frame_and_no_exception(data: bytes) -> None:
    assert decode_frame(data) is None


@given(st.binary(max_size=200))
def test_replies_of_any_length_are_parsed_or_refused(data: bytes) -> None:
    for parse, message in ((parse_info, wire.INFO), (parse_invocation, wire.INVOCATION)):
        if len(data) == message.size_bytes:
            assert parse(data) is not None
        else:
            with pytest.raises(MalformedMessageError, match=message.name):
                parse(data)


def test_text_of_the_device_is_shown_without_control_characters() -> None:
    data = bytearray(wire.INFO.size_bytes)
    data[4:10] = b"a\x1b\xffb\0c"
    assert unpack(wire.INFO, bytes(data))["board"] == "a?\N{REPLACEMENT CHARACTER}b"


def test_every_request_and_status_is_described() -> None:
    assert {m.name for m in wire.REQUESTS} == {r.name.lower() for r in wire.Request}
    assert set(wire.STATUS_MEANINGS) == set(wire.Status)


def test_request_payload_is_little_endian_without_gaps() -> None:
    payload = request_payload(wire.Request.WRITE_INPUT, 1, 0x0203, tail=b"xy")
    assert payload == b"\x01\x03\x02\x00\x00xy"
