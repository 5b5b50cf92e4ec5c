from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.support.shared import shared_folder
from tinydeploy.cache import CACHE_VARIABLE


@pytest.fixture(scope="session", autouse=True)
def _cache_of_this_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Leave the user's cache alone; all processes of one test session share a new one."""
    before = os.environ.get(CACHE_VARIABLE)
    os.environ[CACHE_VARIABLE] = str(shared_folder(tmp_path_factory, "cache"))
    yield
    if before is None:
        del os.environ[CACHE_VARIABLE]
    else:
        os.environ[CACHE_VARIABLE] = before
