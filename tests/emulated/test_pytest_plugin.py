"""The fixture `tinydeploy_board`, in a pytest of its own as a firmware team runs it."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import tomli

from tests.support.command_line import ROOT, environment
from tests.support.sample_models import network
from tests.support.small_models import small_int8
from tinydeploy import pytest_plugin
from tinydeploy.frontend.reference import Reference
from tinydeploy.frontend.samples import to_model_input

pytest_plugins = ["pytester"]
# The plugin of this checkout, whether or not one is installed.
PLUGIN = ("-p", "no:tinydeploy", "-p", "tinydeploy.pytest_plugin", "-p", "no:cacheprovider")
PORT_BOARD = """
name = "Port board"
description = "Only a serial port leads to it"
tier = "built"
isa = "generic"
memory = { flash = { origin = 0, length = 1048576 }, ram = { origin = 1048576, length = 65536 },
           stack_bytes = 4096 }
build = { toolchain = "host", cpu_flags = [], linker_script = "host.ld.j2",
          hal = ["host/host.c"], defines = {} }
counter = { kind = "microseconds", hz = 1000000000 }
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # that is of the pytest outside
    pytester.makeini("[pytest]")
    (pytester.path / "m.tflite").write_bytes(network())
    (pytester.path / "port_board.toml").write_text(PORT_BOARD)
    return pytester


def run(project: pytest.Pytester, test: str, *options: str) -> pytest.RunResult:
    project.makepyfile(test)
    return project.runpytest_subprocess(*PLUGIN, *options)


@pytest.mark.emulated
@pytest.mark.parametrize("board_id", ["host", "qemu_cortex_m4"])
def test_outputs_and_figures(project: pytest.Pytester, board_id: str) -> None:
    values = np.random.default_rng(5).normal(0, 1, (6, 6, 2)).astype(np.float32)
    with Reference(network()) as reference:
        raw = to_model_input(values, reference.inputs[0])
        (expected,) = reference.run((raw,))
    np.savez(project.path / "data.npz", values=values, raw=raw, expected=expected)
    result = run(
        project,
        f"""
        import numpy as np
        import pytest

        @pytest.fixture(scope="module")
        def board(tinydeploy_board):
            return tinydeploy_board("m.tflite", {board_id!r}, optimize="speed")

        def test_outputs(board):
            data = np.load("data.npz")
            for given in (data["values"], data["raw"]):
                (scores,) = board.invoke(given)
                assert scores.dtype == np.int8
                np.testing.assert_array_equal(scores, data["expected"])

        def test_figures(board):
            board.invoke(np.zeros(board.inputs[0].shape, np.int8))
            whole, layers = board.instructions, [layer.instructions for layer in board.layers]
            if board.board.id == "host":
                assert whole is None and set(layers) == {{None}}
                whole, layers = board.latency_us, [layer.latency_us for layer in board.layers]
            else:
                assert board.latency_us is None
                assert whole == pytest.approx(sum(layers), rel=0.2)
            assert whole > 0 and min(layers) >= 0
            assert [layer.op for layer in board.layers][0] == "CONV_2D"
            assert 0 < board.stack_bytes < 4096
            assert board.arena_bytes < 200
            assert board.flash_bytes > 1000

        def test_the_same_board_is_started_once(board, tinydeploy_board):
            assert tinydeploy_board("m.tflite", {board_id!r}, optimize="speed") is board
        """,
    )
    result.assert_outcomes(passed=3)
    assert [path.name for path in (project.path / "build/pytest").iterdir()] == ["m_77f274c9"]


@pytest.mark.emulated
def test_two_models_at_once(project: pytest.Pytester) -> None:
    (project.path / "small.tflite").write_bytes(small_int8())
    result = run(
        project,
        """
        import numpy as np

        def test_both(tinydeploy_board):
            first = tinydeploy_board("m.tflite", "host")
            second = tinydeploy_board("small.tflite", "host")
            assert first.invoke(np.zeros((6, 6, 2)))[0].shape == (1, 5)
            assert second.invoke(np.zeros(16))[0].shape == (1, 4)
            assert first.invoke(np.zeros((6, 6, 2)))[0].shape == (1, 5)
        """,
    )
    result.assert_outcomes(passed=1)


