"""`tinydeploy verify`: many inputs, each output compared with the reference, bit for bit."""

from __future__ import annotations

from typing import Annotated

import typer

from tinydeploy.cli import options

DEFAULT_SAMPLES = 20
Bisect = Annotated[
    bool,
    typer.Option("--bisect", help="Where an output differs, find the first layer that does."),
]


def verify(
    model: options.Model = None,
    board: options.BoardId = None,
    samples: options.Samples = None,
    data: options.Data = None,
    calibration: options.Calibration = None,
    output: options.OutputFolder = None,
    seed: options.Seed = None,
    port: options.Port = None,
    rig: options.Rig = None,
    wait: options.Wait = options.DEFAULT_WAIT_S,
    json: options.Json = None,
    project: options.ProjectFile = None,
    optimize: options.Goal = None,
    quantize: options.Numbers = None,
    dump_ir: options.DumpIr = False,
    bisect: Bisect = False,
) -> None:
    """Send inputs to the board and compare each output with the host's reference, bit for bit.

    Inputs come from --data (or the calibration data) first, then random ones fill up.
    """
    from tinydeploy.cli.request import make_request
    from tinydeploy.cli.work import measure_model, open_bench

    bench = open_bench(rig, wait, port)
    request = make_request(
        project, model, board, calibration, output, samples, seed, optimize, quantize
    )
    count = DEFAULT_SAMPLES if request.samples is None else request.samples
    samples_from = data or request.calibration
    measure_model(request, count, samples_from, port, dump_ir, json, bench=bench, bisect=bisect)
