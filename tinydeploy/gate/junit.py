"""The outcomes as JUnit XML, as Ant, Jenkins, GitLab and GitHub's actions read it."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from datetime import datetime, timezone
from xml.etree.ElementTree import Element, SubElement, tostring

from tinydeploy import __version__
from tinydeploy.gate.check import Outcome
from tinydeploy.gate.figures import figure
from tinydeploy.rig.bench import DeviceState

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(outcomes: Sequence[Outcome], devices: Sequence[DeviceState] = ()) -> str:
    """One test case for each pair: its board is the class, its model and variant are the name.

    What became of the rig's `devices` stands in the properties.
    Every element and attribute is one that both Ant's schema and Jenkins' know.
    """
    root = Element("testsuites")
    results = [_result(outcome) for outcome in outcomes]
    suite = SubElement(
        root,
        "testsuite",
        name="tinydeploy check",
        package="tinydeploy",
        id="0",
        timestamp=datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S"),
        hostname=socket.gethostname(),
        tests=str(len(outcomes)),
        time=f"{sum(outcome.seconds for outcome in outcomes):.3f}",
        failures=str(results.count("failure")),
        errors="0",
        skipped=str(results.count("skipped")),
    )
    properties = SubElement(suite, "properties")
    SubElement(properties, "property", name="tinydeploy", value=__version__)
    for device in devices:
        value = f"bad: {device.bad}" if device.bad else "good"
        SubElement(properties, "property", name=f"device {device.name}", value=_clean(value))
    for outcome in outcomes:
        _add_case(suite, outcome)
    figures = "\n".join(_figures(outcome) for outcome in outcomes)
    SubElement(suite, "system-out").text = _clean(figures)
    SubElement(suite, "system-err").text = ""
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def _result(outcome: Outcome) -> str:
    """The element that says how a pair ended; "" where it passed.

    Always "failure", never "error": one of the two schemas doesn't know the latter.
    """
    if outcome.skipped:
        return "skipped"
    return "failure" if outcome.failures else ""


def _add_case(suite: Element, outcome: Outcome) -> None:
    pair, result = outcome.pair, _result(outcome)
    case = SubElement(
        suite,
        "testcase",
        name=_clean(f"{pair.model_name}, {pair.variant}"),
        classname=_clean(pair.board.id),
        time=f"{outcome.seconds:.3f}",
    )
    if not result:
        return
    findings = outcome.failures or outcome.findings
    element = SubElement(case, result, message=_clean(findings[0].message))
    if result != "skipped":
        element.set("type", findings[0].kind.value)
    element.text = _clean("\n".join(finding.message for finding in findings))


def _figures(outcome: Outcome) -> str:
    record = outcome.record
    shown = (
        [f"{name} {figure(name).show(value)}" for name, value in record.figures.items()]
        if record
        else [finding.message for finding in outcome.findings]
    )
    device = f" on {outcome.device}" if outcome.device else ""
    return f"{outcome.pair.name}{device}: {', '.join(shown)}"


def _clean(text: str) -> str:
    """`text` without the characters that XML can't hold: names may have any."""
    return _NOT_XML.sub("?", text)
