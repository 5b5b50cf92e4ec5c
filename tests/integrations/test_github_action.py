"""action.yml as GitHub reads it; its own steps run here, in the shell that they name."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.command_line import ROOT, environment
from tests.support.small_models import small_int8

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
INPUT = re.compile(r"inputs\.([\w-]+)")
# What GitHub runs for `shell: bash`.
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
PAIR = '[[check]]\nmodel = "m.tflite"\nboards = ["host"]\nsamples = 2\n'


def action() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return content


def step(name: str) -> dict[str, Any]:
    return next(step for step in action()["runs"]["steps"] if step.get("name") == name)


def environment_of(name: str, **inputs: str) -> dict[str, str]:
    """The step's `env` with these inputs, and the defaults of the others."""
    values = {key: value["default"] for key, value in action()["inputs"].items()} | inputs
    return {
        key: EXPRESSION.sub(lambda found: values[found[1].removeprefix("inputs.")], text)
        for key, text in step(name).get("env", {}).items()
    }


def run_step(name: str, folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the step's script; pip, sudo and tinydeploy are found in `folder`/bin first."""
    path = f"{folder / 'bin'}:{environment()['PATH']}"
    return subprocess.run(
        [*BASH, step(name)["run"]],
        cwd=folder,
        env=environment({**environment_of(name, **inputs), "PATH": path, "GITHUB_ACTIONS": ""}),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder whose bin/ holds tinydeploy, and a sudo that only says what it was asked."""
    (tmp_path / "bin").mkdir()
    for name, line in (
        ("tinydeploy", f'exec "{sys.executable}" -m tinydeploy "$@"'),
        ("sudo", 'printf "<%s>" "$@"; echo'),
    ):
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


def test_every_input_has_a_default_and_is_used() -> None:
    content = action()
    assert content["runs"]["using"] == "composite"
    declared = content["inputs"]
    assert all({"description", "default"} == set(value) for value in declared.values())
    assert set(INPUT.findall(yaml.safe_dump(content["runs"]))) == set(declared)


def test_scripts_name_their_shell_and_take_inputs_from_the_environment_alone() -> None:
    scripts = [step for step in action()["runs"]["steps"] if "run" in step]
    assert {script["shell"] for script in scripts} == {"bash"}
    assert [script["name"] for script in scripts if EXPRESSION.search(script["run"])] == []


def test_junit_is_kept_whatever_happened() -> None:
    kept = step("Keep the JUnit XML")
    assert kept["if"] == "always()"
    assert kept["uses"].startswith("actions/upload-artifact@")
    assert kept["with"]["path"] == "${{ inputs.junit }}"


def test_packages_are_installed_one_by_one(workspace: Path) -> None:
    packages = {"apt-packages": "gcc-arm-none-eabi  qemu-system-arm *"}
    done = run_step("Install compilers and emulators", workspace, **packages)
    assert done.returncode == 0, done.stderr
    installed = done.stdout.splitlines()[1]
    assert installed.endswith("<gcc-arm-none-eabi><qemu-system-arm><*>")


def test_action_installs_the_version_that_it_belongs_to() -> None:
    assert step("Install tinydeploy")["run"].endswith('"$GITHUB_ACTION_PATH"')
    assert (ROOT / "action.yml").parent == (ROOT / "pyproject.toml").parent


@pytest.mark.emulated
def test_check_passes_and_fails_as_the_command_does(workspace: Path) -> None:
    project = workspace / "my models" / "tiny.toml"
    project.parent.mkdir()
    project.write_text(PAIR)
    (project.parent / "m.tflite").write_bytes(small_int8())
    inputs = {"project": "my models/tiny.toml", "junit": "out/check $(id).xml"}
    done = run_step("Check", workspace, **inputs)
    assert done.returncode == 0, done.stderr
    root = ET.parse(workspace / "out" / "check $(id).xml").getroot()
    assert len(root.findall(".//testcase")) == 1
    project.write_text(f'{PAIR}budget = {{ arena = "1 B" }}\n')
    assert run_step("Check", workspace, **inputs).returncode == 13
