"""The commands, in the order in which help lists them."""

from __future__ import annotations

from collections.abc import Callable

from tinydeploy.cli.boards import boards
from tinydeploy.cli.build import build
from tinydeploy.cli.check import check
from tinydeploy.cli.compress import compress
from tinydeploy.cli.devices import devices
from tinydeploy.cli.doctor import doctor
from tinydeploy.cli.export import export
from tinydeploy.cli.flash import flash
from tinydeploy.cli.init import init
from tinydeploy.cli.inspect import inspect
from tinydeploy.cli.monitor import monitor
from tinydeploy.cli.run import run
from tinydeploy.cli.tune import tune
from tinydeploy.cli.verify import verify

COMMANDS: tuple[Callable[..., None], ...] = (
    build,
    flash,
    run,
    verify,
    check,
    tune,
    compress,
    export,
    inspect,
    boards,
    devices,
    monitor,
    doctor,
    init,
)
