from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.shared import made_once
from tests.support.small_models import write_models


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small models of every kind; tests must not write there."""
    return made_once(tmp_path_factory, "small-models", write_models)
