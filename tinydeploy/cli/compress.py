"""`tinydeploy compress`: a smaller Keras model that fits the board, every step checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinydeploy.chain.options import RANGES, Augment, CompressOptions, Goal, Place
from tinydeploy.cli import options

if TYPE_CHECKING:
    from tinydeploy.cli.request import Request

_DEFAULTS = CompressOptions()


def _number(key: str, text: str, default: str = "") -> Any:
    """An option with the range of `key`, and its default unless the project file has another."""
    least, most = RANGES[key]
    shown = default or f"{getattr(_DEFAULTS, key):g}"
    return typer.Option(min=least, max=most, help=text, show_default=shown)


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
    str | None,
    typer.Option(
        "--max-accuracy-drop",
        help="Accuracy that may be lost, in points.",
        show_default=_DEFAULTS.max_accuracy_drop,
    ),
]
Wanted = Annotated[
    Goal | None,
    typer.Option("--for", help="What the result is best at.", show_default=_DEFAULTS.goal),
]
Technique = Annotated[
    list[str] | None, typer.Option("--technique", help="Try this technique alone (repeatable).")
]
Epochs = Annotated[int | None, _number("epochs", "Epochs of the last training.")]
BaselineEpochs = Annotated[
    int | None, _number("baseline_epochs", "Train the original first, as what is compared with.")
]
Seeds = Annotated[int | None, _number("seeds", "Train the winner so often; judge by the mean.")]
Rate = Annotated[
    float | None,
    _number(
        "learning_rate",
        "Learning rate at the start.",
        "up to 0.004, the more samples there are",
    ),
]
Teachers = Annotated[
    int | None, _number("teachers", "Who teaches: the original, and copies of it trained on.")
]
Augmentation = Annotated[
    Augment | None,
    typer.Option(
        help="How training images may be changed without changing their class; auto: as the "
        "original sees through it.",
        show_default=_DEFAULTS.augment,
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
    max_accuracy_drop: MaxDrop = None,
    wanted: Wanted = None,
    technique: Technique = None,
    epochs: Epochs = None,
    baseline_epochs: BaselineEpochs = None,
    learning_rate: Rate = None,
    teachers: Teachers = None,
    augment: Augmentation = None,
    seed: options.Seed = None,
    seeds: Seeds = None,
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
    from tinydeploy.chain.compress import compress as run
    from tinydeploy.chain.html import compression_page
    from tinydeploy.cli import render
    from tinydeploy.cli.request import make_request
    from tinydeploy.config import PROJECT_FILE
    from tinydeploy.report.files import write_json, write_text

    request = make_request(project, model, board, seed=seed, optimize=optimize)
    asked = _asked(
        request, project or Path(PROJECT_FILE),
        data=data, test=test, max_ram=max_ram, max_flash=max_flash, max_latency=max_latency,
        max_instructions=max_instructions, max_accuracy_drop=max_accuracy_drop, goal=wanted,
        technique=tuple(technique or ()) or None, epochs=epochs, baseline_epochs=baseline_epochs,
        learning_rate=learning_rate, teachers=teachers, augment=augment, seeds=seeds,
    )  # fmt: skip
    place = Place(request.board_source, rig, wait, workers, scheduler)
    with render.progress() as step:
        found = run(
            request.model,
            place,
            asked,
            output,
            optimize=request.choices.optimize,
            seed=request.seed,
            step=step,
        )
    try:
        if json:
            write_json(json, found.report)
        if html:
            write_text(html, compression_page(found.report))
    finally:
        render.show_compression(found, request.board_source)


def _asked(request: Request, project_file: Path, **given: Any) -> CompressOptions:
    """What was `given` on the command line, then the project file's, then the defaults.

    Data of the project belong to its model.
    """
    from tinydeploy.chain.request import read_options

    own = read_options(request.project.compress, project_file)
    if not request.is_projects_model:
        own = replace(own, data=None, test=None)
    asked = replace(own, **{key: value for key, value in given.items() if value is not None})
    return replace(asked, data=asked.data or request.calibration)
