"""The example sketch is built on a core that makes this computer a board, and run."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from platformio.package.manifest.parser import ManifestParserFactory
from platformio.package.manifest.schema import ManifestSchema

from tests.integrations.exported import BUILD_SYSTEMS, write_export
from tests.support.sample_models import network
from tinydeploy.frontend.reference import Reference
from tinydeploy.frontend.samples import dequantize

CORE = BUILD_SYSTEMS / "arduino/tiny/cores/tiny"
CATEGORIES = (
    "Communication",
    "Data Processing",
    "Data Storage",
    "Device Control",
    "Display",
    "Other",
    "Sensors",
    "Signal Input/Output",
    "Timing",
    "Uncategorized",
)
KEYS = ("name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url")


def first_output_of_zeros() -> float:
    with Reference(network()) as interpreter:
        (taken,), (given,) = interpreter.inputs, interpreter.outputs
        (scores,) = interpreter.run((np.zeros(taken.shape, np.int8),))
        return float(dequantize(scores, given).flat[0])


def assert_infers(program: Path) -> None:
    done = subprocess.run([program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == f"us: 0  first output: {first_output_of_zeros():.4f}\n"


def properties(lines: Iterable[str]) -> dict[str, str]:
    return dict(line.split("=", 1) for line in lines if line)


def test_properties_follow_the_specification(tmp_path: Path) -> None:
    text = (write_export("arduino", tmp_path) / "library.properties").read_text()
    found = properties(text.splitlines())
    assert {*KEYS, "architectures", "includes"} == set(found)
    assert (found["name"], found["version"]) == ("tinydeploy_kws", "1.2.3")
    assert found["category"] in CATEGORIES
    assert text.isascii()
    assert "avr" not in found["architectures"].split(",")


def test_properties_are_accepted_by_another_reader(tmp_path: Path) -> None:
    path = write_export("arduino", tmp_path) / "library.properties"
    manifest = ManifestParserFactory.new_from_file(str(path)).as_dict()
    assert ManifestSchema().load_manifest(manifest)["version"] == "1.2.3"


def test_example_runs(tmp_path: Path) -> None:
    library, objects = write_export("arduino", tmp_path), tmp_path / "objects"
    objects.mkdir()
    sources = [str(path) for path in (library / "src").glob("*.c")]
    subprocess.run(["gcc", "-c", "-Os", *sources], cwd=objects, check=True)
    sketch = library / "examples/inference/inference.ino"
    include = ["-I", str(library / "src"), "-I", str(CORE), "-include", "Arduino.h"]
    warnings = ["-Wall", "-Wextra", "-Werror", "-std=gnu++11"]
    program, main = tmp_path / "app", CORE / "main.cpp"
    command = ["g++", *warnings, *include, "-o", str(program), "-x", "c++", str(sketch), str(main)]
    subprocess.run([*command, "-x", "none", *map(str, objects.glob("*.o"))], check=True)
    assert_infers(program)


@pytest.mark.skipif(shutil.which("arduino-builder") is None, reason="no arduino-builder here")
def test_arduino_builds_the_example(tmp_path: Path) -> None:
    library = write_export("arduino", tmp_path / "libraries")
    hardware, build = tmp_path / "hardware/vendor", tmp_path / "build"
    shutil.copytree(BUILD_SYSTEMS / "arduino/tiny", hardware / "tiny")
    build.mkdir()
    settings = "/usr/share/arduino-builder"  # where Debian says how to call its ctags
    command: list[str | Path] = [
        "arduino-builder",
        "-compile",
        "-fqbn",
        "vendor:tiny:tiny",
        "-build-path",
        build,
    ]
    command += ["-hardware", settings, "-hardware", hardware.parent, "-tools", settings]
    command += ["-libraries", library.parent, library / "examples/inference/inference.ino"]
    subprocess.run([str(part) for part in command], check=True, timeout=300)
    assert_infers(build / "inference.ino.elf")
