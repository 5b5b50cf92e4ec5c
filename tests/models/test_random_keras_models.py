"""Random Keras models, converted to int8, agree with the reference bit for bit: in each mode, on
the host, and some of them on emulated boards. 200 of them in the long run."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.models.random_keras import Maker
from tests.support.compare import (
    mismatches_of,
    random_inputs,
    reference_interpreter,
    reference_outputs,
)
from tests.support.effort import effort
from tests.support.shared import made_once
from tests.support.side_by_side import side_by_side
from tinydeploy import pipeline
from tinydeploy.boards import load_board
from tinydeploy.codegen.model import generate_library
from tinydeploy.config import Optimize
from tinydeploy.errors import UnsupportedModelError
from tinydeploy.frontend.calibration import CalibrationData
from tinydeploy.frontend.float_model import from_keras
from tinydeploy.frontend.quantize import quantize
from tinydeploy.frontend.tensorflow_env import import_tensorflow
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.ir.graph import Array
from tinydeploy.ir.op import Isa
from tinydeploy.passes import optimize
from tinydeploy.plan.kernels import Choices
from tinydeploy.plan.plan import plan_model

MODELS = effort(usual=40, long=200)
MODELS_PER_CASE = 10
MODELS_ON_BOARDS = effort(usual=10, long=30)
LAST_SEED = 4000
CALIBRATION_SAMPLES = 8
SMALLEST_SCALE = 1e-8
"""The converter's scale for a tensor whose range is empty is 2e-6 / 255."""


@pytest.mark.parametrize("first", range(0, MODELS, MODELS_PER_CASE))
def test_random_models_match_reference(
    tmp_path_factory: pytest.TempPathFactory, first: int, tmp_path: Path
) -> None:
    found = {}
    for name, tflite in models(tmp_path_factory, first):
        graph = optimize(read_tflite(tflite, "test"))
        compared = set()
        for goal in Optimize:
            plan = plan_model(graph, Isa.GENERIC, Choices(goal))
            library = generate_library(plan)
            if library.digest not in compared:  # modes often choose the same for a small model
                folder = tmp_path / name / goal.value
                found[name, goal] = mismatches_of(plan, library, tflite, folder, samples=2)
            compared.add(library.digest)
    assert found == {key: [] for key in found}


@pytest.mark.emulated
@pytest.mark.parametrize("first", range(0, MODELS_ON_BOARDS, MODELS_PER_CASE))
@pytest.mark.parametrize("goal", Optimize, ids=lambda goal: str(goal.value))
@pytest.mark.parametrize("board_id", ["qemu_cortex_m4", "qemu_cortex_m55"])
def test_random_models_match_reference_on_board(
    tmp_path_factory: pytest.TempPathFactory,
    board_id: str,
    goal: Optimize,
    first: int,
    tmp_path: Path,
) -> None:
    """Ten models in one firmware: building takes longer than running."""
    tflites = [tflite for _, tflite in models(tmp_path_factory, first)]
    graph = side_by_side([optimize(read_tflite(tflite, "test")) for tflite in tflites])
    board = load_board(board_id)
    plan = plan_model(graph, Isa(board.isa), Choices(goal))
    compiled = pipeline.Compiled("test", board, plan, generate_library(plan), goal, None)
    inputs = [random_inputs(tflite, seed=0) for tflite in tflites]
    expected = [reference_outputs(*pair) for pair in zip(tflites, inputs, strict=True)]
    samples = pipeline.Samples((sum(inputs, ()),), (sum(expected, ()),))
    _, verification = pipeline.measure(pipeline.build(compiled, tmp_path / "p"), samples)
    assert verification.mismatched_bytes == 0, verification.first_mismatch


def models(factory: pytest.TempPathFactory, first: int) -> list[tuple[str, bytes]]:
    """Seeds (as text) and int8 models from number `first` on, made once in a test session."""

    def make(folder: Path) -> None:
        for number in range(first, first + MODELS_PER_CASE):
            seed, tflite = integer_tflite(number)
            (folder / f"{seed}.tflite").write_bytes(tflite)

    folder = made_once(factory, f"random-{first}", make)
    return [(path.stem, path.read_bytes()) for path in sorted(folder.glob("*.tflite"))]


def integer_tflite(number: int) -> tuple[int, bytes]:
    """A seed for model `number`, and its int8 model.

    A few in a hundred can't be compared: the converter leaves some partly in float (where a
    concatenation is read twice, for instance), and on a tensor that is always 0 the reference
    gives up. Another one is drawn instead.
    """
    for seed in range(number, number + LAST_SEED, 200):
        tflite = random_tflite(seed)
        if not _computes_in_float(tflite) and not _has_constant_activation(tflite):
            return seed, tflite
    raise AssertionError(f"no integer model for {number}")


def _computes_in_float(tflite: bytes) -> bool:
    try:
        read_tflite(tflite, "random")
    except UnsupportedModelError as error:
        return "computes in float" in error.message
    return False


def _has_constant_activation(tflite: bytes) -> bool:
    details = reference_interpreter(tflite).get_tensor_details()
    return any(0 < d["quantization"][0] < SMALLEST_SCALE for d in details)


def random_tflite(seed: int) -> bytes:
    """The int8 model of a seed: every third one through tinydeploy's own quantizer (batch 1, int8
    at the edges), the others as people convert by hand, with a free batch and any edge type."""
    import_tensorflow()
    import keras  # noqa: PLC0415 - slow, and only after the environment is set

    keras.backend.clear_session()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = Maker(keras, seed).model()
        if seed % 3 == 0:
            return quantize(from_keras(model), CalibrationData(_samples(model, seed))).tflite
        return _convert(model, seed)


def _convert(model: Any, seed: int) -> bytes:
    tf = import_tensorflow()
    from tensorflow.python.framework import convert_to_constants  # noqa: PLC0415 - slow

    samples = _samples(model, seed)

    def representative() -> Iterator[list[Array]]:
        for index in range(CALIBRATION_SAMPLES):
            yield [x[index : index + 1] for x in samples]

    specs = [tf.TensorSpec((None, *x.shape[1:]), tf.float32) for x in model.inputs]
    function = tf.function(lambda *x: model(list(x) if len(x) > 1 else x[0]), autograph=False)
    traced = function.get_concrete_function(*specs)
    frozen = convert_to_constants.convert_variables_to_constants_v2(traced)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.representative_dataset = representative
    edge = (tf.int8, tf.int8, tf.int8, tf.uint8, tf.float32)[seed % 5]
    converter.inference_input_type = converter.inference_output_type = edge
    tflite: bytes = converter.convert()
    return tflite


def _samples(model: Any, seed: int) -> tuple[Array, ...]:
    rng = np.random.default_rng(seed)
    return tuple(
        rng.normal(0, 1, (CALIBRATION_SAMPLES, *x.shape[1:])).astype(np.float32)
        for x in model.inputs
    )
