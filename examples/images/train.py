"""Train a CNN with room to spare on CIFAR-10 (Krizhevsky, 2009).

It has 321,290 parameters, most of them behind the Flatten.

    python train.py                downloads the photos
    python train.py --data FOLDER  has them in FOLDER/cifar10_train.npz and cifar10_test.npz

Writes model.keras, train.npz and test.npz beside this file.
"""

import argparse
import io
from itertools import pairwise
from pathlib import Path

import keras
import numpy as np
from PIL import Image

Part = tuple[np.ndarray, np.ndarray]
"""(samples, 32, 32, 3) uint8, and class numbers, (samples,)"""

HERE = Path(__file__).parent
SEED = 0
EPOCHS = 30
BATCH = 64
LEARNING_RATE = 1e-3
SHIFT_PIXELS = 4


def read_parts(folder: Path | None) -> tuple[Part, Part]:
    """The training and the test samples, from cifar10_train.npz and cifar10_test.npz of `folder`.

    Either file has `x` and `y`; or `jpeg`, files one after the other, with `offset` and `label`.
    """
    if folder is None:
        train, test = keras.datasets.cifar10.load_data()
        return (train[0], train[1].ravel()), (test[0], test[1].ravel())
    return _read(folder / "cifar10_train.npz"), _read(folder / "cifar10_test.npz")


def _read(path: Path) -> Part:
    with np.load(path) as file:
        if "x" in file:
            return file["x"], file["y"].ravel()
        data, offsets, labels = file["jpeg"], file["offset"], file["label"]
    files = (io.BytesIO(data[start:end].tobytes()) for start, end in pairwise(offsets))
    photos = [Image.open(file).convert("RGB") for file in files]
    return np.stack([np.asarray(photo) for photo in photos]), labels.astype(np.int64)


def make_model() -> keras.Model:
    """Raw pixels of 32x32x3 in, ten classes out."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((32, 32, 3), name="photo"),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(256, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax", name="class"),
        ]
    )


def augmented(photos: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(samples, 32, 32, 3) → the same, half of them mirrored, each shifted by up to 4 pixels."""
    margin = (SHIFT_PIXELS, SHIFT_PIXELS)
    padded = np.pad(photos, ((0, 0), margin, margin, (0, 0)), mode="edge")
    side = photos.shape[1]
    tops, lefts = rng.integers(0, 2 * SHIFT_PIXELS + 1, (2, len(photos)))
    corners = zip(padded, tops, lefts, strict=True)
    moved = np.stack([photo[t : t + side, left : left + side] for photo, t, left in corners])
    mirrored = rng.random(len(photos)) < 0.5
    moved[mirrored] = moved[mirrored, :, ::-1]
    return moved


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, help="folder of cifar10_train.npz, cifar10_test.npz")
    (x_train, y_train), (x_test, y_test) = read_parts(parser.parse_args().data)

    keras.utils.set_random_seed(SEED)
    rng = np.random.default_rng(SEED)
    model = make_model()
    steps = EPOCHS * -(-len(x_train) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    model.compile(
        keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    for epoch in range(EPOCHS):
        seen = augmented(x_train, rng).astype(np.float32)
        history = model.fit(seen, y_train, batch_size=BATCH, verbose=0)
        print(f"epoch {epoch + 1} of {EPOCHS}: loss {history.history['loss'][0]:.3f}", flush=True)
    _, accuracy = model.evaluate(x_test.astype(np.float32), y_test, verbose=0)
    print(f"{model.count_params():,} parameters, trained on {len(x_train):,} photos")
    print(f"float accuracy on {len(x_test):,} other photos: {accuracy:.2%}")

    model.save(HERE / "model.keras")
    np.savez_compressed(HERE / "train.npz", x=x_train, y=y_train)
    np.savez_compressed(HERE / "test.npz", x=x_test, y=y_test)


if __name__ == "__main__":
    main()
