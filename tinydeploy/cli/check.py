"""`tinydeploy check`: the gate that a firmware team's CI runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinydeploy.cli import options

Update = Annotated[
    bool, typer.Option("--update-baseline", help="Make what was measured the new baseline.")
]
JUnit = Annotated[Path | None, typer.Option("--junit", help="Also write JUnit XML to this file.")]
Markdown = Annotated[
    Path | None, typer.Option("--markdown", help="Also write a summary to this file, as Markdown.")
]


def check(
    update_baseline: Update = False,
    json: options.Json = None,
    junit: JUnit = None,
    markdown: Markdown = None,
    output: options.OutputFolder = None,
    project: options.ProjectFile = None,
    rig: options.Rig = None,
    wait: options.Wait = options.DEFAULT_WAIT_S,
) -> None:
    """Run every model on every board of tinydeploy.toml, and compare with budgets and baseline.

    Ends with an error when a figure got worse, an output changed, or nothing could be checked.
    """
    from tinydeploy.cli import render
    from tinydeploy.cli.summaries import write_summaries
    from tinydeploy.cli.work import open_bench
    from tinydeploy.config import PROJECT_FILE, read_project
    from tinydeploy.errors import RegressionError, UsageError
    from tinydeploy.gate import check as gate
    from tinydeploy.gate.baseline import BASELINE_FILE, read_baseline, write_baseline
    from tinydeploy.gate.on_rig import check_on_rig
    from tinydeploy.gate.settings import read_pairs

    settings = read_project(project)
    pairs = read_pairs(settings, project)
    file = project or Path(PROJECT_FILE)
    path = settings.baseline or file.parent / BASELINE_FILE
    try:
        baseline = read_baseline(path, settings.baseline is not None and not update_baseline)
    except (UsageError, RegressionError) as error:
        if not update_baseline:
            raise
        render.show_message(f"{error.message}: a new one is written.")
        baseline = None
    folder = output or Path("build") / "check"
    bench = open_bench(rig, wait, None)
    with render.progress() as step:
        if bench:
            outcomes = check_on_rig(pairs, baseline, folder, bench, step)
        else:
            outcomes = [gate.check_pair(pair, baseline, folder, step) for pair in pairs]
    devices = bench.states() if bench else ()
    try:
        if update_baseline:
            write_baseline(path, gate.merged_baseline(outcomes, baseline))
            outcomes = [gate.without_regressions(outcome) for outcome in outcomes]
        write_summaries(outcomes, baseline, str(file), json, junit, markdown, devices)
    finally:
        render.show_check(outcomes, baseline, devices)
    failure = gate.verdict(outcomes)
    if failure is not None:
        raise failure
