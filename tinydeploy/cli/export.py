"""`tinydeploy export`: the C library alone."""

from __future__ import annotations

from tinydeploy.cli import options


def export(
    model: options.Model = None,
    output: options.ExportFolder = None,
    board: options.BoardId = None,
    calibration: options.Calibration = None,
    project: options.ProjectFile = None,
    optimize: options.Goal = None,
    quantize: options.Numbers = None,
    dump_ir: options.DumpIr = False,
) -> None:
    """Write only the C library of MODEL (model.h, model.c, kernels), for any firmware."""
    from pathlib import Path

    from tinydeploy import pipeline
    from tinydeploy.cli import render
    from tinydeploy.cli.request import make_request
    from tinydeploy.codegen.writer import write_tree

    request = make_request(
        project, model, board or "host", calibration, output, optimize=optimize, quantize=quantize
    )
    folder = output or Path(f"{request.model.stem}_library")
    with render.progress() as step:
        loaded = pipeline.load(request.model, request.calibration, step, request.quantize)
        if dump_ir:
            render.show_graphs(pipeline.graphs(loaded))
        library = pipeline.compile_model(loaded, request.board, request.choices).library
    write_tree(folder, library.files)
    render.show_library(folder, library)
