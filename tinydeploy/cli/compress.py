"""`tinydeploy compress`: a smaller Keras model that fits the board, every step checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from tinydeploy.cli import options

Data = Annotated[
    Path | None,
    typer.Option(
        "--data", help="Labelled samples: .npz with x and y. Without --test a part judges."
    ),
]
Test = Annotated[
    Path | None,
    typer.Option("--test", help="Judge on these samples (.npz with x and y), new to the model."),
]
Result = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="Where to write the model, its int8 .tflite beside it.",
        show_default="MODEL_small.keras",
    ),
]
MaxRam = Annotated[str | None, typer.Option(help='Most RAM of the arena, with unit: "64 kB".')]
MaxFlash = Annotated[str | None, typer.Option(help='Most flash, with unit: "256 kB".')]
MaxLatency = Annotated[
    str | None, typer.Option(help='Longest inference, on a board with a clock: "12 ms".')
]
MaxInstructions = Annotated[
    str | None, typer.Option(help='Most instructions, on an emulated board: "2.5 M".')
]
MaxDrop = Annotated[
    str, typer.Option("--max-accuracy-drop", help="Accuracy that may be lost, in points.")
]
Wanted = Annotated[
    Literal["size", "accuracy", "speed"], typer.Option("--for", help="What the result is best at.")
]
Technique = Annotated[
    list[str] | None, typer.Option("--technique", help="Try this technique alone (repeatable).")
]
Epochs = Annotated[int, typer.Option(min=0, max=1000, help="Epochs of the last training.")]
BaselineEpochs = Annotated[
    int, typer.Option(min=0, max=1000, help="Train the original first, as what is compared with.")
]
Seeds = Annotated[
    int, typer.Option(min=1, max=100, help="Train the winner so often; judge by the mean.")
]
Rate = Annotated[
    float | None,
    typer.Option(
        min=1e-6, max=1.0,
        help="Learning rate at the start.",
        show_default="up to 0.004, the more samples there are",
    ),
]  # fmt: skip
Teachers = Annotated[
    int, typer.Option(min=1, max=10, help="Who teaches: the original, and copies of it trained on.")
]
Augment = Annotated[
    Literal["auto", "none", "shift", "flip", "flip-shift"],
    typer.Option(
        help="How training images may be changed without changing their class; auto: as the "
        "original sees through it."
    ),
]
Html = Annotated[
    Path | None, typer.Option(help="Write the report as one HTML page that opens offline.")
]
WorkerCount = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        max=64,
        help="Trials at a time.",
        show_default="one for each core, at most 4",
    ),
]
Scheduler = Annotated[
    str | None, typer.Option(help="Run trials on the workers of this dask scheduler: tcp://…")
]


def compress(
    model: options.Model = None,
    data: Data = None,
    test: Test = None,
    board: options.BoardId = None,
    max_ram: MaxRam = None,
    max_flash: MaxFlash = None,
    max_latency: MaxLatency = None,
    max_instructions: MaxInstructions = None,
    max_accuracy_drop: MaxDrop = "3 %",
    wanted: Wanted = "size",
    technique: Technique = None,
    epochs: Epochs = 30,
    baseline_epochs: BaselineEpochs = 0,
    learning_rate: Rate = None,
    teachers: Teachers = 3,
    augment: Augment = "auto",
    seed: options.Seed = None,
    seeds: Seeds = 3,
    output: Result = None,
    json: options.Json = None,
    html: Html = None,
    workers: WorkerCount = None,
    scheduler: Scheduler = None,
    rig: options.Rig = None,
    wait: options.Wait = options.DEFAULT_WAIT_S,
    project: options.ProjectFile = None,
    optimize: options.Goal = None,
) -> None:
    """Make MODEL smaller until it fits the board, and show what each step gained and cost."""
    from tinydeploy.chain.html import compression_page
    from tinydeploy.chain.report import compression_report
    from tinydeploy.chain.request import CompressOptions, make_search
    from tinydeploy.chain.search import search, winner
    from tinydeploy.chain.steps import check_target, path_to, write_models
    from tinydeploy.chain.workers import default_count, open_workers
    from tinydeploy.cli import render
    from tinydeploy.cli.request import make_request
    from tinydeploy.report.files import write_json, write_text

    request = make_request(project, model, board, data, seed=seed, optimize=optimize)
    setting, plan, limits = make_search(
        request.model,
        request.calibration,
        test,
        request.board,
        request.choices.optimize,
        request.seed,
        CompressOptions(
            request.board_source, wanted, seeds,
            max_ram, max_flash, max_latency, max_instructions, max_accuracy_drop,
            tuple(technique or ()), epochs, baseline_epochs, learning_rate,
            teachers, augment, rig, wait,
        ),
    )  # fmt: skip
    target = output or request.model.with_name(f"{request.model.stem}_small.keras")
    check_target(target)
    count = workers or default_count()
    with render.progress() as step, open_workers(scheduler, count, rig is not None) as pool:
        found = search(setting, plan, limits, pool, step)
        best = winner(found, wanted)
        path = path_to(setting, best, found.baseline, pool)
        sizes = pool.sizes(setting, best.model)
        int8 = pool.int8(setting, best.model)
    as_measured = write_models(best, int8, target)
    report = compression_report(setting, found, path, wanted, limits, sizes)
    try:
        if json:
            write_json(json, report)
        if html:
            write_text(html, compression_page(report))
    finally:
        render.show_compression(report, target, as_measured, request.board_source)
