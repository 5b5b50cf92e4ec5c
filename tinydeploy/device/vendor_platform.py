"""Platforms of PlatformIO that the user has installed, for boards of a vendor's framework.

They are large and come from the network: whether to get one is the user's choice, never ours.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from tinydeploy.boards import Framework
from tinydeploy.errors import ToolMissingError

_CORE_DIR = "PLATFORMIO_CORE_DIR"
_VERSION = re.compile(r"@[^/]*$")


def vendor_environment() -> Mapping[str, str]:
    """Return what makes PlatformIO use the user's own packages, not the folder of our own."""
    return {_CORE_DIR: str(_core_dir())}


def require_platform(framework: Framework, project_dir: Path) -> None:
    """Raise ToolMissingError, naming the generated project, where the platform isn't installed."""
    # From an address, PlatformIO installs under the name that the platform gives itself.
    name = _VERSION.sub("", framework.platform).rsplit("/", 1)[-1].removesuffix(".git")
    name = name.removeprefix("platform-")
    found = (_core_dir() / "platforms").glob(f"{name}*/platform.json")
    if next(found, None) is None:
        raise ToolMissingError(
            f"the project is in {project_dir}, but not built: PlatformIO's platform {name}, with "
            f"the framework {framework.name}, isn't installed here",
            f"Install it with: pio pkg install -d {project_dir}",
        )


def _core_dir() -> Path:
    return Path(os.environ.get(_CORE_DIR) or Path.home() / ".platformio")
