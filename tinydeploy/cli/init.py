"""`tinydeploy init`: a commented project file to start from."""

from __future__ import annotations

from tinydeploy.cli import options


def init(
    model: options.Model = None,
    board: options.BoardId = None,
    calibration: options.Calibration = None,
    force: options.Force = False,
) -> None:
    """Write a commented tinydeploy.toml into this folder."""
    from pathlib import Path

    from tinydeploy.boards import load_board
    from tinydeploy.cli import render
    from tinydeploy.codegen.project_file import project_file_text
    from tinydeploy.config import PROJECT_FILE
    from tinydeploy.errors import OutputError
    from tinydeploy.report.files import write_text

    chosen = load_board(board or "qemu_cortex_m4")
    path = Path(PROJECT_FILE)
    if path.exists() and not force:
        raise OutputError(f"{path} exists already", "Give --force to replace it.")
    write_text(path, project_file_text(model, calibration, board or chosen.id))
    render.show_message(f"Wrote {path}. Next: tinydeploy run")
