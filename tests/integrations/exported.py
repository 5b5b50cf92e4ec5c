"""A small network exported for a build system, and what the reference makes of an input."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

from tests.support.sample_models import network
from tinydeploy import pipeline
from tinydeploy.boards import load_board
from tinydeploy.codegen.integrations import find_integration
from tinydeploy.codegen.integrations.package import Package, least_isa
from tinydeploy.codegen.writer import write_tree
from tinydeploy.config import Optimize
from tinydeploy.frontend.load import LoadedModel
from tinydeploy.frontend.reference import Reference
from tinydeploy.frontend.samples import random_inputs
from tinydeploy.ir.graph import Array
from tinydeploy.plan.kernels import Choices

BUILD_SYSTEMS = Path(__file__).parent / "build_systems"
MAIN = BUILD_SYSTEMS / "run_model.c"
NAME, VERSION = "kws", "1.2.3"


@cache
def package(
    board_id: str = "host", optimize: Optimize = Optimize.BALANCED, name: str = NAME
) -> Package:
    """The network with the kernels of this board."""
    loaded = LoadedModel(network(), name, f"{name}.tflite")
    compiled = pipeline.compile_model(loaded, load_board(board_id), Choices(optimize))
    return Package(compiled.library, least_isa(compiled.plan), compiled.goal, VERSION)


def write_export(integration: str, folder: Path, board_id: str = "host") -> Path:
    """Write the package into `folder`/tinydeploy_kws."""
    target = folder / f"tinydeploy_{NAME}"
    write_tree(target, find_integration(integration).files(package(board_id)))
    return target


@cache
def reference() -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """Inputs of one sample, and the outputs that the reference kernels give."""
    with Reference(network()) as interpreter:
        (inputs,) = random_inputs(interpreter.inputs, 1, seed=4)
        return inputs, interpreter.run(inputs)


def assert_computes_as_the_reference(program: Path) -> None:
    """Run a program made of run_model.c and the library."""
    inputs, outputs = (b"".join(a.tobytes() for a in arrays) for arrays in reference())
    done = subprocess.run([program], input=inputs, capture_output=True, check=True, timeout=60)
    assert done.stdout == outputs
