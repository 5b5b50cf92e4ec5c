"""`tinydeploy run`: build, put it on the board, measure, report."""

from __future__ import annotations

from tinydeploy.cli import options

DEFAULT_RUNS = 5


def run(
    model: options.Model = None,
    board: options.BoardId = None,
    calibration: options.Calibration = None,
    output: options.OutputFolder = None,
    runs: options.Runs = DEFAULT_RUNS,
    seed: options.Seed = None,
    port: options.Port = None,
    rig: options.Rig = None,
    wait: options.Wait = options.DEFAULT_WAIT_S,
    json: options.Json = None,
    project: options.ProjectFile = None,
    optimize: options.Goal = None,
    quantize: options.Numbers = None,
    dump_ir: options.DumpIr = False,
    cycles: options.Cycles = False,
) -> None:
    """Build MODEL, run it on the board or its emulator, and report what the board measured."""
    from tinydeploy.cli.request import make_request
    from tinydeploy.cli.work import measure_model, open_bench

    bench = open_bench(rig, wait, port)
    request = make_request(
        project, model, board, calibration, output, seed=seed, optimize=optimize, quantize=quantize
    )
    measure_model(request, runs, request.calibration, port, dump_ir, json, cycles, bench)
