"""Train the digits example: scikit-learn's 8x8 handwritten digits, a small CNN.

Writes model.keras and calibration.npz beside this file. Needs no download.
"""

from pathlib import Path

import keras
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

HERE = Path(__file__).parent
SEED = 0


def make_model() -> keras.Model:
    """A CNN of two convolutions: 8x8x1 in, ten classes out."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 1), name="image"),
            keras.layers.Conv2D(8, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(10, activation="softmax", name="digit"),
        ]
    )


def main() -> None:
    keras.utils.set_random_seed(SEED)
    pixels, labels = load_digits(return_X_y=True)
    images = (pixels / 16).astype(np.float32).reshape(-1, 8, 8, 1)
    x_train, x_held_out, y_train, y_held_out = train_test_split(
        images, labels, test_size=0.2, stratify=labels, random_state=SEED
    )

    model = make_model()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_train, y_train, epochs=60, batch_size=32, verbose=0)
    _, accuracy = model.evaluate(x_held_out, y_held_out, verbose=0)
    print(f"{model.count_params()} parameters, trained on {len(x_train)} images")
    print(f"accuracy on {len(x_held_out)} held-out images: {accuracy:.2%}")

    model.save(HERE / "model.keras")
    np.savez_compressed(HERE / "calibration.npz", x=x_held_out, y=y_held_out)


if __name__ == "__main__":
    main()
