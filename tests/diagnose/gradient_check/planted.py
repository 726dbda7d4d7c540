"""Gradients that are wrong on purpose, each with the tensors at which it must show.

Every bug sits in one part, a layer, loss or regularizer called `suspect`, of a small
model: `first` lies before it and `last` behind it. A wrong gradient of the suspect's own
weight shows there and nowhere else; a wrong gradient of its input shows in `first`.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

PACKAGE = "tests_planted"
register = keras.saving.register_keras_serializable(package=PACKAGE)
#: The weights before the suspect: wrong where the gradient of its input is.
UPSTREAM = ("first/kernel", "first/bias")
#: Weights that a model of `around` has.
ALL = (*UPSTREAM, "last/kernel", "last/bias")
# As many examples as units, so that a sum over the wrong axis has the right shape.
BATCH = WIDTH = 4


@dataclasses.dataclass(frozen=True)
class Bug:
    """One planted bug.

    Args:
        name: What is wrong.
        build: Seed -> model, x, y.
        wrong: Tensors with a wrong gradient, as "layer/weight"; every other is right.
        training: Whether the check runs in training mode.
    """

    name: str
    build: Callable[[int], tuple[keras.Model, np.ndarray, np.ndarray]]
    wrong: tuple[str, ...]
    training: bool = False


def operation(forward: Callable, backward: Callable) -> Callable:
    """A TensorFlow operation: `forward(*inputs)`, `backward(dy, y, *inputs)`."""

    @tf.custom_gradient
    def op(*inputs):
        outputs = forward(*inputs)
        return outputs, lambda dy: backward(dy, outputs, *inputs)

    return op


def values(*inputs: Any) -> list[Any]:
    # custom_gradient refuses variables that it is not told of.
    return [tf.identity(ops.convert_to_tensor(value)) for value in inputs]


class Suspect(keras.layers.Layer):
    """A layer with one of several bugs."""

    def __init__(self, bug, **options):
        super().__init__(**options)
        self.bug = bug

    def get_config(self):
        return {**super().get_config(), "bug": self.bug}

    def normal(self, shape, name):
        start = keras.initializers.RandomNormal(stddev=0.7, seed=len(name))
        return self.add_weight(shape=shape, initializer=start, name=name)


# --- z = x W + b


def last_column_lost(array):
    return tf.concat([array[:, :-1], tf.zeros_like(array[:, -1:])], axis=1)


def clipped(array):
    return tf.clip_by_value(array, -0.01, 0.01)


def right_dense(dz, x, w):
    return dz @ tf.transpose(w), tf.transpose(x) @ dz, tf.reduce_sum(dz, axis=0)


def dense_bug(**wrong):
    """A backward pass that is right but for the gradients given as functions."""

    def backward(dz, z, x, w, b):
        right = dict(zip(("x", "w", "b"), right_dense(dz, x, w), strict=True))
        changed = {name: change(dz, x, w) for name, change in wrong.items()}
        return list({**right, **changed}.values())

    return backward


KERNEL, BIAS = ("suspect/kernel",), ("suspect/bias",)
DENSE = {
    "kernel: a factor of 2 too much": (
        KERNEL,
        dense_bug(w=lambda dz, x, w: 2 * tf.transpose(x) @ dz),
    ),
    "kernel: 1/m missing": (
        KERNEL,
        dense_bug(w=lambda dz, x, w: BATCH * tf.transpose(x) @ dz),
    ),
    "kernel: sign": (KERNEL, dense_bug(w=lambda dz, x, w: -tf.transpose(x) @ dz)),
    "kernel: transposed": (KERNEL, dense_bug(w=lambda dz, x, w: tf.transpose(dz) @ x)),
    "kernel: off-by-one slice drops the last example": (
        KERNEL,
        dense_bug(w=lambda dz, x, w: tf.transpose(x[:-1]) @ dz[:-1]),
    ),
    "kernel: examples shifted by one": (
        KERNEL,
        dense_bug(w=lambda dz, x, w: tf.transpose(tf.roll(x, 1, axis=0)) @ dz),
    ),
    "kernel: last column lost": (
        KERNEL,
        dense_bug(w=lambda dz, x, w: last_column_lost(tf.transpose(x) @ dz)),
    ),
    "kernel: clipped": (
        KERNEL,
        dense_bug(w=lambda dz, x, w: clipped(tf.transpose(x) @ dz)),
    ),
    "kernel: one per cent too large": (
        KERNEL,
        dense_bug(w=lambda dz, x, w: 1.01 * tf.transpose(x) @ dz),
    ),
    "bias: 4/m in place of 1/m": (
        BIAS,
        dense_bug(b=lambda dz, x, w: 4 * tf.reduce_sum(dz, axis=0)),
    ),
    "bias: forgotten": (BIAS, dense_bug(b=lambda dz, x, w: tf.zeros_like(dz[0]))),
    "bias: sign": (BIAS, dense_bug(b=lambda dz, x, w: -tf.reduce_sum(dz, axis=0))),
    "bias: sum over the wrong axis": (
        BIAS,
        dense_bug(b=lambda dz, x, w: tf.reduce_sum(dz, axis=1)),
    ),
    "bias: mean in place of sum": (
        BIAS,
        dense_bug(b=lambda dz, x, w: tf.reduce_mean(dz, axis=0)),
    ),
    "input: kernel not transposed": (UPSTREAM, dense_bug(x=lambda dz, x, w: dz @ w)),
    "input: counted twice": (
        UPSTREAM,
        dense_bug(x=lambda dz, x, w: 2 * dz @ tf.transpose(w)),
    ),
    "input: clipped": (
        UPSTREAM,
        dense_bug(x=lambda dz, x, w: clipped(dz) @ tf.transpose(w)),
    ),
}


@register
class PlantedDense(Suspect):
    def build(self, input_shape):
        self.kernel = self.normal((WIDTH, WIDTH), "kernel")
        self.bias = self.normal((WIDTH,), "bias")

    def call(self, x):
        _, backward = DENSE[self.bug]
        op = operation(lambda x, w, b: x @ w + b, backward)
        return op(*values(x, self.kernel, self.bias))


# --- One input, no weights


def leaky(x):
    return tf.where(x > 0, x, 0.3 * x)


def softmax(x):
    return tf.nn.softmax(x, axis=-1)


ELEMENTWISE = {
    "tanh': 1 - z^2 in place of 1 - tanh(z)^2": (
        tf.tanh,
        lambda dy, y, x: dy * (1 - x**2),
    ),
    "sigmoid': 1 - a forgotten": (tf.sigmoid, lambda dy, y, x: dy * y),
    "relu: mask of dA in place of Z": (
        tf.nn.relu,
        lambda dy, y, x: tf.where(dy > 0, dy, tf.zeros_like(dy)),
    ),
    "relu: mask forgotten": (tf.nn.relu, lambda dy, y, x: dy),
    "leaky relu: slope forgotten": (
        leaky,
        lambda dy, y, x: tf.where(x > 0, dy, tf.zeros_like(dy)),
    ),
    "leaky relu: slope with the wrong sign": (
        leaky,
        lambda dy, y, x: tf.where(x > 0, dy, -0.3 * dy),
    ),
    "straight-through where not meant": (
        lambda x: tf.clip_by_value(x, -0.2, 0.2),
        lambda dy, y, x: dy,
    ),
    "softmax: terms off the diagonal dropped": (
        softmax,
        lambda dy, y, x: dy * y * (1 - y),
    ),
    "unit length: the projection forgotten": (
        lambda x: x / tf.norm(x, axis=-1, keepdims=True),
        lambda dy, y, x: dy / tf.norm(x, axis=-1, keepdims=True),
    ),
    "reverse: gradient not reversed": (
        lambda x: tf.reverse(x, axis=[-1]),
        lambda dy, y, x: dy,
    ),
    "cumulative sum: gradient from the wrong end": (
        lambda x: tf.cumsum(x, axis=-1),
        lambda dy, y, x: tf.cumsum(dy, axis=-1),
    ),
    "batch mean subtracted: taken for a constant": (
        lambda x: x - tf.reduce_mean(x, axis=0),
        lambda dy, y, x: dy,
    ),
    "residual: the skip forgotten": (
        lambda x: x + tf.tanh(x),
        lambda dy, y, x: dy * (1 - tf.tanh(x) ** 2),
    ),
}


@register
class PlantedElementwise(Suspect):
    def call(self, x):
        return operation(*ELEMENTWISE[self.bug])(x)


# --- Paths that autodiff does not see


@register
class Detached(Suspect):
    """Layers in which `stop_gradient` cuts what it should not."""

    def build(self, input_shape):
        self.kernel = self.normal((WIDTH, WIDTH), "kernel")
        self.gate = self.normal((WIDTH, WIDTH), "gate")

    def call(self, x):
        inner, gate = x @ self.kernel, x @ self.gate
        if self.bug == "a path detached":
            return tf.tanh(inner) + tf.stop_gradient(gate)
        if self.bug == "a gate detached":
            return inner * tf.stop_gradient(tf.sigmoid(gate))
        once = tf.tanh(inner)
        if self.bug == "weights used twice, one use detached":
            kernel = tf.stop_gradient(ops.convert_to_tensor(self.kernel))
            return tf.tanh(once @ kernel) + gate
        raise AssertionError(self.bug)


@register
class DetachedPenalty(Suspect):
    """An activity penalty through `add_loss` that leaves no gradient."""

    def build(self, input_shape):
        self.kernel = self.normal((WIDTH, WIDTH), "kernel")

    def call(self, x):
        y = x @ self.kernel
        self.add_loss(0.1 * ops.sum(ops.square(tf.stop_gradient(y))))
        return y


@register
class Scale(Suspect):
    """y = x exp(s) whose gradient forgets the chain rule through exp."""

    def build(self, input_shape):
        self.log_scale = self.normal((WIDTH,), "log_scale")

    def call(self, x):
        op = operation(
            lambda x, s: x * tf.exp(s),
            lambda dy, y, x, s: [dy * tf.exp(s), tf.reduce_sum(dy * x, axis=0)],
        )
        return op(*values(x, self.log_scale))


@register
class PlantedPReLU(Suspect):
    """The slope's gradient sums over the positive entries, not the negative ones."""

    def build(self, input_shape):
        self.alpha = self.normal((WIDTH,), "alpha")

    def call(self, x):
        op = operation(
            lambda x, a: tf.where(x > 0, x, a * x),
            lambda dy, y, x, a: [
                tf.where(x > 0, dy, a * dy),
                tf.reduce_sum(tf.where(x > 0, dy * x, tf.zeros_like(x)), axis=0),
            ],
        )
        return op(*values(x, self.alpha))


