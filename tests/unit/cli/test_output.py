"""Output that can't be written: one message, exit code 12, and what was there stays as it was."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.command_line import COMMAND, assert_refused, environment, files_below, tinydeploy

READ_ONLY = Path("/proc/tinydeploy")
FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs Linux's /proc")


@pytest.mark.parametrize("command", ["build", "run", "verify"])
def test_read_only_place(models: Path, tmp_path: Path, command: str) -> None:
    result = tinydeploy(
        command, models / "int8.tflite", "-b", "host", "-o", READ_ONLY, cwd=tmp_path
    )
    assert_refused(result, 12, f"can't write to {READ_ONLY}", "-o")
    assert files_below(tmp_path) == []


def test_export_to_a_read_only_place(models: Path, tmp_path: Path) -> None:
    result = tinydeploy("export", models / "int8.tflite", "-o", READ_ONLY, cwd=tmp_path)
    assert_refused(result, 12, f"can't write to {READ_ONLY}")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder(models: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    result = tinydeploy("build", models / "int8.tflite", "-b", "host", cwd=tmp_path)
    tmp_path.chmod(0o755)
    assert_refused(result, 12, "can't write to")


def test_file_in_the_place_of_the_folder(models: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    result = tinydeploy("build", models / "int8.tflite", "-b", "host", "-o", "out", cwd=tmp_path)
    assert_refused(result, 12, "is a file, not a folder")
    assert (tmp_path / "out").read_text() == "mine"


def test_folder_of_someone_else(models: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    result = tinydeploy("build", models / "int8.tflite", "-b", "host", "-o", ".", cwd=tmp_path)
    assert_refused(result, 12, "holds files that tinydeploy didn't write")
    assert files_below(tmp_path) == ["notes.txt"]


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="needs prlimit")
@pytest.mark.parametrize("limit_bytes", [0, 200, 3000])
def test_full_disk_while_the_project_is_written(
    models: Path, tmp_path: Path, limit_bytes: int
) -> None:
    """No file may grow beyond the limit: writing stops as it does on a full disk."""
    work = tmp_path / "work"
    work.mkdir()
    prefix = ("prlimit", f"--fsize={limit_bytes}")
    result = tinydeploy(
        *("build", models / "int8.tflite", "-b", "host", "-o", work / "out"),
        cwd=work,
        prefix=prefix,
        env={"PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert_refused(result, 12)
    assert files_below(work) == []


def test_full_disk_while_the_firmware_is_built(models: Path, tmp_path: Path) -> None:
    """On a disk of its own, which holds the project's sources but not its objects."""
    disk = tmp_path / "disk"
    disk.mkdir()
    script = f'mount -t tmpfs -o size=150k tmpfs "{disk}" && exec "$@"'
    prefix = ("unshare", "-rm", "sh", "-c", script, "sh")
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount")
    keep = f'"$@"; code=$?; ls "{disk}/out/firmware.elf" 2>/dev/null; exit $code'
    result = tinydeploy(
        *("build", models / "int8.tflite", "-b", "host", "-o", disk / "out"),
        cwd=tmp_path,
        prefix=(*prefix, "sh", "-c", keep, "sh"),
    )
    assert_refused(result, 12, str(disk))
    assert "firmware.elf" not in result.out


@pytest.mark.parametrize(
    ("place", "said"),
    [(READ_ONLY / "r.json", "can't be written"), (Path(), "is a folder")],
    ids=["read-only", "folder"],
)
def test_json_to_an_unwritable_place(models: Path, tmp_path: Path, place: Path, said: str) -> None:
    result = tinydeploy(
        "build", models / "int8.tflite", "-b", "host", "--json", place, cwd=tmp_path
    )
    assert_refused(result, 12, str(place), said)
    assert "flash: weights" in result.out, "the report is shown all the same"


def test_standard_output_that_is_full(tmp_path: Path) -> None:
    if not FULL.exists():
        pytest.skip("needs /dev/full")
    with FULL.open("w") as full:
        done = subprocess.run(
            [*COMMAND, "boards"],
            env=environment(),
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 12
    assert done.stderr.startswith(b"error: the output can't be written")


@pytest.mark.parametrize("arguments", [["--help"], ["boards"], ["inspect", "int8.tflite"]])
def test_reader_of_the_output_that_goes_away(models: Path, arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*COMMAND, *arguments],
        env=environment(),
        cwd=models,
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_closed_standard_output(models: Path, tmp_path: Path) -> None:
    arguments = ("inspect", str(models / "int8.tflite"), "--json", "r.json")
    result = tinydeploy(*arguments, cwd=tmp_path, prefix=("sh", "-c", 'exec "$@" >&-', "sh"))
    assert (result.exit_code, result.err) == (0, "")
    assert json.loads((tmp_path / "r.json").read_text())["model"]["name"] == "int8"


def test_terminal_that_knows_only_ascii(models: Path, tmp_path: Path) -> None:
    env = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    result = tinydeploy("inspect", models / "int8.tflite", cwd=tmp_path, env=env)
    assert (result.exit_code, result.err) == (0, "")


def test_cache_that_cannot_be_written_is_named(models: Path, tmp_path: Path) -> None:
    env = {"TINYDEPLOY_CACHE_DIR": str(READ_ONLY)}
    result = tinydeploy("build", models / "int8.tflite", "-b", "host", cwd=tmp_path, env=env)
    assert_refused(result, 12, f"cache folder {READ_ONLY}", "TINYDEPLOY_CACHE_DIR")
