"""The options that several commands share, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinydeploy.config import Optimize, Quantize

Model = Annotated[
    Path | None,
    typer.Argument(
        help="A .keras, .h5 or .tflite file, or a SavedModel folder.", show_default=False
    ),
]
BoardId = Annotated[
    str | None,
    typer.Option("--board", "-b", help="A board id (see `tinydeploy boards`) or a board file."),
]
Calibration = Annotated[
    Path | None,
    typer.Option(
        "--calibration",
        "-c",
        help="Samples of real inputs: .npz (x, y), .npy, .csv or a folder of images.",
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(help="Samples to verify with (default: the calibration data, else random)."),
]
OutputFolder = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", help="Where to write the project.", show_default="build/MODEL/BOARD"
    ),
]
ExportFolder = Annotated[
    Path | None, typer.Option("--output", "-o", help="Where to write the C library.")
]
Json = Annotated[
    Path | None, typer.Option("--json", help="Also write the report to this file, as JSON.")
]
ProjectFile = Annotated[
    Path | None, typer.Option("--project", help="Project file.", show_default="./tinydeploy.toml")
]
DumpIr = Annotated[bool, typer.Option("--dump-ir", help="Print the graph after each pass.")]
Port = Annotated[
    str | None,
    typer.Option(
        help="Serial port of a real board, as pyserial names it (/dev/ttyACM0, COM3, …); "
        "auto: by the board's USB id."
    ),
]
Rig = Annotated[
    Path | None, typer.Option("--rig", help="Measure on the boards of this rig file (rig.toml).")
]
DEFAULT_WAIT_S = 600.0
Wait = Annotated[
    float,
    typer.Option("--wait", min=0, help="Seconds to wait while others use the rig's boards."),
]
Cycles = Annotated[
    bool, typer.Option("--cycles", help="Also estimate cycles (one more run on the emulator).")
]
Goal = Annotated[
    Optimize | None,
    typer.Option(
        "--optimize", help="What counts most.", case_sensitive=False, show_default="balanced"
    ),
]
Numbers = Annotated[
    Quantize | None,
    typer.Option(
        "--quantize",
        help="What a float model becomes; int16x8: int16 activations, int8 weights.",
        case_sensitive=False,
        show_default="int8",
    ),
]
Samples = Annotated[
    int | None, typer.Option("--samples", "-n", min=1, max=100_000, help="How many inputs to send.")
]
Runs = Annotated[int, typer.Option(min=1, max=10_000, help="How many inferences to measure.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed of the random inputs.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing file.")]