# --- Normalization


@register
class PlantedNormalization(Suspect):
    """gamma (x - mean) / std + beta, over the batch or over the features."""

    def build(self, input_shape):
        self.gamma = self.normal((WIDTH,), "gamma")
        self.beta = self.normal((WIDTH,), "beta")

    def call(self, x):
        axis = 1 if self.bug.startswith("layer") else 0
        mean = tf.reduce_mean(x, axis=axis, keepdims=True)
        variance = tf.reduce_mean((x - mean) ** 2, axis=axis, keepdims=True)
        if self.bug.endswith("variance path ignored"):
            variance = tf.stop_gradient(variance)
        if self.bug.endswith("mean and variance paths ignored"):
            mean, variance = tf.stop_gradient(mean), tf.stop_gradient(variance)
        normalized = (x - mean) / tf.sqrt(variance + 1e-3)
        if not self.bug.endswith("raw inputs in place of normalized"):
            return self.gamma * normalized + self.beta
        op = operation(
            lambda n, x, g: g * n,
            lambda dy, y, n, x, g: [
                dy * g,
                tf.zeros_like(x),
                tf.reduce_sum(dy * x, axis=0),
            ],
        )
        return op(*values(normalized, x, self.gamma)) + self.beta


@register
class PlantedDropout(Suspect):
    """Inverted dropout whose backward pass is wrong."""

    def __init__(self, bug, **options):
        super().__init__(bug, **options)
        self.random = keras.random.SeedGenerator(5)

    def call(self, x, training=False):
        if not training:
            return x
        drawn = keras.random.uniform(ops.shape(x), dtype=x.dtype, seed=self.random)
        mask = ops.cast(drawn < 0.6, x.dtype)
        backward = {
            "dropout: not divided by keep_prob": lambda dy, y, x, m: [dy * m, None],
            "dropout: mask forgotten": lambda dy, y, x, m: [dy / 0.6, None],
        }[self.bug]
        return operation(lambda x, m: x * m / 0.6, backward)(x, mask)


