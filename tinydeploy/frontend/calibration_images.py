"""Reads a folder of images as samples: resized to the input, as float32."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tinydeploy.errors import CalibrationError, ToolMissingError
from tinydeploy.frontend.calibration_arrays import RawSamples, first_line
from tinydeploy.frontend.specs import ANY_SIZE, TensorSpec

if TYPE_CHECKING:
    from tinydeploy.ir.graph import Array

# More would take long to decode and change nothing; they are picked evenly from the sorted list.
MAX_IMAGES = 2000

_SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
)
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_MAX_PIXELS = 100_000_000
_HINT = "Put the images in the folder, or one sub-folder per class, in the order of the classes."


def read_images(folder: Path, spec: TensorSpec, value_range: tuple[float, float]) -> RawSamples:
    """Read the images of `folder` for the input `spec`, whose shape is (1, H, W, channels).

    Names are sorted. Sub-folders are classes, numbered in sorted order, those without images too.
    Each image is converted to grey or RGB, resized (bilinear) to W x H, and mapped from 0..255 to
    `value_range`.
    """
    height, width, channels = _image_shape(spec, folder)
    files, labels = _list_images(folder)
    if len(files) > MAX_IMAGES:
        picked = [int(k) for k in np.arange(MAX_IMAGES) * len(files) // MAX_IMAGES]
        files = [files[k] for k in picked]
        labels = labels if labels is None else labels[picked]
    pixels = np.stack([_read_image(file, (width, height), channels) for file in files])
    low, high = value_range
    values = pixels.astype(np.float32) * np.float32((high - low) / 255.0) + np.float32(low)
    return RawSamples((values.reshape(len(files), *spec.sample_shape),), (str(folder),), labels)


def _image_shape(spec: TensorSpec, folder: Path) -> tuple[int, int, int]:
    shape = spec.sample_shape
    if len(shape) == 2:
        shape = (*shape, 1)
    if len(shape) != 3 or ANY_SIZE in shape or shape[2] not in _MODES:
        raise CalibrationError(
            f'{folder}: input "{spec.name}" of shape {list(spec.shape)} does not take images',
            "Images need an input of (height, width, 1 or 3). Pass a .npz instead.",
        )
    return shape[0], shape[1], shape[2]


def _list_images(folder: Path) -> tuple[list[Path], Array | None]:
    top = _images_in(folder)
    folders = [f for f in folder.iterdir() if f.is_dir() and not f.name.startswith(".")]
    classes = {f: _images_in(f) for f in sorted(folders)}
    filled = [f.name for f, images in classes.items() if images]
    if top and filled:
        raise CalibrationError(
            f"{folder} holds images both directly ({top[0].name}, …) and in sub-folders "
            f"({filled[0]}, …)",
            _HINT,
        )
    if not top and not filled:
        raise CalibrationError(f"{folder} holds no images ({', '.join(sorted(_SUFFIXES))})", _HINT)
    if top:
        return top, None
    labels = [k for k, images in enumerate(classes.values()) for _ in images]
    return [image for images in classes.values() for image in images], np.array(labels)


def _images_in(folder: Path) -> list[Path]:
    return sorted(
        file
        for file in folder.iterdir()
        if file.suffix.lower() in _SUFFIXES and not file.name.startswith(".") and file.is_file()
    )


def _check_size(pixels: int, file: Path) -> None:
    if pixels > _MAX_PIXELS:
        raise CalibrationError(f"{file} has {pixels} pixels, more than {_MAX_PIXELS}", _HINT)


def _read_image(file: Path, size: tuple[int, int], channels: int) -> Array:
    try:
        from PIL import Image  # noqa: PLC0415 - slow to import, and rarely needed
    except ImportError as error:
        raise ToolMissingError("reading images needs Pillow", "pip install pillow") from error
    try:
        with Image.open(file) as image:
            _check_size(image.width * image.height, file)
            converted = image.convert(_MODES[channels])
            resized = converted.resize(size, Image.Resampling.BILINEAR)
            return np.asarray(resized, np.uint8).reshape(size[1], size[0], channels)
    except CalibrationError:
        raise
    # Decoders raise nearly anything on damaged files.
    except Exception as error:
        raise CalibrationError(
            f"{file} is not a readable image: {first_line(error)}", _HINT
        ) from error
