"""Compares a generated library with the reference interpreter, bit for bit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from tests.support.host_library import HostLibrary
from tinydeploy.codegen.model import Library, generate_library
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.frontend.versions import with_known_versions
from tinydeploy.ir.graph import Array
from tinydeploy.ir.op import Isa
from tinydeploy.passes import optimize
from tinydeploy.plan.plan import Plan, plan_model


def reference_interpreter(tflite: bytes) -> Any:
    """The interpreter with its reference kernels, tensors not allocated yet."""
    return Interpreter(
        model_content=with_known_versions(tflite),
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
    )


def reference_outputs(tflite: bytes, inputs: Sequence[Array]) -> tuple[Array, ...]:
    """The outputs of the reference kernels, in the model's order."""
    interpreter = reference_interpreter(tflite)
    interpreter.allocate_tensors()
    for details, value in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(details["index"], value)
    interpreter.invoke()
    return tuple(interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details())


def random_inputs(tflite: bytes, seed: int) -> tuple[Array, ...]:
    """Random numbers for each input: floats, or integers (all of an 8-bit type, where they fit)."""
    rng = np.random.default_rng(seed)
    graph = read_tflite(tflite, "test")
    return tuple(
        _random(rng, graph.tensors[i].dtype.numpy, graph.tensors[i].shape) for i in graph.inputs
    )


def _random(rng: np.random.Generator, dtype: np.dtype[np.generic], shape: tuple[int, ...]) -> Array:
    if dtype.kind == "f":
        return (rng.standard_normal(shape) * 3).astype(dtype)
    limits = np.iinfo(dtype.name)
    values = rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    if dtype.itemsize == 1:
        every = rng.permutation(np.arange(limits.min, limits.max + 1).astype(dtype))
        values.reshape(-1)[: every.size] = every[: values.size]
    return values


def mismatches(tflite: bytes, folder: Path, samples: int = 4) -> list[str]:
    """One line for each output that differs from the reference in some sample."""
    plan = plan_model(optimize(read_tflite(tflite, "test")), Isa.GENERIC)
    return mismatches_of(plan, generate_library(plan), tflite, folder, samples)


def mismatches_of(
    plan: Plan, library: Library, tflite: bytes, folder: Path, samples: int
) -> list[str]:
    """The same for a plan that was made in some other way."""
    library_here = HostLibrary(plan, library, folder)
    found: dict[int, str] = {}
    for seed in range(samples):
        inputs = random_inputs(tflite, seed)
        expected, actual = reference_outputs(tflite, inputs), library_here.run(inputs)
        for index, (want, got) in enumerate(zip(expected, actual, strict=True)):
            if want.tobytes() != got.tobytes():
                wrong = int((want.reshape(-1) != got.reshape(-1)).sum())
                name = plan.graph.tensors[plan.graph.outputs[index]].name
                found[index] = f'output {index} "{name}": {wrong} of {want.size} values differ'
    return [found[index] for index in sorted(found)]
