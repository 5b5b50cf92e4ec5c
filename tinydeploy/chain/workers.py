"""Trials side by side, through dask.distributed: on this computer, or on a scheduler's workers."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from tinydeploy.chain.run import (
    ask_teachers,
    run_augmentation,
    run_int8,
    run_sizes,
    run_trial,
    train,
)
from tinydeploy.chain.survey import run_survey
from tinydeploy.chain.trial import Outcome, Setting, Trial, lessons, stages_key
from tinydeploy.compress.size import Of
from tinydeploy.errors import DeviceError, TinydeployError, ToolMissingError
from tinydeploy.frontend.quantization_sizes import QuantizationSize
from tinydeploy.frontend.tensorflow_env import TRAINING_ENVIRONMENT
from tinydeploy.progress import Step, no_step

_CONNECT_TIMEOUT_S = 30
_ALLOWED_DEATHS = 2
_MOST_BY_DEFAULT = 4
BOARD_RESOURCE = "board"
P = ParamSpec("P")
Found = TypeVar("Found")


class Workers:
    """Runs trials on the workers of a dask client. Make one with `open_workers`."""

    def __init__(self, client: Any, needs_board: bool) -> None:
        self._client = client
        self._resources = {BOARD_RESOURCE: 1} if needs_board else None

    def run(
        self, setting: Setting, trials: Sequence[Trial], step: Step = no_step
    ) -> list[Outcome | TinydeployError]:
        """Run every trial; each gives its outcome, or the error that it ended in, in this order."""
        if self._resources:
            self.train(setting, trials)  # by all workers: only measuring needs a board
        futures = [
            self._client.submit(
                run_trial, setting, trial, key=f"trial-{trial.key(setting)}",
                resources=self._resources, retries=0,
            )
            for trial in trials
        ]  # fmt: skip
        self._wait(futures, step)
        return [_result(future, str(trial)) for future, trial in zip(futures, trials, strict=True)]

    def train(self, setting: Setting, trials: Sequence[Trial], step: Step = no_step) -> None:
        """Train models that others start from. An error is told by the trials that need them."""
        futures = [
            self._client.submit(
                train, setting, trial.stages, key=f"train-{stages_key(setting, trial.stages)}",
                retries=0,
            )
            for trial in trials
        ]  # fmt: skip
        self._wait(futures, step)

    def ask(self, setting: Setting, trials: Sequence[Trial], step: Step = no_step) -> None:
        """Let teachers answer to all that trainings of `trials` will see of the samples.

        Else trials side by side would ask the same at the same time. An error is told by them.
        """
        futures = [
            self._client.submit(
                ask_teachers, setting, stages, view,
                key=f"ask-{stages_key(setting, stages)}-{view}", retries=0,
            )
            for stages, view in lessons(trials)
        ]  # fmt: skip
        self._wait(futures, step, "answers of the teachers")

    def survey(self, setting: Setting) -> dict[str, dict[Of, float]]:
        """Where the model has its MACs and weights. Raises what `run_survey` does."""
        return self._ask("the survey", run_survey, setting)

    def augmentation(self, setting: Setting) -> str:
        """What the original sees through of changed images. Raises what `run_augmentation` does."""
        return self._ask("the survey", run_augmentation, setting)

    def int8(self, setting: Setting, model: Path) -> bytes:
        """A .keras file of a trial as .tflite, as it was measured. Raises what quantize() does."""
        return self._ask("the conversion", run_int8, setting, model)

    def sizes(self, setting: Setting, model: Path) -> tuple[QuantizationSize, ...]:
        """The sizes of a .keras file by kind of quantization. Raises what quantize() does."""
        return self._ask("the conversions", run_sizes, setting, model)

    def _ask(self, name: str, work: Callable[P, Found], *args: P.args, **kwargs: P.kwargs) -> Found:
        """What a worker's `work` gives. Raises the TinydeployError that it ended in."""
        found = _result(self._client.submit(work, *args, **kwargs, retries=0), name)
        if isinstance(found, TinydeployError):
            raise found
        return cast("Found", found)

    def _wait(self, futures: Sequence[Any], step: Step, what: str = "trials") -> None:
        for done, _ in enumerate(_distributed().as_completed(futures), 1):
            step(f"{done} of {len(futures)} {what}", done / len(futures))


def _result(future: Any, name: str) -> Any:
    """What the work gave, or the TinydeployError that it ended in."""
    distributed = _distributed()
    try:
        return future.result()
    except TinydeployError as error:
        return error
    except (distributed.KilledWorker, distributed.CancelledError):
        return DeviceError(
            f"the worker that ran {name} died {_ALLOWED_DEATHS + 1} times",
            "Is there enough memory? Finished trials are kept: start again, with fewer --workers.",
        )


def default_count() -> int:
    """One for each core; not many, as each has TensorFlow and all samples in memory."""
    return min(os.cpu_count() or 1, _MOST_BY_DEFAULT)


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
        # A worker that dies takes the blame for all trials that wait for it: none may wait there.
        "distributed.scheduler.worker-saturation": 1.0,
        "distributed.worker.daemon": False,  # trials start processes of their own
        # TensorFlow keeps what it has: a worker that is paused for its memory would never go on.
        "distributed.worker.memory.target": False,
        "distributed.worker.memory.spill": False,
        "distributed.worker.memory.pause": False,
        "distributed.worker.memory.terminate": False,
        "distributed.nanny.pre-spawn-environ": _ENVIRONMENT,
        "distributed.admin.log-length": 0,
    }
    with contextlib.ExitStack() as stack:
        stack.enter_context(_environment_kept())
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


_ENVIRONMENT = {
    **TRAINING_ENVIRONMENT,
    **dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1"),
}
"""TensorFlow silent, with one thread: how sums are split among several changes their last bits, and
after some epochs the model. So any number of workers finds the same; and small layers gain less
from a second thread than a second trial does."""


@contextlib.contextmanager
def _environment_kept() -> Iterator[None]:
    """Give this process its own variables back: dask sets those of its workers here as well."""
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _silence_standard_error() -> None:
    """In a worker: what TensorFlow's C++ code writes there says nothing to the user."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
