"""Train the spoken digits example on the Free Spoken Digit Dataset (FSDD).

    python train.py free-spoken-digit-dataset/recordings
    python train.py fsdd.npz --hold-out lucas --no-save

Writes model.keras and calibration.npz beside this file.
"""

import argparse
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
from dataset import Recordings, read_recordings
from features import FRAMES, MEL_BANDS

HERE = Path(__file__).parent
SEED = 0
EPOCHS = 60
# The dataset's own convention: takes 0 to 4 are for testing.
TEST_TAKES = 5
CALIBRATION_TAKES = 2
LARGEST_SHIFT_FRAMES = 4
LARGEST_SHIFT_BANDS = 1
LARGEST_TILT = 0.15


def make_model() -> keras.Model:
    """Three 1-D convolutions over time: FRAMES x MEL_BANDS in, ten classes out."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((FRAMES, MEL_BANDS), name="log_mel"),
            layers.Conv1D(32, 5, strides=2, padding="same", activation="relu"),
            layers.Conv1D(32, 3, strides=2, padding="same", activation="relu"),
            layers.Conv1D(48, 3, strides=2, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dropout(0.4),
            layers.Dense(10, activation="softmax", name="digit"),
        ]
    )


def augmented(
    features: npt.NDArray[np.float32], random: np.random.Generator
) -> npt.NDArray[np.float32]:
    """The same recordings as another speaker or microphone might give them.

    Each a little earlier or later, up to one mel band off, and with its treble up or down.
    """
    rows, bands = LARGEST_SHIFT_FRAMES, LARGEST_SHIFT_BANDS
    padded = np.pad(features, ((0, 0), (rows, rows), (bands, bands)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, features.shape[1:], (1, 2))
    count = len(features)
    row = random.integers(0, windows.shape[1], count)
    band = random.integers(0, windows.shape[2], count)
    moved = windows[np.arange(count), row, band]
    tilt = random.uniform(-LARGEST_TILT, LARGEST_TILT, (count, 1, 1))
    tilted = np.clip(moved + tilt * np.linspace(-1, 1, MEL_BANDS), 0, 1)
    return np.where(moved > 0, tilted, 0).astype(np.float32)


def train(recordings: Recordings) -> keras.Model:
    keras.utils.set_random_seed(SEED)
    random = np.random.default_rng(SEED)
    model = make_model()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    for _ in range(EPOCHS):
        x = augmented(recordings.features, random)
        model.fit(x, recordings.label, batch_size=32, verbose=0)
    return model


def report(model: keras.Model, name: str, recordings: Recordings) -> None:
    _, accuracy = model.evaluate(recordings.features, recordings.label, verbose=0)
    print(f"accuracy on {len(recordings.label)} recordings {name}: {accuracy:.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path, help="folder of recordings, or fsdd.npz")
    parser.add_argument("--hold-out", default="george", help="speaker that is never trained on")
    parser.add_argument("--no-save", action="store_true", help="only print the figures")
    options = parser.parse_args()

    everything = read_recordings(options.dataset)
    known = everything.where(everything.speaker != options.hold_out)
    test = known.where(known.take < TEST_TAKES)
    model = train(known.where(known.take >= TEST_TAKES))

    print(f"{model.count_params()} parameters; {options.hold_out} held out")
    report(model, "of known speakers, takes not trained on", test)
    report(
        model, "of a speaker never heard", everything.where(everything.speaker == options.hold_out)
    )
    if not options.no_save:
        model.save(HERE / "model.keras")
        calibration = test.where(test.take < CALIBRATION_TAKES)
        np.savez_compressed(HERE / "calibration.npz", x=calibration.features, y=calibration.label)


if __name__ == "__main__":
    main()
