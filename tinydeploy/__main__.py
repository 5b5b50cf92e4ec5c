"""The way in: `python -m tinydeploy`, and the command `tinydeploy`."""

from __future__ import annotations

import sys

from tinydeploy.errors import INTERRUPTED_EXIT_CODE


def main() -> None:
    """Run the command line; never returns."""
    try:
        # Imported here, so that Ctrl-C while it loads shows no traceback either.
        from tinydeploy.cli.app import main as run  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted\n")
        sys.exit(INTERRUPTED_EXIT_CODE)
    run()


if __name__ == "__main__":
    main()
