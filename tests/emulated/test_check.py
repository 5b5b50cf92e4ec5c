"""`tinydeploy check` as CI runs it: real builds, real emulators, a real baseline file."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.command_line import Result, assert_refused, tinydeploy
from tests.support.small_models import small_int8

BASELINE = "tinydeploy.baseline.json"
PROJECT = """
[[check]]
model = "m.tflite"
boards = ["qemu_cortex_m4"]
data = "data.npz"
samples = 8
"""


@pytest.fixture(scope="session")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose baseline is up to date, its firmware built."""
    folder = tmp_path_factory.mktemp("checked")
    rng = np.random.default_rng(3)
    (folder / "m.tflite").write_bytes(small_int8())
    (folder / "tinydeploy.toml").write_text(PROJECT)
    inputs = rng.random((8, 16), np.float32)
    np.savez(folder / "data.npz", x=inputs, y=rng.integers(0, 4, 8))
    assert check(folder, "--update-baseline").exit_code == 0
    return folder


@pytest.fixture
def project(checked: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return shutil.copytree(checked, tmp_path / "project", symlinks=True)


def check(folder: Path, *arguments: str, **env: str) -> Result:
    return tinydeploy("check", *arguments, cwd=folder, env={"GITHUB_ACTIONS": "", **env})


def edit_baseline(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / BASELINE
    content = json.loads(path.read_text())
    (record,) = content["pairs"].values()
    change(record)
    path.write_text(json.dumps(content))


def test_an_unchanged_project_passes_and_repeats_itself(project: Path) -> None:
    before = (project / BASELINE).read_bytes()
    assert check(project).exit_code == 0
    assert check(project, "--update-baseline").exit_code == 0
    assert (project / BASELINE).read_bytes() == before


def scale_instructions(record: dict[str, Any]) -> None:
    record["figures"]["instructions"] /= 1.03


def one_byte_less_of_arena(record: dict[str, Any]) -> None:
    record["figures"]["arena"] -= 1


def other_outputs(record: dict[str, Any]) -> None:
    record["outputs_digest"] = "0" * 64


def one_more_right(record: dict[str, Any]) -> None:
    record["figures"]["accuracy"] += 1 / 8


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (scale_instructions, "instructions"),
        (one_byte_less_of_arena, "arena"),
        (other_outputs, "outputs are not the baseline's"),
        (one_more_right, "accuracy"),
    ],
)
def test_each_regression_is_caught(
    project: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    edit_baseline(project, change)
    result = check(project, "--json", "out.json")
    assert_refused(result, 14, "1 of 1 pairs failed")
    assert said in result.out
    (pair,) = json.loads((project / "out.json").read_text())["pairs"]
    assert [f["kind"] for f in pair["findings"]] == ["regression"]


def test_a_changed_model_changes_the_outputs(project: Path) -> None:
    (project / "m.tflite").write_bytes(small_int8(channels=5))
    result = check(project)
    assert result.exit_code == 14
    assert "the model is another one" in result.out


def test_a_budget_that_is_exceeded(project: Path) -> None:
    with (project / "tinydeploy.toml").open("a") as file:
        file.write('budget = { instructions = 10, flash = "1 MB" }\n')
    result = check(project)
    assert_refused(result, 13)
    assert "above its budget of 10" in result.out


@pytest.mark.parametrize(
    ("addition", "said"),
    [
        ('budget = { latency = "12" }', "the unit is missing"),
        ('budget = { latncy = "12 ms" }', "latency"),
        ("budget = 3", "not a table"),
        ('tolerance = { flash = "1" }', "the unit is missing"),
        ('when_absent = "ignore"', "skip, fail"),
        ('optimise = "speed"', "optimize"),
        ('ports = { other = "/dev/ttyACM0" }', "ports.other"),
        (PROJECT, "checked twice"),
    ],
)
def test_settings_that_can_not_be_used(project: Path, addition: str, said: str) -> None:
    with (project / "tinydeploy.toml").open("a") as file:
        file.write(addition + "\n")
    assert_refused(check(project), 2, "tinydeploy.toml", said)


@pytest.mark.parametrize(
    ("text", "exit_code", "said"),
    [
        ('{"schema": 99, "pairs": {}}', 14, "schema version 99"),
        ("not json", 2, "not valid JSON"),
        ('{"schema": 1, "pairs": {"x": {}}}', 2, "damaged"),
        ("[]", 2, "damaged"),
    ],
)
def test_a_baseline_that_can_not_be_used(
    project: Path, text: str, exit_code: int, said: str
) -> None:
    (project / BASELINE).write_text(text)
    assert_refused(check(project), exit_code, BASELINE, said, "--update-baseline")


def test_an_absent_board_fails_or_is_skipped_as_the_file_says(project: Path) -> None:
    path = project / "tinydeploy.toml"
    port = f'ports = {{ qemu_cortex_m4 = "{project}/ttyNONE" }}\n'
    path.write_text(PROJECT + port)
    result = check(project)
    assert_refused(result, 15)
    assert "ttyNONE" in result.out
    path.write_text(PROJECT + port + 'when_absent = "skip"\n')
    assert_refused(check(project), 15, "nothing was checked")
    host = PROJECT.replace("qemu_cortex_m4", "host").replace(
        "samples", 'optimize = "size"\nsamples'
    )
    path.write_text(PROJECT + port + 'when_absent = "skip"\n' + host)
    assert check(project, "--update-baseline").exit_code == 0
    result = check(project)
    assert result.exit_code == 0, result.out + result.err
    assert "skipped" in result.out


def test_a_pair_that_breaks_fails_and_the_others_go_on(project: Path) -> None:
    broken = PROJECT.replace("m.tflite", "none.tflite")
    (project / "tinydeploy.toml").write_text(broken + PROJECT)
    result = check(project)
    assert_refused(result, 3, "1 of 2 pairs failed")
    assert "none.tflite does not exist" in result.out
    assert "passed" in result.out


def test_junit_markdown_and_annotations(project: Path) -> None:
    edit_baseline(project, scale_instructions)
    summary = project / "summary.md"
    summary.write_text("before\n")
    result = check(
        project,
        "--junit",
        "junit.xml",
        "--markdown",
        "check.md",
        GITHUB_ACTIONS="true",
        GITHUB_STEP_SUMMARY=str(summary),
    )
    assert result.exit_code == 14
    suite = ET.parse(project / "junit.xml").getroot().find("testsuite")
    assert suite is not None
    assert_valid_suite(suite)
    assert suite.get("failures") == "1"
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("type") == "regression"
    assert "instructions" in (failure.get("message") or "")
    assert "instructions" in (project / "check.md").read_text()
    assert summary.read_text() == "before\n" + (project / "check.md").read_text()
    (annotation,) = [line for line in result.out.splitlines() if line.startswith("::")]
    assert annotation.startswith("::error file=tinydeploy.toml,title=m.tflite on qemu_cortex_m4")


SUITE_ATTRIBUTES = {
    "name", "package", "id", "timestamp", "hostname", "tests", "time", "failures", "errors",
    "skipped",
}  # fmt: skip


def assert_valid_suite(suite: ET.Element) -> None:
    """What Ant's and Jenkins' schemas ask of a suite: its parts in order, no unknown attribute."""
    assert suite.attrib.keys() == SUITE_ATTRIBUTES
    children = [child.tag for child in suite]
    assert children[0] == "properties"
    assert children[-2:] == ["system-out", "system-err"]
    cases = suite.findall("testcase")
    assert children[1:-2] == ["testcase"] * len(cases)
    assert int(suite.get("tests", "")) == len(cases)
    for case in cases:
        assert case.attrib.keys() == {"name", "classname", "time"}
        assert [child.tag for child in case] in ([], ["failure"], ["skipped"])


def test_models_of_one_name_in_two_folders(project: Path) -> None:
    for folder, channels in (("a", 4), ("b", 5)):
        (project / folder).mkdir()
        (project / folder / "model.tflite").write_bytes(small_int8(channels=channels))
    tables = [
        f'[[check]]\nmodel = "{folder}/model.tflite"\nboards = ["host"]\nsamples = 2\n'
        for folder in ("a", "b")
    ]
    (project / "tinydeploy.toml").write_text("".join(tables))
    assert check(project, "--update-baseline").exit_code == 0
    assert list(json.loads((project / BASELINE).read_text())["pairs"]) == [
        "a/model.tflite on host, balanced",
        "b/model.tflite on host, balanced",
    ]
    assert check(project).exit_code == 0
