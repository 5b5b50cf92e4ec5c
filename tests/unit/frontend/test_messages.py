from __future__ import annotations

import io

import numpy as np
import pytest

from tinydeploy.frontend.messages import (
    DamagedMessageError,
    Message,
    array_bytes,
    arrays_from,
    describe_arrays,
    encode_message,
    read_message,
)

MESSAGE = Message({"a": [1, "ü"]}, (b"", b"xyz"))


def test_messages_follow_each_other_on_a_pipe() -> None:
    source = io.BytesIO(encode_message(MESSAGE) * 2)
    assert [read_message(source), read_message(source), read_message(source)] == [
        MESSAGE,
        MESSAGE,
        None,
    ]


def test_every_cut_is_noticed() -> None:
    data = encode_message(MESSAGE)
    for length in range(1, len(data)):
        with pytest.raises(DamagedMessageError):
            read_message(io.BytesIO(data[:length]))


@pytest.mark.parametrize("data", [b"garbage garbage", b"TDM1" + b"\xff" * 40])
def test_garbage_is_refused_without_reading_on(data: bytes) -> None:
    with pytest.raises(DamagedMessageError):
        read_message(io.BytesIO(data))


def test_arrays_keep_shape_type_and_order() -> None:
    arrays = [np.arange(6, dtype=np.int8).reshape(2, 3).T, np.zeros((0, 2)), np.float32(3)[None]]
    back = arrays_from(describe_arrays(arrays), array_bytes(arrays))
    for before, after in zip(arrays, back, strict=True):
        assert before.dtype == after.dtype
        assert np.array_equal(before, after)
