"""Train the sine example: a float regressor of y = sin(x), the "hello world" of the field.

Writes model.keras and calibration.npz beside this file. Needs no data.
"""

from pathlib import Path

import keras
import numpy as np

HERE = Path(__file__).parent
SEED = 0
TRAIN_SAMPLES = 2000
HELD_OUT_SAMPLES = 200


def make_model() -> keras.Model:
    """Two hidden layers of 16: one number in, one number out."""
    return keras.Sequential(
        [
            keras.Input((1,), name="x"),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(1, name="sine"),
        ]
    )


def main() -> None:
    keras.utils.set_random_seed(SEED)
    angles = np.random.default_rng(SEED).uniform(
        0, 2 * np.pi, (TRAIN_SAMPLES + HELD_OUT_SAMPLES, 1)
    )
    x = angles.astype(np.float32)
    y = np.sin(x)

    model = make_model()
    model.compile(keras.optimizers.Adam(0.003), "mse", metrics=["mae"])
    model.fit(x[:TRAIN_SAMPLES], y[:TRAIN_SAMPLES], epochs=200, batch_size=32, verbose=0)
    _, mean_error = model.evaluate(x[TRAIN_SAMPLES:], y[TRAIN_SAMPLES:], verbose=0)
    print(f"{model.count_params()} parameters, trained on {TRAIN_SAMPLES} points")
    print(f"mean absolute error on {HELD_OUT_SAMPLES} held-out points: {mean_error:.4f}")

    model.save(HERE / "model.keras")
    np.savez_compressed(HERE / "calibration.npz", x=x[TRAIN_SAMPLES:], y=y[TRAIN_SAMPLES:])


if __name__ == "__main__":
    main()