# --- Sequences and images


def convolution(x, w):
    return tf.nn.conv1d(x, w, stride=1, padding="SAME")


def gradients_of(function, inputs, dy):
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        y = function(*inputs)
    return tape.gradient(y, inputs, output_gradients=dy)


CONVOLUTION = {
    "convolution: padding off by one": (
        KERNEL,
        lambda dy, y, x, w: [
            gradients_of(convolution, [x, w], dy)[0],
            gradients_of(convolution, [tf.roll(x, 1, axis=1), w], dy)[1],
        ],
    ),
    "convolution: kernel not flipped": (
        UPSTREAM,
        lambda dy, y, x, w: [
            convolution(dy, tf.transpose(w, [0, 2, 1])),
            gradients_of(convolution, [x, w], dy)[1],
        ],
    ),
}


@register
class PlantedConv1D(Suspect):
    def build(self, input_shape):
        self.kernel = self.normal((3, WIDTH, WIDTH), "kernel")

    def call(self, x):
        return operation(convolution, CONVOLUTION[self.bug][1])(*values(x, self.kernel))


def pooled(x, reduce):
    pairs = tf.reshape(x, [-1, x.shape[1] // 2, 2, x.shape[2]])
    return reduce(pairs, axis=2)


POOLING = {
    "max pooling: gradient spread over the window": (
        lambda x: pooled(x, tf.reduce_max),
        lambda dy, y, x: tf.repeat(dy, 2, axis=1) / 2,
    ),
    "average pooling: gradient not divided": (
        lambda x: pooled(x, tf.reduce_mean),
        lambda dy, y, x: tf.repeat(dy, 2, axis=1),
    ),
    "global pooling: gradient not divided": (
        lambda x: tf.reduce_mean(x, axis=1),
        lambda dy, y, x: tf.repeat(dy[:, tf.newaxis], x.shape[1], axis=1),
    ),
    "global pooling: last step left out": (
        lambda x: tf.reduce_mean(x, axis=1),
        lambda dy, y, x: tf.concat(
            [
                tf.repeat(dy[:, tf.newaxis], x.shape[1] - 1, axis=1) / x.shape[1],
                tf.zeros_like(dy[:, tf.newaxis]),
            ],
            axis=1,
        ),
    ),
}


@register
class PlantedPooling(Suspect):
    def call(self, x):
        return operation(*POOLING[self.bug])(x)


@register
class TruncatedRNN(Suspect):
    """h = tanh(x U + h W), with the state detached in the middle of the sequence."""

    def build(self, input_shape):
        self.kernel = self.normal((WIDTH, WIDTH), "kernel")
        self.recurrent = self.normal((WIDTH, WIDTH), "recurrent")

    def call(self, x):
        state = tf.zeros_like(x[:, 0])
        for time in range(x.shape[1]):
            if time == x.shape[1] // 2:
                state = tf.stop_gradient(state)
            state = tf.tanh(x[:, time] @ self.kernel + state @ self.recurrent)
        return state


@register
class PlantedAttention(Suspect):
    """Scaled dot-product attention whose gradient of the scores is wrong."""

    def build(self, input_shape):
        for name in ("query", "key", "value"):
            setattr(self, name, self.normal((WIDTH, WIDTH), name))

    def call(self, x):
        scores = (x @ self.query) @ tf.transpose(x @ self.key, [0, 2, 1])
        scale = 1 / np.sqrt(WIDTH)
        if self.bug == "attention: scale missing from the gradient":
            scores = operation(lambda s: s * scale, lambda dy, y, s: dy)(scores)
        else:
            scores = scores * scale
        if self.bug == "attention: weights taken for constants":
            scores = tf.stop_gradient(scores)
        return tf.nn.softmax(scores) @ (x @ self.value)


@register
class PlantedEmbedding(Suspect):
    """Rows that a batch names twice get one of their two gradients."""

    def build(self, input_shape):
        self.embeddings = self.normal((5, WIDTH), "embeddings")

    def call(self, x):
        def backward(dy, y, table, numbers):
            rows, flat = tf.reshape(numbers, [-1]), tf.reshape(dy, [-1, WIDTH])
            places = tf.range(tf.size(rows))
            last = tf.math.unsorted_segment_max(places, rows, 5)
            seen = tf.cast(tf.gather(last, rows) == places, dy.dtype)
            return [tf.math.unsorted_segment_sum(flat * seen[:, None], rows, 5), None]

        op = operation(lambda table, numbers: tf.gather(table, numbers), backward)
        return op(*values(self.embeddings, ops.cast(x, "int32")))


# --- Losses: wrong in every tensor


def squared(y, p):
    return tf.reduce_mean((p - y) ** 2, axis=-1)


def mean_absolute(y, p):
    return tf.reduce_mean(tf.abs(p - y), axis=-1)


def cross_entropy(y, logits):
    return tf.nn.softmax_cross_entropy_with_logits(y, logits)


def likelihood(y, logits):
    p = tf.sigmoid(logits)
    return -tf.reduce_mean(y * tf.math.log(p) + (1 - y) * tf.math.log(1 - p), axis=-1)


def masked(y, p):
    # Targets below zero are padding.
    return tf.reduce_mean(tf.where(y < 0, tf.zeros_like(p), (p - y) ** 2), axis=-1)


def huber(y, p):
    e = tf.abs(p - y)
    return tf.reduce_mean(tf.where(e < 0.3, e**2 / 2, 0.3 * (e - 0.15)), axis=-1)


LOSSES = {
    "mse: factor 2 missing": (squared, lambda dl, loss, y, p: dl * (p - y) / 2),
    "mse: sum in place of mean": (
        squared,
        lambda dl, loss, y, p: 2 * BATCH * dl * (p - y),
    ),
    "mse: sign": (squared, lambda dl, loss, y, p: dl * (y - p)),
    "mae: gradient of the square": (mean_absolute, lambda dl, loss, y, p: dl * (p - y)),
    "cross-entropy: the labels not subtracted": (
        cross_entropy,
        lambda dl, loss, y, p: dl * tf.nn.softmax(p),
    ),
    "log loss: term of the negatives dropped": (
        likelihood,
        lambda dl, loss, y, p: -dl * y * (1 - tf.sigmoid(p)) / 2,
    ),
    "masked loss: mask missing from the gradient": (
        masked,
        lambda dl, loss, y, p: dl * (p - y),
    ),
    "huber: limit forgotten": (huber, lambda dl, loss, y, p: dl * (p - y) / 2),
}


@register
class PlantedLoss(keras.losses.Loss):
    def __init__(self, bug, name=None, **options):
        super().__init__(name=name or "planted", **options)
        self.bug = bug

    def call(self, y_true, y_pred):
        forward, backward = LOSSES[self.bug]
        op = operation(
            forward,
            lambda dl, loss, y, p: [None, backward(dl[:, tf.newaxis], loss, y, p)],
        )
        return op(*values(y_true, y_pred))

    def get_config(self):
        return {**super().get_config(), "bug": self.bug}


# --- Regularizers

REGULARIZERS = {
    "l2: lambda in place of 2 lambda": (
        lambda w: 0.1 * tf.reduce_sum(w**2),
        lambda dl, loss, w: dl * 0.1 * w,
    ),
    "l2: not in the gradient": (
        lambda w: 0.1 * tf.reduce_sum(w**2),
        lambda dl, loss, w: tf.zeros_like(w),
    ),
    "l2: norm in place of its square": (
        lambda w: 0.1 * tf.sqrt(tf.reduce_sum(w**2)),
        lambda dl, loss, w: dl * 0.2 * w,
    ),
    "l1: sign lost": (
        lambda w: 0.1 * tf.reduce_sum(tf.abs(w)),
        lambda dl, loss, w: dl * 0.1 * tf.ones_like(w),
    ),
}


@register
class PlantedRegularizer(keras.regularizers.Regularizer):
    def __init__(self, bug):
        self.bug = bug

    def __call__(self, x):
        return operation(*REGULARIZERS[self.bug])(*values(x))

    def get_config(self):
        return {"bug": self.bug}


# --- Models round the suspects


def compiled(inputs, outputs, seed, loss="mse"):
    """A model whose weights are none of them zero, compiled."""
    model = keras.Model(inputs, outputs)
    generator = np.random.default_rng(seed)
    for weight in model.trainable_variables:
        weight.assign(weight + generator.normal(0.0, 0.3, weight.shape))
    model.compile("sgd", loss)
    return model


def around(suspect, seed, *, loss="mse", input_shape=(3,), outputs=2):
    """A `suspect` between `first` and `last`, with data."""
    keras.utils.set_random_seed(seed)
    generator = np.random.default_rng(seed)
    inputs = keras.Input(input_shape)
    hidden = keras.layers.Dense(WIDTH, activation="tanh", name="first")(inputs)
    hidden = suspect(hidden)
    if len(hidden.shape) == 3:
        # Each place with its own weights: a mean would hide where the gradient went.
        hidden = keras.layers.Flatten()(hidden)
    model = compiled(
        inputs, keras.layers.Dense(outputs, name="last")(hidden), seed, loss
    )
    x = generator.normal(size=(BATCH, *input_shape))
    y = generator.normal(size=(BATCH, outputs))
    return model, x, y


def with_layer(layer, bug, **options):
    def build(seed):
        return around(layer(bug, name="suspect"), seed, **options)

    return build


def with_loss(bug):
    def build(seed):
        plain = keras.layers.Activation("linear", name="suspect")
        model, x, y = around(plain, seed, loss=PlantedLoss(bug))
        if "entropy" in bug or "log" in bug:
            y = np.eye(2)[[0, 1, 1, 0]]
        return model, x, y

    return build


def with_regularizer(bug):
    def build(seed):
        dense = keras.layers.Dense(
            WIDTH, kernel_regularizer=PlantedRegularizer(bug), name="suspect"
        )
        return around(dense, seed)

    return build


def with_embedding(bug):
    def build(seed):
        keras.utils.set_random_seed(seed)
        inputs = keras.Input((3,), dtype="int32")
        hidden = PlantedEmbedding(bug, name="suspect")(inputs)
        hidden = keras.layers.Flatten()(hidden)
        model = compiled(inputs, keras.layers.Dense(2, name="last")(hidden), seed)
        generator = np.random.default_rng(seed)
        x = np.array([[0, 1, 1], [2, 0, 4], [3, 2, 2], [4, 1, 0]])
        return model, x, generator.normal(size=(BATCH, 2))

    return build


SEQUENCE = {"input_shape": (4, 3)}
BUGS = (
    *(
        Bug(name, with_layer(PlantedDense, name), wrong)
        for name, (wrong, _) in DENSE.items()
    ),
    *(
        Bug(name, with_layer(PlantedElementwise, name), UPSTREAM)
        for name in ELEMENTWISE
    ),
    *(
        Bug(name, with_layer(Detached, name), wrong)
        for name, wrong in {
            "a path detached": ("suspect/gate", *UPSTREAM),
            "a gate detached": ("suspect/gate", *UPSTREAM),
            "weights used twice, one use detached": KERNEL,
        }.items()
    ),
    Bug(
        "activity penalty detached",
        with_layer(DetachedPenalty, "activity penalty detached"),
        ("suspect/kernel", *UPSTREAM),
    ),
    Bug(
        "log scale: exp missing", with_layer(Scale, "log scale"), ("suspect/log_scale",)
    ),
    Bug(
        "prelu: slope over the positive entries",
        with_layer(PlantedPReLU, "prelu"),
        ("suspect/alpha",),
    ),
    *(
        Bug(name, with_layer(PlantedNormalization, name), wrong, training=True)
        for name, wrong in {
            "batch norm: variance path ignored": UPSTREAM,
            "batch norm: mean and variance paths ignored": UPSTREAM,
            "batch norm: raw inputs in place of normalized": ("suspect/gamma",),
            "layer norm: mean and variance paths ignored": UPSTREAM,
        }.items()
    ),
    *(
        Bug(name, with_layer(PlantedDropout, name), UPSTREAM, training=True)
        for name in (
            "dropout: not divided by keep_prob",
            "dropout: mask forgotten",
        )
    ),
    *(
        Bug(name, with_layer(PlantedConv1D, name, **SEQUENCE), wrong)
        for name, (wrong, _) in CONVOLUTION.items()
    ),
    *(
        Bug(name, with_layer(PlantedPooling, name, **SEQUENCE), UPSTREAM)
        for name in POOLING
    ),
    Bug(
        "recurrent layer: state detached half-way",
        with_layer(TruncatedRNN, "truncated", **SEQUENCE),
        ("suspect/kernel", "suspect/recurrent", *UPSTREAM),
    ),
    *(
        Bug(
            name,
            with_layer(PlantedAttention, name, **SEQUENCE),
            ("suspect/query", "suspect/key", *UPSTREAM),
        )
        for name in (
            "attention: scale missing from the gradient",
            "attention: weights taken for constants",
        )
    ),
    Bug(
        "embedding: repeated rows counted once",
        with_embedding("repeated"),
        ("suspect/embeddings",),
    ),
    *(Bug(name, with_loss(name), ALL) for name in LOSSES),
    *(Bug(name, with_regularizer(name), KERNEL) for name in REGULARIZERS),
)
