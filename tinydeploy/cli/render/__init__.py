"""What the commands show. Only these modules print."""

from tinydeploy.cli.render.bisection import show_bisection
from tinydeploy.cli.render.boards import show_boards, show_devices, show_health
from tinydeploy.cli.render.check import show_check
from tinydeploy.cli.render.compression import show_compression
from tinydeploy.cli.render.console import progress, show_message
from tinydeploy.cli.render.inspection import show_inspection
from tinydeploy.cli.render.report import show_report
from tinydeploy.cli.render.tuning import show_tuning
from tinydeploy.cli.render.written import show_files, show_graphs, show_library

__all__ = [
    "progress",
    "show_bisection",
    "show_boards",
    "show_check",
    "show_compression",
    "show_devices",
    "show_files",
    "show_graphs",
    "show_health",
    "show_inspection",
    "show_library",
    "show_message",
    "show_report",
    "show_tuning",
]
