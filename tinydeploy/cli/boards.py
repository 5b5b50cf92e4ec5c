"""`tinydeploy boards`: what it can build for."""

from __future__ import annotations

from tinydeploy.cli import options


def boards(json: options.Json = None) -> None:
    """List the boards, their memory, and how each is tested."""
    from tinydeploy.boards import all_boards
    from tinydeploy.cli import render

    found = all_boards()
    if json:
        from tinydeploy.report.boards import boards_report
        from tinydeploy.report.files import write_json

        write_json(json, boards_report(found))
    render.show_boards(found)
