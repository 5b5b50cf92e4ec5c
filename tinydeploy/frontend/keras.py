"""Loads .keras and .h5 files, of Keras 3 and Keras 2, without running code from them."""

from __future__ import annotations

import errno
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tinydeploy.errors import (
    ModelFileError,
    OutputError,
    TinydeployError,
    UnsupportedModelError,
)
from tinydeploy.frontend.fake_quantization import fake_quantization_layers
from tinydeploy.frontend.keras_config import Config, prepare_config, without_extra_dimension
from tinydeploy.frontend.tensorflow_env import import_tensorflow

_MAX_CONFIG_BYTES = 64 << 20
_MAX_UNPACKED_BYTES = 4 << 30
_SAVE_HINT = "Save the model again with model.save(path), and copy it whole."
_CUSTOM_HINT = (
    "Only built-in Keras layers and functions can be loaded; code in a model file is never run. "
    "Replace the custom parts, or convert the model yourself and pass an int8 .tflite."
)
_CUSTOM_SIGNS = re.compile(
    r"(could not (locate|interpret)|unknown (layer|object|activation)|lambda|custom)", re.IGNORECASE
)


def load_keras(path: Path) -> Any:
    """Return the keras.Model in a .keras or .h5 file, not compiled, all names safe.

    Raises ModelFileError for a damaged file, UnsupportedModelError for custom code, and
    ToolMissingError without TensorFlow.
    """
    import_tensorflow()
    fake_quantization_layers()  # known to Keras from here on
    load = _load_archive if zipfile.is_zipfile(path) else _load_hdf5
    try:
        model = load(path)
    except TinydeployError:
        raise
    except Exception as error:
        raise _refusal(path, error) from error
    _check_weights(model, path)
    return model


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _refusal(path: Path, error: Exception) -> TinydeployError:
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return OutputError(
            f"a copy of {path} can't be written to {tempfile.gettempdir()}: {error.strerror}",
            "Make room there, or point TMPDIR to another place.",
        )
    text = _essence(error)
    if _CUSTOM_SIGNS.search(str(error)):
        return UnsupportedModelError(f"{path} needs custom code: {text}", _CUSTOM_HINT)
    return ModelFileError(f"{path} can't be loaded as a Keras model: {text}", _SAVE_HINT)


def _essence(error: Exception) -> str:
    """Return the part of Keras's long messages that says what went wrong."""
    text = str(error)
    inner = re.search(r"Exception encountered: (.*)", text, re.DOTALL)
    lines = (inner.group(1) if inner else text).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:300]


def _check_weights(model: Any, path: Path) -> None:
    for weight in model.weights:
        if not np.isfinite(np.asarray(weight)).all():
            raise ModelFileError(
                f'{path}: weights "{weight.path}" hold NaN or infinite values',
                "The training diverged, or the file is damaged. Train or save the model again.",
            )


# --- .keras (zip) --------------------------------------------------------------------------


def _load_archive(path: Path) -> Any:
    with zipfile.ZipFile(path) as archive:
        config = json.loads(_read_text(archive, path, "config.json"))
        metadata = json.loads(_read_text(archive, path, "metadata.json"))
    prepared = _prepare(config, str(metadata.get("keras_version", "3")))
    return _load_repaired(path, prepared, _write_archive)


def _read_text(archive: zipfile.ZipFile, path: Path, name: str) -> bytes:
    if sum(info.file_size for info in archive.infolist()) > _MAX_UNPACKED_BYTES:
        raise ModelFileError(f"{path} unpacks to more than 4 GiB", _SAVE_HINT)
    if name not in archive.namelist():
        raise ModelFileError(f"{path} is not a Keras model: it holds no {name}", _SAVE_HINT)
    if archive.getinfo(name).file_size > _MAX_CONFIG_BYTES:
        raise ModelFileError(f"{path}: {name} is unreasonably large", _SAVE_HINT)
    return archive.read(name)


def _write_archive(source: Path, target: Path, config: Config) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            if info.filename == "config.json":
                new.writestr("config.json", json.dumps(config))
            else:
                with old.open(info) as reader, new.open(info.filename, "w") as writer:
                    shutil.copyfileobj(reader, writer)


# --- .h5 -----------------------------------------------------------------------------------


def _load_hdf5(path: Path) -> Any:
    import h5py  # noqa: PLC0415 - slow to import, and rarely needed

    if not h5py.is_hdf5(path):
        raise ModelFileError(
            f"{path} is neither a .keras nor an .h5 file, whatever its name", _SAVE_HINT
        )
    with h5py.File(path, "r") as file:
        text = file.attrs.get("model_config")
        version = file.attrs.get("keras_version", "2")
    if text is None:
        raise ModelFileError(
            f"{path} holds weights but no model",
            "Save the whole model with model.save(path), not only its weights.",
        )
    config = json.loads(text)
    prepared = _prepare(config, _text(version))
    return _load_repaired(path, prepared, _write_hdf5)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _write_hdf5(source: Path, target: Path, config: Config) -> None:
    import h5py  # noqa: PLC0415 - slow to import, and rarely needed

    shutil.copyfile(source, target)
    with h5py.File(target, "r+") as file:
        del file.attrs["model_config"]
        file.attrs["model_config"] = json.dumps(config)


# --- both ----------------------------------------------------------------------------------


def _prepare(config: Config, version: str) -> tuple[Config, bool]:
    import keras  # noqa: PLC0415 - slow to import, and rarely needed

    is_keras_2 = not re.match(r"[3-9]", version)
    return prepare_config(config, is_keras_2, keras.layers), is_keras_2


def _load_repaired(
    path: Path,
    prepared: tuple[Config, bool],
    write: Callable[[Path, Path, Config], None],
) -> Any:
    config, is_keras_2 = prepared
    suffix = ".keras" if zipfile.is_zipfile(path) else ".h5"
    with tempfile.TemporaryDirectory(prefix="tinydeploy-") as folder:
        # Always a copy with a fixed name: Keras goes by the suffix, users' files don't.
        copy = Path(folder, f"model{suffix}")
        write(path, copy, config)
        try:
            return _load_file(copy, is_keras_2)
        except Exception:
            shorter = without_extra_dimension(config)
            if shorter is None:
                raise
            write(path, copy, shorter)
            return _load_file(copy, is_keras_2)


def _load_file(path: Path, is_keras_2: bool) -> Any:
    import keras  # noqa: PLC0415 - slow to import, and rarely needed

    def hard_sigmoid_of_keras_2(x: Any) -> Any:
        return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)

    # Keras 3 gave the same name to another function, relu6(x + 3) / 6.
    renamed = {"hard_sigmoid": hard_sigmoid_of_keras_2} if is_keras_2 else {}
    with keras.saving.custom_object_scope(renamed):
        return keras.saving.load_model(path, compile=False, safe_mode=True)
