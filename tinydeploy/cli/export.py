"""`tinydeploy export`: the C library alone."""

from __future__ import annotations

from typing import Annotated

import typer

from tinydeploy.cli import options

For = Annotated[
    str | None,
    typer.Option(
        "--for",
        help="Shape it for a build system: zephyr, esp-idf, arduino, cmake, cmsis-pack or "
        "platformio-lib.",
    ),
]
PackageVersion = Annotated[
    str | None,
    typer.Option("--package-version", help="Version of the package.", show_default="1.0.0"),
]


def export(
    model: options.Model = None,
    output: options.ExportFolder = None,
    board: options.BoardId = None,
    calibration: options.Calibration = None,
    project: options.ProjectFile = None,
    optimize: options.Goal = None,
    quantize: options.Numbers = None,
    dump_ir: options.DumpIr = False,
    build_system: For = None,
    package_version: PackageVersion = None,
) -> None:
    """Write only the C library of MODEL (model.h, model.c, kernels), for any firmware."""
    from pathlib import Path

    from tinydeploy import pipeline
    from tinydeploy.cli import render
    from tinydeploy.cli.request import make_request
    from tinydeploy.codegen.integrations import find_integration
    from tinydeploy.codegen.integrations.package import DEFAULT_VERSION, Package, least_isa
    from tinydeploy.codegen.writer import Content, write_tree
    from tinydeploy.errors import UsageError
    from tinydeploy.tuning import tuned_choices

    integration = find_integration(build_system) if build_system is not None else None
    if package_version is not None and integration is None:
        raise UsageError("--package-version is that of a package", "Add --for BUILD_SYSTEM.")
    request = make_request(
        project, model, board or "host", calibration, output, optimize=optimize, quantize=quantize
    )
    with render.progress() as step:
        loaded = pipeline.load(request.model, request.calibration, step, request.quantize)
        if dump_ir:
            render.show_graphs(pipeline.graphs(loaded))
        choices = tuned_choices(request.choices, loaded, request.board)
        compiled = pipeline.compile_model(loaded, request.board, choices)
    library = compiled.library
    files: Content = library.files
    name = f"{request.model.stem}_library"
    if integration is not None:
        isa, version = least_isa(compiled.plan), package_version or DEFAULT_VERSION
        package = Package(library, isa, compiled.goal, version)
        # ESP-IDF takes the folder's name as the component's.
        files, name = integration.files(package), package.name
    folder = output or Path(name)
    write_tree(folder, files)
    render.show_library(folder, library, len(files))
