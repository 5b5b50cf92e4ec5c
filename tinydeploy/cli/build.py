"""`tinydeploy build`: a PlatformIO project and the firmware that it builds."""

from __future__ import annotations

from tinydeploy.cli import options


def build(
    model: options.Model = None,
    board: options.BoardId = None,
    calibration: options.Calibration = None,
    output: options.OutputFolder = None,
    json: options.Json = None,
    project: options.ProjectFile = None,
    optimize: options.Goal = None,
    quantize: options.Numbers = None,
    dump_ir: options.DumpIr = False,
) -> None:
    """Turn MODEL into firmware for a board: a self-contained PlatformIO project, built."""
    from tinydeploy.cli import render
    from tinydeploy.cli.request import make_request
    from tinydeploy.cli.work import build_model, findings, publish
    from tinydeploy.report.report import make_report

    request = make_request(
        project, model, board, calibration, output, optimize=optimize, quantize=quantize
    )
    with render.progress() as step:
        loaded, built = build_model(request, dump_ir, step)
    publish(make_report(findings(loaded, built)), json)
    render.show_files(request.output, built.result)
