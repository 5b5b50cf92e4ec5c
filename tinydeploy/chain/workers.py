"""Trials side by side, through dask.distributed: on this computer, or on a scheduler's workers."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tinydeploy.chain.run import run_sizes, run_trial
from tinydeploy.chain.trial import Outcome, Setting, Trial
from tinydeploy.errors import DeviceError, TinydeployError, ToolMissingError
from tinydeploy.frontend.quantization_sizes import QuantizationSize
from tinydeploy.frontend.tensorflow_env import QUIET_ENVIRONMENT
from tinydeploy.progress import Step, no_step

_CONNECT_TIMEOUT_S = 30
_ALLOWED_DEATHS = 2
BOARD_RESOURCE = "board"


class Workers:
    """Runs trials on the workers of a dask client. Make one with `open_workers`."""

    def __init__(self, client: Any, needs_board: bool) -> None:
        self._client = client
        self._resources = {BOARD_RESOURCE: 1} if needs_board else None

    def run(
        self, setting: Setting, trials: Sequence[Trial], step: Step = no_step
    ) -> list[Outcome | TinydeployError]:
        """Run every trial; each gives its outcome, or the error that it ended in, in this order."""
        distributed = _distributed()
        futures = [
            self._client.submit(
                run_trial, setting, trial, key=f"trial-{trial.key(setting)}",
                resources=self._resources, retries=0,
            )
            for trial in trials
        ]  # fmt: skip
        for done, _ in enumerate(distributed.as_completed(futures), 1):
            step(f"{done} of {len(trials)} trials", done / len(trials))
        return [self._result(future, trial) for future, trial in zip(futures, trials, strict=True)]

    def sizes(self, setting: Setting, model: Path) -> tuple[QuantizationSize, ...]:
        """The sizes of a .keras file by kind of quantization. Raises what quantize() does."""
        sizes: tuple[QuantizationSize, ...] = self._client.submit(
            run_sizes, setting, model, pure=False
        ).result()
        return sizes

    def _result(self, future: Any, trial: Trial) -> Outcome | TinydeployError:
        distributed = _distributed()
        try:
            outcome: Outcome = future.result()
        except TinydeployError as error:
            return error
        except (distributed.KilledWorker, distributed.CancelledError) as error:
            return DeviceError(
                f"the worker that ran {trial} died {_ALLOWED_DEATHS + 1} times ({error})",
                "Is there enough memory? Finished trials are kept: start again, with fewer "
                "--workers.",
            )
        return outcome


@contextlib.contextmanager
def open_workers(scheduler: str | None, count: int, needs_board: bool = False) -> Iterator[Workers]:
    """`count` processes of this computer, or the workers of `scheduler` ("tcp://host:8786").

    Raises ToolMissingError where nobody answers there.
    """
    import dask  # noqa: PLC0415 - slow to import, and rarely needed

    distributed = _distributed()
    for name in ("distributed", "tornado", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    settings = {
        "distributed.scheduler.allowed-failures": _ALLOWED_DEATHS,
        "distributed.worker.daemon": False,  # trials start processes of their own
        "distributed.nanny.pre-spawn-environ": _environment(count),
        "distributed.admin.log-length": 0,
    }
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask.config.set(settings))
        address: Any = scheduler
        if scheduler is None:
            resources = {BOARD_RESOURCE: 1} if needs_board else None
            address = stack.enter_context(
                distributed.LocalCluster(
                    n_workers=count, threads_per_worker=1, resources=resources,
                    dashboard_address="127.0.0.1:0",  # any free port: other searches have theirs
                    silence_logs=logging.CRITICAL,
                )
            )  # fmt: skip
        try:
            client = stack.enter_context(distributed.Client(address, timeout=_CONNECT_TIMEOUT_S))
        except (OSError, TimeoutError) as error:
            raise ToolMissingError(
                f"no dask scheduler answers at {scheduler}",
                "Start one with `dask scheduler`, and workers with `dask worker ADDRESS`.",
            ) from error
        if scheduler is None:
            client.run(_silence_standard_error)
        yield Workers(client, needs_board)


def _distributed() -> Any:
    """The module, untyped as it is. Imported late: it is slow, and rarely needed."""
    return importlib.import_module("distributed")


def _environment(count: int) -> dict[str, str]:
    """TensorFlow silent, and its threads shared out among the workers."""
    threads = str(max(1, (os.cpu_count() or 1) // count))
    sizes = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    return {**QUIET_ENVIRONMENT, **dict.fromkeys(sizes, threads)}


def _silence_standard_error() -> None:
    """In a worker: what TensorFlow's C++ code writes there says nothing to the user."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
