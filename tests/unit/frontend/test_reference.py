from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinydeploy.errors import InternalError, ModelFileError, TinydeployError, ToolMissingError
from tinydeploy.frontend.child import Child, ChildDiedError
from tinydeploy.frontend.messages import Message
from tinydeploy.frontend.reference import Reference
from tinydeploy.frontend.samples import random_inputs

ROOT = Path(__file__).resolve().parents[3]


def interpret(model: bytes, sample: Any) -> Any:
    """The same in this process, with TensorFlow's own interpreter."""
    from tensorflow.lite.python.interpreter import Interpreter, OpResolverType  # noqa: PLC0415 - slow to import

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        interpreter = Interpreter(
            model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF
        )
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], sample)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def test_agrees_with_tensorflows_reference_kernels(int8_model: bytes) -> None:
    with Reference(int8_model) as reference:
        samples = random_inputs(reference.inputs, 20, seed=1)
        outputs = reference.run_many(samples)
    for (sample,), (output,) in zip(samples, outputs, strict=True):
        assert np.array_equal(output, interpret(int8_model, sample))


def test_describes_inputs_and_outputs(int8_model: bytes) -> None:
    with Reference(int8_model) as reference:
        (image,), (output,) = reference.inputs, reference.outputs
    assert (image.name, image.shape, image.dtype) == ("image", (1, 8, 8, 3), "int8")
    assert image.zero_point == -128
    assert image.scale == pytest.approx(1 / 255, rel=0.01)
    assert (output.shape, output.scale, output.zero_point) == ((1, 5), 1 / 256, -128)


def test_all_tensors_hold_input_and_output(int8_model: bytes) -> None:
    with Reference(int8_model) as reference:
        (sample,) = random_inputs(reference.inputs, 1, seed=2)
        (output,) = reference.run(sample)
        tensors = reference.run_all_tensors(sample)
    assert any(np.array_equal(t, sample[0]) for t in tensors.values())
    assert any(np.array_equal(t, output) for t in tensors.values())
    assert len(tensors) > 5


def test_ranges_leave_out_constants(int8_model: bytes) -> None:
    with Reference(int8_model) as reference:
        ranges = reference.tensor_ranges(random_inputs(reference.inputs, 4, seed=2))
    names = [found.spec.name for found in ranges]
    assert names[0] == "image"
    assert ranges[0].high - ranges[0].low > 240
    assert all(0 <= r.at_highest_share <= 1 for r in ranges)
    assert 4 <= len(names) <= 7


def test_a_wrong_sample_is_our_own_mistake(int8_model: bytes) -> None:
    with Reference(int8_model) as reference:
        with pytest.raises(InternalError, match="image"):
            reference.run([np.zeros((1, 8, 8, 3), np.float32)])
        with pytest.raises(InternalError, match="1 inputs, got 2"):
            reference.run([np.zeros((1, 8, 8, 3), np.int8)] * 2)


@pytest.mark.parametrize("data", [b"", b"x", b"\0" * 100, b"\x1c\0\0\0TFL3" + b"\xff" * 500])
def test_no_model(data: bytes) -> None:
    with pytest.raises(ModelFileError):
        Reference(data)


def test_mutated_models_end_in_an_error_or_run(int8_model: bytes, capfd: Any) -> None:
    random = np.random.default_rng(5)
    for _ in range(40):
        mutated = bytearray(int8_model)
        for place in random.integers(0, len(mutated), 60):
            mutated[place] = random.integers(0, 256)
        try:
            with Reference(bytes(mutated)) as reference:
                reference.run_many(random_inputs(reference.inputs, 1, seed=0))
        except TinydeployError:
            continue
    assert capfd.readouterr() == ("", "")


def test_a_crash_of_the_interpreter_is_a_model_error(int8_model: bytes) -> None:
    with Reference(int8_model) as reference:
        os.kill(reference._child.pid, signal.SIGSEGV)
        with pytest.raises(ModelFileError, match="SIGSEGV"):
            reference.run(random_inputs(reference.inputs, 1, seed=0)[0])


def test_silence_ends_at_the_deadline() -> None:
    with Child("tinydeploy.frontend.reference_worker") as child:
        os.kill(child.pid, signal.SIGSTOP)
        with pytest.raises(ChildDiedError, match="in time"):
            child.ask(Message({"action": "open"}), timeout_s=0.2)


def test_without_an_interpreter(int8_model: bytes) -> None:
    with pytest.raises(ToolMissingError) as caught:
        Reference(int8_model, ["no_such_interpreter"])
    assert caught.value.hint == "pip install ai-edge-litert"


@pytest.mark.parametrize("name", ["tensorflow.lite.python.interpreter"])
def test_falls_back_to_another_interpreter(int8_model: bytes, name: str) -> None:
    with Reference(int8_model) as first, Reference(int8_model, ["missing", name]) as second:
        (sample,) = random_inputs(first.inputs, 1, seed=0)
        assert second.interpreter == name
        assert np.array_equal(first.run(sample)[0], second.run(sample)[0])


def test_closing_ends_the_process(int8_model: bytes) -> None:
    with Reference(int8_model) as reference:
        pid = reference._child.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_child_goes_with_its_parent(int8_model: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.tflite").write_bytes(int8_model)
    code = (
        "import sys, time, pathlib\n"
        "from tinydeploy.frontend.reference import Reference\n"
        "r = Reference(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "print(r._child.pid, flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "m.tflite")], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while Path(f"/proc/{pid}/stat").exists() and time.monotonic() < deadline:
        if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            break
        time.sleep(0.05)
    else:
        assert not Path(f"/proc/{pid}/stat").exists()


def test_a_users_folder_can_not_replace_a_library(
    int8_model: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    with Reference(int8_model) as reference:
        assert reference.inputs
