from __future__ import annotations

import dataclasses
import json

import pytest

from tests.support.dummy import DummyLibrary, dummy_library
from tinydeploy.boards import all_boards, load_board
from tinydeploy.codegen.jinja import render
from tinydeploy.codegen.project import generate_project
from tinydeploy.errors import InternalError

BOARDS = [board.id for board in all_boards() if board.framework is None]
HOSTILE_NAME = 'kws"\n*/ {{ 7*7 }} ${sysenv.HOME} ../\\ ü'


@pytest.mark.parametrize("board_id", BOARDS)
def test_project_is_complete_and_always_the_same(board_id: str) -> None:
    board = load_board(board_id)
    firmware = generate_project(dummy_library(), board, "kws")
    assert firmware == generate_project(dummy_library(), board, "kws")
    assert firmware.digest in firmware.files["src/tdrt_build.h"]
    assert firmware.digest in firmware.files["README.md"]
    assert {"platformio.ini", "link.ld", "src/main.c", "lib/model/model.c"} <= set(firmware.files)
    assert {f"src/hal/{source}" for source in board.build.hal} <= set(firmware.files)
    platform = "platforms/tinydeploy"
    assert json.loads(firmware.files[f"{platform}/boards/{board_id}.json"])["name"] == board.name
    assert json.loads(firmware.files[f"{platform}/platform.json"])["name"] == "tinydeploy"


def test_digest_changes_with_the_model_and_the_board() -> None:
    library, board = dummy_library(), load_board("qemu_cortex_m4")
    other_model = DummyLibrary({**library.files, "model.c": library.files["model.c"] + " "})
    serial = dataclasses.replace(board.serial, baud=9600)
    digests = {
        generate_project(library, board).digest,
        generate_project(other_model, board).digest,
        generate_project(library, dataclasses.replace(board, serial=serial)).digest,
    }
    assert len(digests) == 3


def test_hostile_model_name_is_reduced_to_plain_characters() -> None:
    firmware = generate_project(dummy_library(), load_board("host"), HOSTILE_NAME)
    first = firmware.files["platformio.ini"].splitlines()[0]
    assert first == "; kws  77  sysenv.HOME ..  for This computer"


def test_unknown_variable_in_a_template_names_the_template() -> None:
    with pytest.raises(InternalError, match=r"template project/tdrt_build\.h\.j2"):
        render("project/tdrt_build.h.j2", digest="x")
