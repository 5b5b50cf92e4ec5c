"""Train the paper's smallest network on scikit-learn's handwritten digits, scaled up to 28x28.

Writes model.keras, train.npz and test.npz beside this file. Needs no download.
"""

from pathlib import Path

import keras
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

HERE = Path(__file__).parent
SEED = 0
EPOCHS = 30


def make_model() -> keras.Model:
    """The network of arXiv 2204.10183: 28x28x1 in, ten classes out, 20,410 parameters."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1), name="image"),
            keras.layers.Conv2D(12, 3, activation="relu", name="features"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="softmax", name="digit"),
        ]
    )


def scale_up(pixels: np.ndarray) -> np.ndarray:
    """(samples, 64) of 0 … 16 → (samples, 28, 28, 1) of 0 … 1: 3x3 for each pixel, and a margin."""
    images = (pixels / 16).astype(np.float32).reshape(-1, 8, 8)
    large = images.repeat(3, axis=1).repeat(3, axis=2)
    return np.pad(large, ((0, 0), (2, 2), (2, 2)))[..., np.newaxis]


def main() -> None:
    keras.utils.set_random_seed(SEED)
    pixels, labels = load_digits(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(
        scale_up(pixels), labels, test_size=0.3, stratify=labels, random_state=SEED
    )

    model = make_model()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_train, y_train, epochs=EPOCHS, batch_size=32, verbose=0)
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"{model.count_params():,} parameters, trained on {len(x_train)} images")
    print(f"float accuracy on {len(x_test)} other images: {accuracy:.2%}")

    model.save(HERE / "model.keras")
    np.savez_compressed(HERE / "train.npz", x=x_train, y=y_train)
    np.savez_compressed(HERE / "test.npz", x=x_test, y=y_test)


if __name__ == "__main__":
    main()
