"""`tinydeploy tune`: the fastest kernel for each layer, found by measuring."""

from __future__ import annotations

from tinydeploy.cli import options


def tune(
    model: options.Model = None,
    board: options.BoardId = None,
    calibration: options.Calibration = None,
    output: options.OutputFolder = None,
    seed: options.Seed = None,
    port: options.Port = None,
    json: options.Json = None,
    project: options.ProjectFile = None,
    optimize: options.Goal = None,
    quantize: options.Numbers = None,
) -> None:
    """Measure every kernel for each layer on the board, and keep the winners for `build`."""
    import dataclasses
    from pathlib import Path

    from tinydeploy import pipeline, tuning
    from tinydeploy.cli import render
    from tinydeploy.cli.request import make_request
    from tinydeploy.cli.work import HOW_TO_NAME_A_PORT
    from tinydeploy.device.presence import require_place_to_run
    from tinydeploy.device.upload import require_upload
    from tinydeploy.report.files import write_json
    from tinydeploy.report.tune_file import TUNE_FILE, check_tune_file, write_winners

    request = make_request(
        project, model, board, calibration, output, seed=seed, optimize=optimize, quantize=quantize
    )
    # Before hours of measuring.
    check_tune_file(Path(TUNE_FILE))
    require_place_to_run(request.board, port, HOW_TO_NAME_A_PORT)
    if port is not None:
        require_upload(request.board)
    with render.progress() as step:
        loaded = pipeline.load(request.model, request.calibration, step, request.quantize)
        found = tuning.tune(
            loaded, request.board, request.choices, request.output, request.seed, port, step
        )
    goal = request.choices.optimize.value
    try:
        write_winners(Path(TUNE_FILE), found.model_digest, request.board.id, goal, found.winners)
        if json:
            write_json(json, dataclasses.asdict(found))
    finally:
        render.show_tuning(found, TUNE_FILE)
