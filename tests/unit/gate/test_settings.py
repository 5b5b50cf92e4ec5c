"""What [[check]] may not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinydeploy.config import read_project
from tinydeploy.errors import TinydeployError
from tinydeploy.gate.settings import read_pairs


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("samples = 0", "samples"),
        ("[[check]]\nsamples = 0", "samples"),
        ("[[check]]\nsamples = -1", "samples"),
        ("[[check]]\nseed = -1", "seed"),
        ("[[check]]\nbudget = { mismatched_bytes = 3 }", "mismatched_bytes"),
        ('[[check]]\nbudget = { flash = "1,5 MB" }', "flash"),
    ],
)
def test_numbers_without_meaning_are_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "tinydeploy.toml"
    file.write_text(f'model = "m.tflite"\nboard = "qemu_cortex_m4"\n{text}\n', encoding="utf-8")
    with pytest.raises(TinydeployError, match=said) as error:
        read_pairs(read_project(file), file)
    assert error.value.exit_code == 2
