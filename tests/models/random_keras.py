"""Random small Keras models: chains and branches of what convolutional networks are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

# A tensor with more elements gets no larger layer: the models stay small.
_LARGE = 2500
# The reference aborts where the exponentials add up to 512.
_MOST_CLASSES = 500

Step = Callable[["Maker", Any], Any]


class Maker:
    """Draws layers for one model. Its choices depend on the seed alone."""

    def __init__(self, keras: Any, seed: int) -> None:
        self.keras = keras
        self.layers = keras.layers
        self.ops = keras.ops
        self.rng = np.random.default_rng(seed)

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def integer(self, low: int, high: int) -> int:
        """A number from `low` to `high`, both included."""
        return int(self.rng.integers(low, high + 1))

    def pick(self, items: Sequence[Any]) -> Any:
        return items[int(self.rng.integers(len(items)))]

    def activation(self) -> str | None:
        choices = (None, None, "relu", "relu6", "tanh", "sigmoid", "hard_swish", "linear")
        chosen: str | None = self.pick(choices)
        return chosen

    def model(self) -> Any:
        """One model with 1 to 3 inputs and 1 to 3 outputs."""
        inputs = [self._input(i) for i in range(self.pick((1, 1, 1, 2, 3)))]
        pool = list(inputs)
        for _ in range(self.integer(2, 9)):
            source = self.pick(pool[-2:])
            result = self._step(pool, source)
            pool += result if isinstance(result, list) else [result]
        outputs = [self._finish(pool[-1])]
        more = self.pick((0, 0, 0, 1, 2))
        outputs += [self._finish(self.pick(pool)) for _ in range(more)]
        # Every input must count, and every output must be a tensor of its own.
        outputs += [self._finish(x) for x in inputs[1:]] if len(inputs) > 1 else []
        model = self.keras.Model(inputs, outputs)
        self._randomize(model)
        return model

    def _input(self, index: int) -> Any:
        shape = self.pick(
            (
                (self.integer(4, 12), self.integer(4, 12), self.integer(1, 4)),
                (self.integer(4, 12), self.integer(4, 12), self.integer(1, 4)),
                (self.integer(8, 40), self.integer(1, 6)),
                (self.integer(3, 30),),
            )
        )
        return self.keras.Input(shape, name=f"input{index}")

    def _step(self, pool: list[Any], x: Any) -> Any:
        steps = (*_ANY, *_BY_RANK.get(len(x.shape), ()))
        for _ in range(20):
            step = self.pick(steps)
            if step is merge_branch:
                mates = [y for y in pool if y is not x and tuple(y.shape) == tuple(x.shape)]
                result = merge(self, x, self.pick(mates)) if mates else step(self, x)
            else:
                result = step(self, x)
            if result is not None:
                return result
        return self.layers.Activation("relu")(x)

    def _finish(self, x: Any) -> Any:
        if len(x.shape) > 2 and self.chance(0.5):
            x = self.layers.Flatten()(x)
        if self.chance(0.5):
            return self.layers.Dense(self.integer(1, 10), activation=self.activation())(x)
        last = softmax(self, x) if self.chance(0.5) else None
        return self.layers.Activation("relu")(x) if last is None else last

    def _randomize(self, model: Any) -> None:
        """Weights as a trained model has: biases that matter, channels of different ranges."""
        for layer in model.layers:
            new = []
            for variable in layer.weights:
                values = self.rng.normal(0, 0.3, variable.shape)
                values *= np.exp(self.rng.normal(0, 0.7, variable.shape[-1:]))
                # Scales and variances of a BatchNormalization are positive; PReLU's slopes too.
                positive = variable.path.rsplit("/", 1)[-1] in {"gamma", "moving_variance", "alpha"}
                new.append(np.abs(values) + 0.1 if positive else values)
            layer.set_weights(new)


def merge(make: Maker, x: Any, y: Any) -> Any:
    """Two tensors of one shape into one."""
    layers = make.layers
    kinds = (layers.Add, layers.Subtract, layers.Multiply, layers.Maximum, layers.Minimum)
    if make.chance(0.25):
        return layers.Concatenate(axis=make.integer(1, len(x.shape) - 1))([x, y])
    return make.pick(kinds)()([x, y])


def merge_branch(make: Maker, x: Any) -> Any:
    """A residual: the tensor and an activation of itself."""
    branch = make.layers.Activation(make.pick(("relu", "tanh", "sigmoid", "hard_swish")))(x)
    return merge(make, x, branch)


def conv2d(make: Maker, x: Any) -> Any:
    groups = make.pick((1, 1, 1, x.shape[-1]))
    stride = make.pick((1, 1, 2, 3))
    return make.layers.Conv2D(
        groups * make.integer(1, 8 if groups == 1 else 2),
        (min(make.integer(1, 4), x.shape[1]), min(make.integer(1, 4), x.shape[2])),
        strides=stride,
        dilation_rate=make.pick((1, 2)) if stride == 1 and min(x.shape[1:3]) > 7 else 1,
        padding=make.pick(("same", "valid")),
        groups=groups,
        use_bias=make.chance(0.7),
        activation=make.activation(),
    )(x)


def conv_block(make: Maker, x: Any) -> Any:
    x = make.layers.Conv2D(make.integer(2, 8), 3, padding="same", use_bias=False)(x)
    return make.layers.ReLU(make.pick((None, 6.0)))(make.layers.BatchNormalization()(x))


def depthwise2d(make: Maker, x: Any) -> Any:
    stride = make.pick((1, 2))
    return make.layers.DepthwiseConv2D(
        min(make.integer(1, 4), *x.shape[1:3]),
        strides=stride,
        dilation_rate=make.pick((1, 2)) if stride == 1 and min(x.shape[1:3]) > 7 else 1,
        depth_multiplier=make.pick((1, 1, 2)),
        padding=make.pick(("same", "valid")),
        use_bias=make.chance(0.7),
        activation=make.activation(),
    )(x)


def separable2d(make: Maker, x: Any) -> Any:
    return make.layers.SeparableConv2D(
        make.integer(1, 8),
        min(3, *x.shape[1:3]),
        strides=make.pick((1, 2)),
        padding=make.pick(("same", "valid")),
        activation=make.activation(),
    )(x)


def transposed2d(make: Maker, x: Any) -> Any:
    if np.prod(x.shape[1:3]) > 80:
        return None
    return make.layers.Conv2DTranspose(
        make.integer(1, 6),
        make.integer(1, 4),
        strides=make.pick((1, 2)),
        padding=make.pick(("same", "valid")),
        use_bias=make.chance(0.7),
        activation=make.activation(),
    )(x)


def pool2d(make: Maker, x: Any) -> Any:
    kind = make.pick((make.layers.MaxPooling2D, make.layers.AveragePooling2D))
    size = (min(make.integer(1, 3), x.shape[1]), min(make.integer(1, 3), x.shape[2]))
    return kind(size, strides=make.pick((None, 1, 2)), padding=make.pick(("same", "valid")))(x)


def global2d(make: Maker, x: Any) -> Any:
    kind = make.pick((make.layers.GlobalAveragePooling2D, make.layers.GlobalMaxPooling2D))
    return kind(keepdims=make.chance(0.3))(x)


def resize2d(make: Maker, x: Any) -> Any:
    if np.prod(x.shape[1:]) > _LARGE / 6:
        return None
    size = (make.integer(1, 3), make.integer(1, 2))
    return make.layers.UpSampling2D(size, interpolation=make.pick(("nearest", "bilinear")))(x)


def pad2d(make: Maker, x: Any) -> Any:
    sides = [(make.integer(0, 2), make.integer(0, 2)) for _ in range(2)]
    return make.layers.ZeroPadding2D(sides)(x)


def padded_conv2d(make: Maker, x: Any) -> Any:
    x = make.layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
    kind = make.pick((make.layers.DepthwiseConv2D, None))
    if kind is not None:
        return kind(3, strides=2, padding="valid")(x) if min(x.shape[1:3]) > 2 else None
    return make.layers.Conv2D(3, 2, strides=2, padding="valid")(x)


def crop2d(make: Maker, x: Any) -> Any:
    if min(x.shape[1:3]) < 4:
        return None
    return make.layers.Cropping2D(((make.integer(0, 1), 1), (0, make.integer(0, 2))))(x)


def slice2d(make: Maker, x: Any) -> Any:
    if min(x.shape[1:3]) < 4:
        return None
    step, start = make.integer(1, 3), make.integer(0, 2)
    return make.pick(
        (
            lambda: x[:, start:, ::step],
            lambda: x[:, ::step, 1:-1, :],
            lambda: x[:, :, start],
            lambda: x[..., :1],
            lambda: x[:, ::-1],
            lambda: x[:, -3:, :-1, -1:],
        )
    )()


def permute2d(make: Maker, x: Any) -> Any:
    return make.layers.Permute(make.pick(((2, 1, 3), (3, 1, 2), (1, 3, 2), (3, 2, 1))))(x)


def prelu(make: Maker, x: Any) -> Any:
    shared = make.pick((None, list(range(1, len(x.shape) - 1)) or None))
    return make.layers.PReLU(shared_axes=shared)(x)


def scale_channels(make: Maker, x: Any) -> Any:
    """Squeeze and excitation: a gate a channel, broadcast over the pixels."""
    gate = make.layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = make.layers.Conv2D(x.shape[-1], 1, activation="sigmoid")(gate)
    return make.layers.Multiply()([x, gate])


def split_channels(make: Maker, x: Any) -> Any:
    for parts in (2, 3):
        if x.shape[-1] % parts == 0:
            return list(make.ops.split(x, parts, axis=-1))
    return None


def reduce_axis(make: Maker, x: Any) -> Any:
    reduce = make.pick((make.ops.mean, make.ops.sum, make.ops.max, make.ops.min))
    axis = make.pick(range(1, len(x.shape)))
    return reduce(x, axis=axis, keepdims=True if len(x.shape) == 2 else make.chance(0.4))


def reshape(make: Maker, x: Any) -> Any:
    size = int(np.prod(x.shape[1:]))
    for divisor in make.rng.permutation([2, 3, 4, 5]).tolist():
        if size % divisor == 0:
            shapes = ((size // divisor, divisor), (1, divisor, size // divisor), (size,))
            return make.layers.Reshape(make.pick(shapes))(x)
    return make.layers.Flatten()(x)


def dense(make: Maker, x: Any) -> Any:
    return make.layers.Dense(
        make.integer(1, 16), use_bias=make.chance(0.7), activation=make.activation()
    )(x)


def activation(make: Maker, x: Any) -> Any:
    name = make.pick(("relu", "relu6", "tanh", "sigmoid", "hard_swish", "hard_sigmoid", "leaky"))
    if name == "leaky":
        return make.layers.LeakyReLU(negative_slope=make.pick((0.01, 0.3)))(x)
    return make.layers.Activation(name)(x)


def normalize(make: Maker, x: Any) -> Any:
    return make.layers.BatchNormalization()(x)


def rescale(make: Maker, x: Any) -> Any:
    return make.layers.Rescaling(make.pick((1 / 3, 2.0)), offset=make.pick((0.0, -0.5)))(x)


def softmax(make: Maker, x: Any) -> Any:
    return make.layers.Softmax()(x) if x.shape[-1] <= _MOST_CLASSES else None


def stack(make: Maker, x: Any) -> Any:
    if len(x.shape) > 3 or np.prod(x.shape[1:]) > _LARGE / 3:
        return None
    others = [activation(make, x) for _ in range(make.integer(1, 2))]
    return make.ops.stack([x, *others], axis=make.integer(1, len(x.shape)))


def unstack(make: Maker, x: Any) -> Any:
    axis = make.pick(range(1, len(x.shape)))
    fits = len(x.shape) > 2 and 2 <= x.shape[axis] <= 5
    return list(make.ops.unstack(x, axis=axis)) if fits else None


def concatenate(make: Maker, x: Any) -> Any:
    return make.layers.Concatenate(axis=-1)([x, activation(make, x)])


def conv1d(make: Maker, x: Any) -> Any:
    kind = make.pick((make.layers.Conv1D, make.layers.Conv1D, make.layers.SeparableConv1D))
    stride = make.pick((1, 2))
    return kind(
        make.integer(1, 8),
        min(make.integer(1, 5), x.shape[1]),
        strides=stride,
        dilation_rate=make.pick((1, 2, 3)) if stride == 1 and x.shape[1] > 15 else 1,
        padding=make.pick(("same", "valid")),
        activation=make.activation(),
    )(x)


def causal1d(make: Maker, x: Any) -> Any:
    return make.layers.Conv1D(
        make.integer(1, 6), 3, padding="causal", dilation_rate=make.pick((1, 2, 4))
    )(x)


def depthwise1d(make: Maker, x: Any) -> Any:
    size = min(3, x.shape[1])
    return make.layers.DepthwiseConv1D(size, padding="same", activation=make.activation())(x)


def pool1d(make: Maker, x: Any) -> Any:
    kind = make.pick((make.layers.MaxPooling1D, make.layers.AveragePooling1D))
    size = min(make.integer(1, 3), x.shape[1])
    return kind(size, strides=make.pick((None, 1, 2)), padding=make.pick(("same", "valid")))(x)


def global1d(make: Maker, x: Any) -> Any:
    kind = make.pick((make.layers.GlobalAveragePooling1D, make.layers.GlobalMaxPooling1D))
    return kind(keepdims=make.chance(0.3))(x)


def resize1d(make: Maker, x: Any) -> Any:
    if np.prod(x.shape[1:]) > _LARGE / 4:
        return None
    return make.layers.UpSampling1D(make.integer(1, 3))(x)


def pad1d(make: Maker, x: Any) -> Any:
    return make.layers.ZeroPadding1D((make.integer(0, 3), make.integer(0, 3)))(x)


def slice1d(make: Maker, x: Any) -> Any:
    if x.shape[1] < 4:
        return None
    step, start = make.integer(1, 3), make.integer(0, 2)
    return make.pick(
        (lambda: x[:, start:], lambda: x[:, ::step], lambda: x[:, 1:-1], lambda: x[:, ::-1])
    )()


_ANY: tuple[Step, ...] = (
    merge_branch,
    merge_branch,
    merge_branch,
    dense,
    activation,
    activation,
    normalize,
    rescale,
    reshape,
    softmax,
    prelu,
    reduce_axis,
    stack,
    unstack,
    concatenate,
)
_BY_RANK: dict[int, tuple[Step, ...]] = {
    2: (dense, dense, dense),
    3: (conv1d, conv1d, causal1d, depthwise1d, pool1d, global1d, resize1d, pad1d, slice1d),
    4: (
        conv2d,
        conv2d,
        conv2d,
        conv_block,
        conv_block,
        depthwise2d,
        depthwise2d,
        separable2d,
        transposed2d,
        pool2d,
        pool2d,
        global2d,
        resize2d,
        pad2d,
        padded_conv2d,
        crop2d,
        slice2d,
        permute2d,
        scale_channels,
        split_channels,
    ),
}
