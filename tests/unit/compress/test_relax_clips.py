from __future__ import annotations

from typing import Any

import numpy as np

from tinydeploy.compress.relax_clips import relax_clips


def _clipping(keras: Any) -> Any:
    """Its first ReLU6 never clips samples from 0 to 1, its second always does."""
    layers = keras.layers
    image = keras.Input((4, 4, 2))
    x = layers.Conv2D(2, 1, activation="relu6", name="never")(image)
    x = layers.ReLU(6, name="always")(layers.Conv2D(2, 1, name="large")(x))
    model = keras.Model(image, layers.Flatten()(x))
    model.get_layer("never").set_weights([np.eye(2)[None, None], np.zeros(2)])
    model.get_layer("large").set_weights([np.eye(2)[None, None], np.full(2, 6.5)])
    return model


def test_only_what_hardly_ever_clips_is_relaxed(keras: Any) -> None:
    model = _clipping(keras)
    samples = [np.random.default_rng(0).random((40, 4, 4, 2), np.float32)]
    relaxed = relax_clips(model, samples)
    limits = {x.name: x.max_value for x in relaxed.layers if type(x).__name__ == "ReLU"}
    assert limits == {"never_relu6": None, "always": 6}
    assert np.array_equal(relaxed(samples[0]), model(samples[0]))
