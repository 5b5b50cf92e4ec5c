"""`tinydeploy inspect`: what a model consists of, and where it would fit."""

from __future__ import annotations

from tinydeploy.cli import options


def inspect(
    model: options.Model = None,
    calibration: options.Calibration = None,
    json: options.Json = None,
    project: options.ProjectFile = None,
    quantize: options.Numbers = None,
    dump_ir: options.DumpIr = False,
) -> None:
    """Show the operators, shapes, MACs and memory of MODEL, and the boards it fits on."""
    from tinydeploy import pipeline
    from tinydeploy.cli import render
    from tinydeploy.cli.request import make_request
    from tinydeploy.report.files import write_json
    from tinydeploy.report.inspection import inspect_graph

    request = make_request(project, model, "host", calibration, quantize=quantize)
    with render.progress() as step:
        loaded = pipeline.load(request.model, request.calibration, step, request.quantize)
        stages = pipeline.graphs(loaded)
    if dump_ir:
        render.show_graphs(stages)
    report = inspect_graph(stages[-1][1], loaded.source)
    if json:
        write_json(json, report)
    render.show_inspection(report)
