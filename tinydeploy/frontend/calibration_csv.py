"""Reads samples from a CSV file: one sample a row, columns in the order of the input's elements."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tinydeploy.errors import CalibrationError
from tinydeploy.frontend.calibration_arrays import MAX_DATA_BYTES, RawSamples
from tinydeploy.frontend.specs import ANY_SIZE, TensorSpec

if TYPE_CHECKING:
    from tinydeploy.ir.graph import Array

_LABEL_COLUMNS = ("label", "labels", "y", "class", "target")
_HINT = "One sample a row, comma-separated numbers; a column named label holds the class."


def read_csv(path: Path, inputs: Sequence[TensorSpec]) -> RawSamples:
    """Read features, split among `inputs` in their order, and labels where there are any.

    The label column is the one a header calls label, y, class or target; without a header, a last
    column beyond the features. Labels that aren't numbers are numbered in sorted order.
    """
    rows = _read_rows(path)
    is_data = _all_numbers(rows[0]) and not _are_column_numbers(rows[0])
    header = None if is_data else rows[0]
    body = rows if header is None else rows[1:]
    if not body:
        raise CalibrationError(f"{path} has a header but no samples", _HINT)
    _check_widths(rows, path)
    sizes = [_sample_size(spec, path) for spec in inputs]
    label_column = _label_column(header, rows[0], sum(sizes))
    y = None if label_column is None else _labels([row[label_column] for row in body])
    keep = [k for k in range(len(rows[0])) if k != label_column]
    features = _numbers(body, keep, path, first_line=1 if header is None else 2)
    return RawSamples(_split(features, sizes, path), (str(path),) * len(inputs), y)


def _read_rows(path: Path) -> list[list[str]]:
    if path.stat().st_size > MAX_DATA_BYTES:
        raise CalibrationError(f"{path} is larger than {MAX_DATA_BYTES >> 20} MiB", _HINT)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            delimiter = _delimiter(file.readline())
            file.seek(0)
            rows = [row for row in csv.reader(file, delimiter=delimiter) if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise CalibrationError(f"{path} is not a CSV file: {error}", _HINT) from error
    if not rows:
        raise CalibrationError(f"{path} holds no samples", _HINT)
    return [[cell.strip() for cell in row] for row in rows]


def _delimiter(line: str) -> str:
    return max(",;\t", key=line.count)


def _check_widths(rows: list[list[str]], path: Path) -> None:
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise CalibrationError(
                f"{path}: row {number} has {len(row)} columns, row 1 has {len(rows[0])}", _HINT
            )


def _sample_size(spec: TensorSpec, path: Path) -> int:
    if ANY_SIZE in spec.sample_shape:
        raise CalibrationError(
            f'{path}: a CSV file can\'t give input "{spec.name}" its open dimensions',
            "Pass a .npz, whose x has the full shape.",
        )
    return spec.sample_size


def _label_column(header: list[str] | None, first: list[str], features: int) -> int | None:
    if header is not None:
        named = [k for k, cell in enumerate(header) if cell.lower() in _LABEL_COLUMNS]
        is_named = len(named) == 1 and len(header) != features
        # An unnamed first column is the index that pandas writes: no features, no labels.
        return named[0] if is_named else None
    return len(first) - 1 if len(first) == features + 1 else None


def _numbers(body: list[list[str]], columns: list[int], path: Path, first_line: int) -> Array:
    features = np.empty((len(body), len(columns)), np.float32)
    for k, row in enumerate(body):
        for j, column in enumerate(columns):
            try:
                features[k, j] = float(row[column])
            except ValueError:
                raise CalibrationError(
                    f'{path}: row {k + first_line}, column {column + 1} is "{row[column][:40]}", '
                    "not a number",
                    _HINT,
                ) from None
    return features


def _split(features: Array, sizes: list[int], path: Path) -> tuple[Array, ...]:
    if features.shape[1] != sum(sizes):
        raise CalibrationError(
            f"{path} has {features.shape[1]} feature columns, the model takes {sum(sizes)} values",
            _HINT,
        )
    return tuple(np.split(features, np.cumsum(sizes)[:-1], axis=1))


def _labels(cells: list[str]) -> Array:
    if _all_numbers(cells):
        return np.array([float(cell) for cell in cells])
    numbers = {name: k for k, name in enumerate(sorted(set(cells)))}
    return np.array([numbers[cell] for cell in cells])


def _are_column_numbers(cells: list[str]) -> bool:
    """Whether it is 0, 1, 2, …: the header that pandas gives columns without names."""
    return len(cells) > 2 and cells == [str(k) for k in range(len(cells))]


def _all_numbers(cells: list[str]) -> bool:
    try:
        return all(isinstance(float(cell), float) for cell in cells)
    except ValueError:
        return False
