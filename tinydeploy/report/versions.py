"""Which versions of what took part: a report without them can't be repeated."""

from __future__ import annotations

import platform
from importlib import metadata

from tinydeploy import __version__

_PACKAGES = ("ai-edge-litert", "tflite-runtime", "tensorflow", "platformio", "numpy", "tflite")


def tool_versions() -> dict[str, str]:
    """tinydeploy, Python and the installed packages that results depend on."""
    versions = {"tinydeploy": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions
