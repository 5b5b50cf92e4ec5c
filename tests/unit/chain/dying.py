"""Work for the workers of a test: trials that kill the process they run in. Seeds say how often."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

from tinydeploy.chain.trial import Figures, Outcome, Setting, Trial


def run_and_die(setting: Setting, trial: Trial) -> Outcome:
    """Die as often as the seed of the trial's first training says, then end well."""
    setting.folder.mkdir(exist_ok=True)
    deaths = list(setting.folder.glob(f"{trial}*"))
    if len(deaths) < trial.stages[0].fit.seed:
        tempfile.mkstemp(prefix=str(trial), dir=setting.folder)
        os.kill(os.getpid(), signal.SIGKILL)
    return Outcome(trial, Figures(1, 1, 1, 1, 1), Path(str(os.getpid())))
