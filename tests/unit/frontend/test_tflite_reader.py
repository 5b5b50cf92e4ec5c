"""Whatever bytes a .tflite file holds: a library comes out, or one clear error."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.compare import mismatches
from tests.support.host_library import HostLibrary
from tests.support.sample_models import every_operator, network
from tests.support.tflite_builder import ModelBuilder
from tinydeploy.codegen.model import Library, generate_library
from tinydeploy.errors import (
    InternalError,
    ModelFileError,
    TinydeployError,
    UnsupportedModelError,
)
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.ir.op import Isa
from tinydeploy.passes import optimize
from tinydeploy.plan.plan import Plan, plan_model

TRUNCATIONS = 200
MUTATIONS = 2000
MUTATIONS_PER_CASE = 250
MOST_EXTRA_KILOBYTES = 300_000
INTERESTING_BYTES = (0, 1, 127, 128, 255)
HOSTILE_NAMES = {
    "quotes": "a\"b'c`d",
    "newlines": "a\nb\r\nc\u2028d\x0be",
    "comment end": "a*/ int x; /*b // c",
    "template": "{{ 7 * 7 }} {% raw %} ${HOME} #{x}",
    "path": "../../../etc/passwd",
    "backslashes": "a\\",
    "line splice": "a\\\nb",
    "trigraph": "what??/",
    "format": "%s%n%d",
    "non-ASCII": "größe 模型 \U0001f600 \u202e",
    "control": "\x00\x01\x1b[31m",
    "preprocessor": "\n#include </etc/passwd>\n#error",
    "long": "n" * 10_000,
    "empty": "",
}


def _plan(data: bytes, name: str = "test") -> Plan:
    return plan_model(optimize(read_tflite(data, name)), Isa.GENERIC)


def _generate(data: bytes) -> Library:
    return generate_library(_plan(data))


def test_empty_file_is_refused() -> None:
    with pytest.raises(ModelFileError, match="empty"):
        read_tflite(b"", "nothing")


@pytest.mark.parametrize("data", [b"TFL3", b"\x00" * 64, b"PK\x03\x04" * 20, b"\x89HDF\r\n\x1a\n"])
def test_other_file_is_refused(data: bytes) -> None:
    with pytest.raises(ModelFileError):
        read_tflite(data, "other")


@pytest.mark.parametrize("make", [network, lambda: every_operator()[3]], ids=["network", "several"])
def test_truncated_file_is_refused(make: Callable[[], bytes]) -> None:
    data = make()
    positions = {int(p) for p in np.linspace(0, len(data) - 1, TRUNCATIONS)}
    for position in sorted(positions | {len(data) - k for k in range(1, 9)}):
        with pytest.raises(ModelFileError):
            read_tflite(data[:position], "cut")


@pytest.mark.parametrize("first", range(0, MUTATIONS, MUTATIONS_PER_CASE))
def test_mutated_file_gives_a_library_or_an_error(first: int) -> None:
    models = (network(), *every_operator())
    before = _peak_kilobytes()
    for seed in range(first, first + MUTATIONS_PER_CASE):
        data = _mutated(models[seed % len(models)], seed)
        error = _error_of(data)
        assert error is None or (error.message and error.hint)
    assert _peak_kilobytes() - before < MOST_EXTRA_KILOBYTES


def _error_of(data: bytes) -> TinydeployError | None:
    try:
        _generate(data)
    except InternalError:
        raise
    except TinydeployError as error:
        return error
    return None


def _mutated(data: bytes, seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    changed = bytearray(data)
    for _ in range(int(rng.choice([1, 1, 2, 4, 16]))):
        value = int(rng.choice([*INTERESTING_BYTES, int(rng.integers(256))]))
        changed[int(rng.integers(len(data)))] = value
    return bytes(changed)


def _peak_kilobytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_absurd_tensor_count_is_refused() -> None:
    model = ModelBuilder()
    for _ in range(20_001):
        model.tensor((1,), scale=1.0, name="t")
    with pytest.raises(UnsupportedModelError, match="tensors"):
        read_tflite(model.build(), "crowd")


def test_tensor_beyond_two_gigabytes_is_refused() -> None:
    model = ModelBuilder()
    source = model.input((70_000, 70_000), scale=1.0)
    model.operator("RELU", [source], [model.output((70_000, 70_000), scale=1.0)])
    with pytest.raises(ModelFileError, match="2 GB"):
        read_tflite(model.build(), "huge")


def _fully_connected(dtype: str, weights_dtype: str, **weights: Any) -> bytes:
    model = ModelBuilder()
    scale = None if dtype == "float32" else 0.5
    source = model.input((1, 4), dtype=dtype, scale=scale)
    matrix = model.tensor((3, 4), weights_dtype, data=np.ones((3, 4)), **weights)
    out = model.output((1, 3), dtype=dtype, scale=scale)
    model.operator("FULLY_CONNECTED", [source, matrix], [out], "FullyConnectedOptions")
    return model.build()


def _float16_weights() -> bytes:
    model = ModelBuilder()
    half = model.tensor((3, 4), "float16", data=np.ones((3, 4), np.float16))
    weights = model.tensor((3, 4), "float32")
    model.operator("DEQUANTIZE", [half], [weights])
    source = model.input((1, 4), dtype="float32")
    out = model.output((1, 3), dtype="float32")
    model.operator("FULLY_CONNECTED", [source, weights], [out], "FullyConnectedOptions")
    return model.build()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (_fully_connected("float32", "float32"), ("float model", "FULLY_CONNECTED")),
        (_fully_connected("float32", "int8", scale=0.1), ("dynamic-range", "FULLY_CONNECTED")),
        (_float16_weights(), ("float16",)),
    ],
    ids=["float", "hybrid", "float16"],
)
def test_model_that_is_not_integer_is_named(data: bytes, words: tuple[str, ...]) -> None:
    with pytest.raises(UnsupportedModelError) as caught:
        read_tflite(data, "kind")
    for word in words:
        assert word in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("operator", ["MAXIMUM", "HARD_SWISH"])
def test_operator_without_int16_kernel_is_named(operator: str) -> None:
    model = ModelBuilder()
    count = 2 if operator == "MAXIMUM" else 1
    sources = [model.input((1, 4), dtype="int16", scale=0.5) for _ in range(count)]
    model.operator(operator, sources, [model.output((1, 4), dtype="int16", scale=0.5)])
    with pytest.raises(UnsupportedModelError, match=rf"{operator}.*int16.*int8 only"):
        read_tflite(model.build(), "wide")


def test_unsupported_operator_is_named_with_its_position() -> None:
    model = ModelBuilder()
    source = model.input((1, 4), scale=0.5)
    middle = model.tensor((1, 4), scale=0.5)
    model.operator("RELU", [source], [middle])
    out = model.output((1, 4), scale=0.5, name="rolling sum")
    axis = model.tensor((), "int32", data=1)
    model.operator("CUMSUM", [middle, axis], [out], "CumsumOptions")
    with pytest.raises(UnsupportedModelError, match=r"operator 1 is CUMSUM.*rolling sum"):
        read_tflite(model.build(), "sum")


def test_operator_of_a_normalization_is_traced_to_it() -> None:
    model = ModelBuilder()
    first, second = model.input((1, 4), scale=0.5), model.input((1, 4), scale=0.5)
    out = model.output((1, 4), scale=0.5)
    model.operator("SQUARED_DIFFERENCE", [first, second], [out])
    with pytest.raises(UnsupportedModelError, match="SQUARED_DIFFERENCE") as caught:
        read_tflite(model.build(), "norm")
    assert "LayerNormalization" in (caught.value.hint or "")


@pytest.mark.parametrize("name", HOSTILE_NAMES.values(), ids=HOSTILE_NAMES.keys())
def test_hostile_tensor_names_do_no_harm(name: str, tmp_path: Path) -> None:
    assert mismatches(network((name, name + "2", name + "3")), tmp_path, samples=1) == []


@pytest.mark.parametrize("name", HOSTILE_NAMES.values(), ids=HOSTILE_NAMES.keys())
def test_hostile_model_names_do_no_harm(name: str, tmp_path: Path) -> None:
    plan = _plan(network(), name)
    library = generate_library(plan)
    for file in library.files:
        assert Path(file).name == file
    assert all(text.isascii() for text in library.files.values())
    HostLibrary(plan, library, tmp_path)