@pytest.mark.emulated
def test_wrong_use_of_a_running_model(project: pytest.Pytester) -> None:
    result = run(
        project,
        """
        import numpy as np
        import pytest
        from tinydeploy.errors import UsageError

        def test_wrong_use(tinydeploy_board):
            board = tinydeploy_board("m.tflite", "host")
            for figure in ("instructions", "latency_us", "stack_bytes", "layers"):
                with pytest.raises(UsageError, match="no inference was run yet"):
                    getattr(board, figure)
            with pytest.raises(UsageError, match="takes 1 inputs, not 2"):
                board.invoke(np.zeros(72), np.zeros(72))
            with pytest.raises(UsageError, match="has the shape .1, 6, 6, 2., not .3,."):
                board.invoke(np.zeros(3))
        """,
    )
    result.assert_outcomes(passed=1)


@contextmanager
def behind_a_socket(elf: Path) -> Iterator[str]:
    """The program as a board at a port: the URL that leads to it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            line, _ = server.accept()
            with line:
                subprocess.run([elf], stdin=line.fileno(), stdout=line.fileno(), check=False)

        Thread(target=serve, daemon=True).start()
        yield f"socket://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.emulated
def test_board_at_a_port(project: pytest.Pytester) -> None:
    test = """
        import numpy as np

        def test_infers(tinydeploy_board):
            board = tinydeploy_board("m.tflite", "host")
            assert board.invoke(np.zeros(72))[0].shape == (1, 5)
        """
    run(project, test).assert_outcomes(passed=1)
    (elf,) = (project.path / "build").glob("pytest/*/host/balanced/firmware.elf")
    with behind_a_socket(elf) as port:
        run(project, test, f"--tinydeploy-port=host={port}").assert_outcomes(passed=1)
    run(project, test, f"--tinydeploy-port=host={port}").assert_outcomes(failed=1)


USES = """
def test_it(tinydeploy_board):
    tinydeploy_board("m.tflite", {}).invoke
"""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ('"hots"', "there is no board 'hots'*"),
        ('"host", optimize="fast"', "optimize must be one of speed, *"),
        ('"host", calibration="none.npz", port="/dev/none"', "there is no port /dev/none"),
    ],
)
def test_what_cannot_be_is_one_message(project: pytest.Pytester, arguments: str, said: str) -> None:
    result = run(project, USES.format(arguments))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([said])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*tinydeploy_board(*")


@pytest.mark.parametrize(
    ("arguments", "options", "outcome"),
    [
        ("", [], {"failed": 1}),
        ("", ["--tinydeploy-when-absent=skip"], {"skipped": 1}),
        (
            "",
            ["--tinydeploy-when-absent=skip", "--tinydeploy-port=port_board=/dev/none"],
            {"skipped": 1},
        ),
        (', when_absent="skip"', [], {"skipped": 1}),
        (', when_absent="fail"', ["--tinydeploy-when-absent=skip"], {"failed": 1}),
    ],
)
def test_absent_board(
    project: pytest.Pytester, arguments: str, options: list[str], outcome: dict[str, int]
) -> None:
    result = run(project, USES.format('"port_board.toml"' + arguments), "-ra", *options)
    result.assert_outcomes(**outcome)
    why = "*no port /dev/none*" if len(options) == 2 else "*port_board has no emulator*"
    result.stdout.fnmatch_lines([why])
    assert not (project.path / "build").exists()


def test_option_names_board_and_port(project: pytest.Pytester) -> None:
    result = run(project, USES, "--tinydeploy-port=/dev/ttyACM0")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*takes BOARD=PORT, not '/dev/ttyACM0'*"])


def test_pytest_finds_the_plugin_once_it_is_installed() -> None:
    table = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert table["project"]["entry-points"]["pytest11"] == {"tinydeploy": pytest_plugin.__name__}
    assert not [name for name in table["project"]["dependencies"] if name.startswith("pytest")]


def test_every_other_pytest_pays_nothing_for_it(tmp_path: Path) -> None:
    code = "import sys, tinydeploy.pytest_plugin; print({'numpy', 'typer'} & set(sys.modules))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, check=True)
    assert done.stdout == b"set()\n"
