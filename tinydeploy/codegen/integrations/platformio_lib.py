"""A library of PlatformIO: a folder in a project's `lib/`, or a package for a registry."""

from __future__ import annotations

import json

from tinydeploy.codegen.integrations.package import (
    PUBLIC_HEADER,
    Integration,
    Package,
    rendered,
    split_files,
)
from tinydeploy.codegen.writer import Content


def _files(package: Package) -> Content:
    manifest = {
        "name": package.name,
        "version": package.version,
        "description": package.description,
        "keywords": ["neural network", "tinyml"],
        "headers": PUBLIC_HEADER,
        "frameworks": "*",
        "platforms": "*",
        "build": {
            "srcDir": "src",
            "includeDir": "include",
            # After those of the project, so it is this one that counts.
            "flags": [package.optimization],
        },
    }
    return {
        **split_files(package),
        **rendered(package, "platformio_lib", ("README.md",)),
        "library.json": json.dumps(manifest, indent=2) + "\n",
    }


PLATFORMIO_LIB = Integration("platformio-lib", "a PlatformIO library", _files)
