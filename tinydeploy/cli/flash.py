"""`tinydeploy flash`: build, put the firmware on the board, and make sure that it runs there."""

from __future__ import annotations

from typing import Annotated

import typer

from tinydeploy.cli import options

Gdb = Annotated[
    str | None,
    typer.Option(help="Flash through this GDB server: HOST:PORT, or a port of pyserial."),
]
Probe = Annotated[
    str | None,
    typer.Option(
        help="Serial number of the probe or board, where several are connected "
        "(`tinydeploy devices` shows it)."
    ),
]


def flash(
    model: options.Model = None,
    board: options.BoardId = None,
    calibration: options.Calibration = None,
    output: options.OutputFolder = None,
    port: options.Port = "auto",
    gdb: Gdb = None,
    probe: Probe = None,
    project: options.ProjectFile = None,
    optimize: options.Goal = None,
    quantize: options.Numbers = None,
) -> None:
    """Build MODEL, flash the board, and check that the device runs what was just built."""
    from tinydeploy import pipeline
    from tinydeploy.cli import render
    from tinydeploy.cli.request import make_request
    from tinydeploy.cli.work import build_model
    from tinydeploy.device.upload import require_upload
    from tinydeploy.device.usb import AUTO, require_findable
    from tinydeploy.errors import UsageError
    from tinydeploy.uploaders import is_probe_serial

    request = make_request(
        project, model, board, calibration, output, optimize=optimize, quantize=quantize
    )
    # What can't work is said before the long build.
    if probe is not None and not is_probe_serial(probe):
        raise UsageError(f"{probe!r} is no serial number of a probe", "See `tinydeploy devices`.")
    if probe is not None and gdb is not None:
        raise UsageError("--probe and --gdb exclude each other", "The GDB server has its probe.")
    if gdb is None:
        require_upload(request.board)
    port = port or AUTO
    if port == AUTO:
        require_findable(request.board)
    with render.progress() as step:
        _, built = build_model(request, False, step)
        info = pipeline.flash(built, port, gdb, probe or "", step)
    render.show_message(f"{info.board} runs firmware {info.firmware_digest}, which was just built")
