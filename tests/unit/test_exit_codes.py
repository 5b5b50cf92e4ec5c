"""Exit codes are an interface: one code per class, and the documentation names them all."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from tinydeploy import errors

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "exit-codes.md"
ROW = re.compile(r"\| (\d+) \| ?(\w*) \| \S.* \|")


def error_classes() -> list[type[errors.TinydeployError]]:
    return [
        cls
        for _, cls in inspect.getmembers(errors, inspect.isclass)
        if issubclass(cls, errors.TinydeployError) and cls is not errors.TinydeployError
    ]


def documented_codes() -> dict[str, int]:
    rows = ROW.findall(DOCUMENTATION.read_text(encoding="utf-8"))
    return {name: int(code) for code, name in rows if name}


def test_documentation_lists_exactly_the_classes_and_their_codes() -> None:
    assert documented_codes() == {cls.__name__: cls.exit_code for cls in error_classes()}


def test_documentation_lists_success_and_interruption() -> None:
    rows = ROW.findall(DOCUMENTATION.read_text(encoding="utf-8"))
    nameless = {int(code) for code, name in rows if not name}
    assert nameless == {0, errors.INTERRUPTED_EXIT_CODE}


def test_each_class_has_a_code_of_its_own_that_a_shell_can_report() -> None:
    codes = [cls.exit_code for cls in error_classes()]
    assert len(codes) == len(set(codes))
    assert all(1 < code < 126 for code in codes)


def test_rows_are_sorted_by_code() -> None:
    codes = [int(code) for code, _ in ROW.findall(DOCUMENTATION.read_text(encoding="utf-8"))]
    assert codes == sorted(codes)
