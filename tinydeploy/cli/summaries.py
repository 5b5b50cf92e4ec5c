"""Where `tinydeploy check` writes what it found, besides the terminal."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from tinydeploy.cli import render
from tinydeploy.errors import OutputError
from tinydeploy.gate.baseline import Record
from tinydeploy.gate.check import Outcome
from tinydeploy.gate.document import check_document
from tinydeploy.gate.junit import junit_xml
from tinydeploy.gate.markdown import github_annotations, markdown_summary
from tinydeploy.report.files import write_json, write_text
from tinydeploy.rig.bench import DeviceState


def write_summaries(
    outcomes: Sequence[Outcome],
    baseline: Mapping[str, Record] | None,
    project_file: str,
    json: Path | None,
    junit: Path | None,
    markdown: Path | None,
    devices: Sequence[DeviceState] = (),
) -> None:
    """Write the files that were asked for, and what GitHub Actions shows of its own accord."""
    if json:
        write_json(json, check_document(outcomes, baseline, devices))
    if junit:
        write_text(junit, junit_xml(outcomes, devices))
    summary = markdown_summary(outcomes, baseline, devices)
    if markdown:
        write_text(markdown, summary)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in github_annotations(outcomes, project_file):
            render.show_message(line)
    step_summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if step_summary:
        _append(Path(step_summary), summary)


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise OutputError(
            f"{path} can't be written: {error.strerror}", "GITHUB_STEP_SUMMARY names this file."
        ) from None
