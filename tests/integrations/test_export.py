"""`tinydeploy export --for …`, as a user calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integrations.exported import package
from tests.support.command_line import assert_refused, files_below, tinydeploy
from tests.support.small_models import small_int8
from tinydeploy.codegen.integrations import INTEGRATIONS
from tinydeploy.codegen.integrations.package import Integration

NAMES = [integration.name for integration in INTEGRATIONS]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "kws.tflite").write_bytes(small_int8())
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_each_build_system_gets_its_folder(model: Path, name: str) -> None:
    command = ("export", "kws.tflite", "-o", "out", "--for", name, "--package-version", "4.5.6")
    result = tinydeploy(*command, cwd=model)
    assert (result.exit_code, result.err) == (0, "")
    found = [path for path in files_below(model / "out") if (model / "out" / path).is_file()]
    assert result.out.startswith(f"Wrote {len(found) - 1} files to out")  # and the manifest
    assert "README.md" in found


def test_folder_is_named_like_the_package(model: Path) -> None:
    result = tinydeploy("export", "kws.tflite", "--for", "esp-idf", cwd=model)
    assert (result.exit_code, result.err) == (0, "")
    assert (model / "tinydeploy_kws/idf_component.yml").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--for", "zefyr"], ["no export for 'zefyr'", "Did you mean zephyr?"]),
        (["--for", "cmake", "--package-version", "1.0"], ["'1.0' is no version", "1.4.0"]),
        (["--package-version", "1.0.0"], ["--package-version", "--for"]),
        (["--for", "esp-idf", "--board", "qemu_cortex_m55"], ["Helium", "ESP-IDF", "--board"]),
    ],
)
def test_wrong_use(model: Path, arguments: list[str], said: list[str]) -> None:
    result = tinydeploy("export", "kws.tflite", "-o", "out", *arguments, cwd=model)
    assert_refused(result, 2, *said)
    assert not (model / "out").exists()


@pytest.mark.parametrize("integration", INTEGRATIONS, ids=lambda i: i.name)
def test_long_name_is_cut_to_what_every_format_takes(integration: Integration) -> None:
    made = package(name="x" * 29 + " é__" + "y" * 60)
    assert made.model_name == "x" * 29
    assert all(len(path.split("/")[-1]) < 100 for path in integration.files(made))


@pytest.mark.parametrize("integration", INTEGRATIONS, ids=lambda i: i.name)
def test_whole_library_is_there(integration: Integration) -> None:
    made = package("qemu_cortex_m4")
    if integration.name == "esp-idf":
        made = package()
    files = integration.files(made)
    found = {path.split("/")[-1]: text for path, text in files.items()}
    assert made.library.files.items() <= found.items()


def test_help_names_every_build_system(tmp_path: Path) -> None:
    text = tinydeploy("export", "--help", cwd=tmp_path, env={"COLUMNS": "200"}).out
    assert [name for name in NAMES if name not in text] == []
