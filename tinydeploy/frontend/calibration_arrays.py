"""Reads .npy and .npz without trusting them: no pickles, and sizes are checked before reading."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from tinydeploy.errors import CalibrationError

if TYPE_CHECKING:
    from tinydeploy.frontend.specs import TensorSpec
    from tinydeploy.ir.graph import Array

MAX_DATA_BYTES = 1 << 30
_HEADER_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_TARGET_NAMES = ("y", "labels", "label")
_SMALLER_HINT = "A few hundred samples are enough for calibration: save fewer."
_SAVE_HINT = "Save numbers with numpy.savez(path, x=samples, y=labels)."


@dataclass(frozen=True, slots=True)
class RawSamples:
    """Arrays as found in a file, one per input of the model, and where each came from."""

    x: tuple[Array, ...]
    names: tuple[str, ...]
    y: Array | None = None


def read_npy(path: Path) -> RawSamples:
    """Read the samples of the only input from a .npy file."""
    with path.open("rb") as file:
        array = _read_array(file, path.stat().st_size, str(path))
    return RawSamples((array,), (str(path),))


def read_npz(path: Path, inputs: Sequence[TensorSpec]) -> RawSamples:
    """Read one array per input and, where there is one, the array of labels from a .npz file."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, path)
            names = _names_of_inputs(members, inputs, path)
            target = next((n for n in _TARGET_NAMES if n in members and n not in names), None)
            x = tuple(_read_member(archive, members[name], path) for name in names)
            y = None if target is None else _read_member(archive, members[target], path)
    except CalibrationError:
        raise
    except Exception as error:  # of zipfile, zlib and struct, fed with garbage
        raise CalibrationError(
            f"{path} is not a whole .npz file: {first_line(error)}", _SAVE_HINT
        ) from error
    return RawSamples(x, tuple(f"{path}: {name}" for name in names), y)


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    infos = [info for info in archive.infolist() if info.filename.endswith(".npy")]
    if not infos:
        raise CalibrationError(f"{path} holds no arrays", _SAVE_HINT)
    return {info.filename.removesuffix(".npy"): info for info in infos}


def _names_of_inputs(
    members: dict[str, Any], inputs: Sequence[TensorSpec], path: Path
) -> tuple[str, ...]:
    found = [name for name in members if name not in _TARGET_NAMES]
    for names in _possible_names(inputs, found):
        if all(name in members for name in names):
            return names
    wanted = "x" if len(inputs) == 1 else ", ".join(f"x{k}" for k in range(len(inputs)))
    shown = ", ".join(list(members)[:10])
    by_name = " or ".join(f'"{plain_name(spec.name)}"' for spec in inputs)
    raise CalibrationError(
        f"{path} holds {shown}; expected {wanted} (or by input name: {by_name})", _SAVE_HINT
    )


def _possible_names(inputs: Sequence[TensorSpec], found: list[str]) -> list[tuple[str, ...]]:
    numbered = tuple(f"x{k}" for k in range(len(inputs)))
    own = tuple(spec.name for spec in inputs)
    plain = tuple(plain_name(spec.name) for spec in inputs)
    if len(inputs) > 1:
        return [own, plain, numbered]
    only = [(found[0],)] if len(found) == 1 else []
    return [("x",), own, plain, numbered, *only]


def plain_name(name: str) -> str:
    """Return an input's name without what the TensorFlow Lite converter adds to it."""
    return name.removeprefix("serving_default_").removesuffix(":0").removesuffix("_int8")


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> Array:
    with archive.open(info) as file:
        return _read_array(file, info.file_size, f"{path}: {info.filename.removesuffix('.npy')}")


def _read_array(file: IO[bytes], size_bytes: int, where: str) -> Array:
    shape, is_fortran, dtype = _read_header(file, where)
    _check_dtype(dtype, where)
    data_bytes = prod(shape) * dtype.itemsize
    if data_bytes > MAX_DATA_BYTES:
        raise CalibrationError(
            f"{where} would take {data_bytes / 2**20:.0f} MiB of memory, "
            f"more than {MAX_DATA_BYTES >> 20} MiB",
            _SMALLER_HINT,
        )
    if data_bytes > size_bytes:
        raise _cut_off(where)
    data = file.read(data_bytes)
    if len(data) != data_bytes:
        raise _cut_off(where)
    order = "F" if is_fortran else "C"
    return np.asarray(np.frombuffer(data, dtype).reshape(shape, order=order))  # type: ignore[call-overload]


def _read_header(file: IO[bytes], where: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        version = np.lib.format.read_magic(file)
        shape, is_fortran, dtype = _HEADER_READERS[version](file)
    except Exception as error:  # of a literal parser fed with garbage: half a dozen types
        raise CalibrationError(
            f"{where} is not a NumPy array: {first_line(error)}", _SAVE_HINT
        ) from error
    if any(size < 0 for size in shape):
        raise CalibrationError(f"{where} has a negative dimension {shape}", _SAVE_HINT)
    return shape, is_fortran, dtype


def _check_dtype(dtype: np.dtype[Any], where: str) -> None:
    if dtype.kind not in "biuf" or dtype.itemsize > np.dtype(np.float64).itemsize:
        raise CalibrationError(
            f"{where} holds values of type {dtype}; expected integers or floats", _SAVE_HINT
        )


def _cut_off(where: str) -> CalibrationError:
    return CalibrationError(f"{where} is cut off: less data than its header says", _SAVE_HINT)


def first_line(error: BaseException) -> str:
    """Return the first line of a library's error message, at most 200 characters."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
