"""`tinydeploy doctor`: what this machine has, what is missing, how to install it."""

from __future__ import annotations

from tinydeploy.cli import options


def doctor(json: options.Json = None) -> None:
    """Show which tools this machine has, and how to install those that are missing."""
    from tinydeploy.cli import render
    from tinydeploy.device.health import check_machine
    from tinydeploy.report.files import write_json

    findings = check_machine()
    if json:
        write_json(json, {"tools": [finding.to_json() for finding in findings]})
    render.show_health(findings)
