"""Measuring on whichever device of the rig is free, and on another where one fails."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from tinydeploy import pipeline
from tinydeploy.device.serial_link import FirmwareError
from tinydeploy.device.verify import Verification
from tinydeploy.errors import AbsentError, DeviceError, InternalError, TinydeployError
from tinydeploy.pipeline import Built, Samples
from tinydeploy.progress import Step, no_step
from tinydeploy.report.report import Measurement
from tinydeploy.rig.bench import Bench, kind_of
from tinydeploy.rig.recovery import prepare, recover
from tinydeploy.rig.settings import Device

# A model that brings down every device it runs on must not take the whole bench with it.
_MOST_DEVICES = 2


@dataclass(frozen=True, slots=True)
class DeviceRun:
    """What one device of the rig measured; `notes` say what went wrong before it did."""

    device: str
    measurement: Measurement
    verification: Verification
    notes: tuple[str, ...] = ()


def measure_on_rig(bench: Bench, built: Built, samples: Samples, step: Step = no_step) -> DeviceRun:
    """Run the samples on a free device of the firmware's board.

    A device that stops answering is power-cycled, flashed anew and tried once more; then it is
    marked bad, and another one is tried.

    Raises:
        BusyError: others hold every such device for too long.
        AbsentError: the rig has no such device, or none is connected.
        DeviceError: none answered, or the firmware faulted.
        ToolMissingError: a command of the rig file can't be run.
    """
    notes: list[str] = []
    errors: list[TinydeployError] = []
    for attempt in itertools.count(1):
        with bench.lease(built.compiled.board, step) as device:
            try:
                measurement, verification = _measure_on(bench, device, built, samples, step, notes)
            except FirmwareError as error:
                raise FirmwareError(f"{device.name}: {error.message}", error.hint) from error
            except (DeviceError, AbsentError) as error:
                bench.mark_bad(device, error)
                notes.append(f"{device.name} is bad: {error.message}")
                errors.append(error)
                if attempt == _MOST_DEVICES:
                    raise kind_of(errors)("; ".join(notes), error.hint) from error
            else:
                bench.note_measured(device)
                return DeviceRun(device.name, measurement, verification, tuple(notes))
    raise InternalError("the count never ends")


def _measure_on(
    bench: Bench, device: Device, built: Built, samples: Samples, step: Step, notes: list[str]
) -> tuple[Measurement, Verification]:
    """One device's attempt, and a second one after its recovery."""

    def measure() -> tuple[Measurement, Verification]:
        return pipeline.measure(built, samples, device.port, step)

    try:
        step(f"preparing {device.name}", None)
        prepare(device, built.result, bench.commands)
        return measure()
    except FirmwareError:
        raise  # the device answers
    except (DeviceError, AbsentError) as error:
        failure = error
    step(f"recovering {device.name}", None)
    try:
        done = recover(device, built.result, bench.commands)
        result = measure()
    except FirmwareError:
        raise
    except (DeviceError, AbsentError) as error:
        message = f"{failure.message}; then: {error.message}"
        raise kind_of((failure, error))(message, error.hint) from error
    notes.append(f"{device.name} was {done} after: {failure.message}")
    bench.note_recovered(device)
    return result
