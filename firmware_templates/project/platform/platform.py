"""The platform of this one project: a compiler from PATH, or PlatformIO's own package."""

import shutil

from platformio.public import PlatformBase


class TinydeployPlatform(PlatformBase):
    """Asks for a package only where the system lacks the program."""

    def configure_default_packages(self, variables, targets):
        """Mark as optional what is on PATH; the inherited method would make all mandatory."""
        board = self.board_config(variables["board"])
        if any(shutil.which(name) for name in board.get("build.compilers")):
            for package in self.packages.values():
                if package["type"] == "toolchain":
                    package["optional"] = True
        for package in self.packages.values():
            if package["type"] == "uploader":
                found = any(shutil.which(name) for name in board.get("upload.programs", []))
                package["optional"] = "upload" not in targets or found
