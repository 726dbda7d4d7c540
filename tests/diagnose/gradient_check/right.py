"""Models whose gradients are right: Keras's layers and losses, and tfkit's."""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers, regularizers

import tfkit

BATCH = 4
TABLE, SEQUENCE, IMAGE = (3,), (6, 3), (6, 6, 2)


@dataclasses.dataclass(frozen=True)
class Right:
    """One model.

    Args:
        name: What is in it.
        build: Seed -> model, x, y.
        training: Whether the check runs in training mode.
    """

    name: str
    build: Callable[[int], tuple[keras.Model, Any, Any]]
    training: bool = False


def compiled(model: keras.Model, seed: int, loss: Any = "mse", **options: Any) -> Any:
    """Compiles, after weights that start at 0 or 1 were moved away from it."""
    generator = np.random.default_rng(seed)
    for weight in model.trainable_variables:
        weight.assign(weight + generator.normal(0.0, 0.2, weight.shape))
    model.compile("sgd", loss, **options)
    return model


def stack(*parts, shape=TABLE, loss="mse", targets=None, outputs=2):
    """A builder: `parts` (functions that make layers) before a Dense layer."""

    def build(seed):
        keras.utils.set_random_seed(seed)
        made = [part() for part in parts]
        end = [] if outputs is None else [layers.Flatten(), layers.Dense(outputs)]
        model = keras.Sequential([keras.Input(shape), *made, *end])
        generator = np.random.default_rng(seed)
        x = generator.normal(size=(BATCH, *shape))
        size = (BATCH, *model.output_shape[1:])
        y = generator.normal(size=size) if targets is None else targets(generator, size)
        return compiled(model, seed, loss), x, y

    return build


def dense():
    return layers.Dense(4, activation="tanh")


SMOOTH = ("tanh", "sigmoid", "elu", "softplus", "softsign", "silu", "gelu", "mish")
SMOOTH += ("exponential", "softmax", "log_softmax", "log_sigmoid", "celu", "selu")
SMOOTH += ("tanh_shrink", "squareplus", "sparse_plus")
KINKED = ("relu", "relu6", "leaky_relu", "hard_sigmoid", "hard_silu", "hard_tanh")
KINKED += ("hard_shrink", "soft_shrink", "sparsemax", "sparse_sigmoid")


def activation(name):
    return stack(dense, lambda: layers.Activation(name))


# --- Losses: two classes, or targets of the loss's own kind


def one_hot(generator, size):
    return np.eye(size[1])[generator.integers(size[1], size=size[0])]


def classes(generator, size):
    return generator.integers(size[1], size=size[0])


def zero_one(generator, size):
    return generator.integers(2, size=size).astype(float)


def signs(generator, size):
    return 2.0 * zero_one(generator, size) - 1.0


def shares(generator, size):
    return generator.dirichlet(np.ones(size[1]), size=size[0])


def positive(generator, size):
    return np.abs(generator.normal(size=size))


def with_end(name, loss, targets):
    end = lambda: layers.Dense(3, activation=name)  # noqa: E731
    return stack(dense, end, loss=loss, targets=targets, outputs=None)


LOSSES = {
    "mean_squared_error": (None, None),
    "mean_absolute_error": (None, None),
    "huber": (None, None),
    "log_cosh": (None, None),
    "mean_squared_logarithmic_error": ("softplus", positive),
    "cosine_similarity": (None, None),
    "binary_crossentropy": ("sigmoid", zero_one),
    "binary_focal_crossentropy": ("sigmoid", zero_one),
    "categorical_crossentropy": ("softmax", one_hot),
    "sparse_categorical_crossentropy": ("softmax", classes),
    "kl_divergence": ("softmax", shares),
    "poisson": ("softplus", positive),
    "hinge": (None, signs),
    "squared_hinge": (None, signs),
    "categorical_hinge": (None, one_hot),
}


# --- Models that are no stack


def residual(seed):
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((4,))
    hidden = layers.Dense(4, activation="tanh")(inputs)
    hidden = layers.Add()([inputs, hidden])
    hidden = layers.Add()([hidden, layers.Dense(4, activation="relu")(hidden)])
    model = keras.Model(inputs, layers.Dense(2)(hidden))
    generator = np.random.default_rng(seed)
    return (
        compiled(model, seed),
        generator.normal(size=(BATCH, 4)),
        generator.normal(size=(BATCH, 2)),
    )


def shared(seed):
    keras.utils.set_random_seed(seed)
    first, second = keras.Input((3,)), keras.Input((3,))
    layer = layers.Dense(4, activation="tanh")
    joined = layers.Concatenate()([layer(first), layer(second)])
    model = keras.Model([first, second], layers.Dense(2)(joined))
    generator = np.random.default_rng(seed)
    x = [generator.normal(size=(BATCH, 3)) for _ in range(2)]
    return compiled(model, seed), x, generator.normal(size=(BATCH, 2))


def two_ends(seed):
    keras.utils.set_random_seed(seed)
    numbers = keras.Input((3,), name="numbers")
    words = keras.Input((2,), dtype="int32", name="words")
    embedded = layers.Flatten()(layers.Embedding(5, 3)(words))
    hidden = dense()(layers.Concatenate()([numbers, embedded]))
    ends = {
        "size": layers.Dense(1, name="size")(hidden),
        "kind": layers.Dense(3, activation="softmax", name="kind")(hidden),
    }
    model = keras.Model({"numbers": numbers, "words": words}, ends)
    generator = np.random.default_rng(seed)
    x = {
        "numbers": generator.normal(size=(BATCH, 3)),
        "words": generator.integers(5, size=(BATCH, 2)),
    }
    y = {
        "size": generator.normal(size=(BATCH, 1)),
        "kind": generator.integers(3, size=BATCH),
    }
    losses = {"size": "mse", "kind": "sparse_categorical_crossentropy"}
    weights = {"size": 0.5, "kind": 2.0}
    return compiled(model, seed, losses, loss_weights=weights), x, y


def attention(seed):
    keras.utils.set_random_seed(seed)
    inputs = keras.Input(SEQUENCE)
    hidden = layers.MultiHeadAttention(2, 3)(inputs, inputs)
    hidden = layers.LayerNormalization()(layers.Add()([inputs, hidden]))
    hidden = layers.GlobalAveragePooling1D()(hidden)
    model = keras.Model(inputs, layers.Dense(2)(hidden))
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(BATCH, *SEQUENCE))
    return compiled(model, seed), x, generator.normal(size=(BATCH, 2))


def embedding(seed):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((4,), dtype="int32"),
            layers.Embedding(5, 3),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    generator = np.random.default_rng(seed)
    x = generator.integers(4, size=(BATCH, 4))  # row 4 is never used
    return compiled(model, seed), x, generator.normal(size=(BATCH, 2))


@keras.saving.register_keras_serializable(package="tests_right")
class Squared(layers.Layer):
    """A layer of one's own, with a weight and a penalty through add_loss."""

    def build(self, input_shape):
        self.scale = self.add_weight(
            shape=(input_shape[-1],), initializer="ones", name="scale"
        )

    def call(self, x):
        self.add_loss(0.01 * keras.ops.sum(keras.ops.square(self.scale)))
        return keras.ops.square(x) * self.scale


@keras.saving.register_keras_serializable(package="tests_right")
class OwnModel(keras.Model):
    """A subclassed model that its config makes again."""

    def __init__(self, units=4, **options):
        super().__init__(**options)
        self.units = units
        self.hidden = layers.Dense(units, activation="tanh")
        self.end = layers.Dense(2)

    def call(self, x):
        return self.end(self.hidden(x))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def subclassed(seed):
    keras.utils.set_random_seed(seed)
    generator = np.random.default_rng(seed)
    x, y = generator.normal(size=(BATCH, 3)), generator.normal(size=(BATCH, 2))
    model = OwnModel()
    model(x)
    return compiled(model, seed), x, y


def tfkit_mlp(seed):
    model = tfkit.mlp(
        (4,), num_classes=3, hidden=(5,), lambd=0.5, examples=BATCH, seed=seed
    )
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(BATCH, 4))
    y = generator.integers(3, size=BATCH)
    return compiled(model, seed, "sparse_categorical_crossentropy"), x, y


def tfkit_sequential(seed):
    keras.utils.set_random_seed(seed)
    model = tfkit.Sequential([keras.Input((3,)), dense(), layers.Dense(2)])
    generator = np.random.default_rng(seed)
    x, y = generator.normal(size=(BATCH, 3)), generator.normal(size=(BATCH, 2))
    return compiled(model, seed), x, y


def regularized():
    return layers.Dense(
        4,
        activation="tanh",
        kernel_regularizer=regularizers.L1L2(0.02, 0.03),
        bias_regularizer=regularizers.L2(0.1),
        activity_regularizer=regularizers.L2(0.05),
    )


def of_tfkit():
    return layers.Dense(
        4,
        activation="tanh",
        kernel_regularizer=tfkit.regularizers.L2(0.7, examples=5),
        bias_regularizer=tfkit.regularizers.L1(0.3, examples=5),
    )


def orthogonal():
    return layers.Dense(
        4,
        activation="tanh",
        kernel_regularizer=regularizers.OrthogonalRegularizer(0.3),
        activity_regularizer=regularizers.OrthogonalRegularizer(0.2, mode="columns"),
    )


STACKS = {
    "dense": stack(dense),
    "dense twice": stack(dense, dense),
    "prelu": stack(dense, layers.PReLU),
    "leaky relu": stack(dense, lambda: layers.LeakyReLU(0.2)),
    "layer norm": stack(dense, layers.LayerNormalization),
    "group norm": stack(lambda: layers.GroupNormalization(2), shape=(6, 4)),
    "rms norm": stack(dense, layers.RMSNormalization),
    "unit norm": stack(dense, layers.UnitNormalization),
    "spectral norm": stack(lambda: layers.SpectralNormalization(layers.Dense(4))),
    "conv1d": stack(lambda: layers.Conv1D(3, 3, activation="tanh"), shape=SEQUENCE),
    "conv1d causal": stack(
        lambda: layers.Conv1D(3, 3, padding="causal", dilation_rate=2), shape=SEQUENCE
    ),
    "conv2d": stack(
        lambda: layers.Conv2D(2, 3, strides=2, activation="relu"), shape=IMAGE
    ),
    "conv2d transposed": stack(
        lambda: layers.Conv2DTranspose(2, 3, strides=2), shape=(3, 3, 2)
    ),
    "depthwise conv2d": stack(
        lambda: layers.DepthwiseConv2D(3, padding="same"), shape=IMAGE
    ),
    "separable conv2d": stack(lambda: layers.SeparableConv2D(3, 2), shape=IMAGE),
    "max pooling": stack(lambda: layers.Conv2D(2, 2), layers.MaxPooling2D, shape=IMAGE),
    "max pooling 1d": stack(
        lambda: layers.Conv1D(2, 2), layers.MaxPooling1D, shape=SEQUENCE
    ),
    "average pooling": stack(
        lambda: layers.Conv2D(2, 2), lambda: layers.AveragePooling2D(2), shape=IMAGE
    ),
    "global max pooling": stack(
        lambda: layers.Conv1D(3, 2), layers.GlobalMaxPooling1D, shape=SEQUENCE
    ),
    "global average pooling": stack(
        lambda: layers.Conv2D(3, 2), layers.GlobalAveragePooling2D, shape=IMAGE
    ),
    "padding, cropping, upsampling": stack(
        lambda: layers.Conv2D(1, 2),
        layers.ZeroPadding2D,
        lambda: layers.Cropping2D(2),
        layers.UpSampling2D,
        shape=IMAGE,
    ),
    "lstm": stack(lambda: layers.LSTM(3), shape=SEQUENCE),
    "lstm, sequences": stack(
        lambda: layers.LSTM(2, return_sequences=True), shape=SEQUENCE
    ),
    "gru": stack(lambda: layers.GRU(3), shape=SEQUENCE),
    "simple rnn": stack(lambda: layers.SimpleRNN(3), shape=SEQUENCE),
    "unrolled rnn": stack(lambda: layers.SimpleRNN(3, unroll=True), shape=SEQUENCE),
    "bidirectional": stack(lambda: layers.Bidirectional(layers.GRU(2)), shape=SEQUENCE),
    "time distributed": stack(
        lambda: layers.TimeDistributed(layers.Dense(2, activation="tanh")),
        shape=SEQUENCE,
    ),
    "einsum dense": stack(
        lambda: layers.EinsumDense("abc,cd->abd", output_shape=(6, 2)),
        shape=SEQUENCE,
    ),
    "regularizers of Keras": stack(regularized),
    "orthogonal regularizers": stack(orthogonal),
    "regularizers of tfkit": stack(of_tfkit),
    "batch norm of tfkit": stack(dense, tfkit.layers.BatchNormalization),
    "batch norm": stack(dense, layers.BatchNormalization),
    "frozen layer": stack(dense, lambda: layers.Dense(3, trainable=False)),
    "a layer of one's own": stack(dense, Squared),
}
TRAINING = {
    "batch norm, training": stack(dense, layers.BatchNormalization),
    "batch norm of tfkit, training": stack(dense, tfkit.layers.BatchNormalization),
    "batch norm after conv2d, training": stack(
        lambda: layers.Conv2D(2, 3), layers.BatchNormalization, shape=IMAGE
    ),
    "dropout, replayed": stack(dense, lambda: layers.Dropout(0.4)),
    "spatial dropout, replayed": stack(
        lambda: layers.Conv1D(3, 2),
        lambda: layers.SpatialDropout1D(0.4),
        shape=SEQUENCE,
    ),
    "gaussian noise, replayed": stack(
        dense,
        lambda: layers.GaussianNoise(0.3),
        lambda: layers.GaussianDropout(0.2),
    ),
    "alpha dropout, replayed": stack(dense, lambda: layers.AlphaDropout(0.2)),
    "inverted dropout of tfkit, replayed": stack(
        dense, lambda: tfkit.layers.InvertedDropout(0.7)
    ),
}
OTHERS = {
    "residual": residual,
    "shared layer, two inputs": shared,
    "two inputs, two losses": two_ends,
    "attention": attention,
    "embedding": embedding,
    "subclassed model": subclassed,
    "tfkit.mlp": tfkit_mlp,
    "tfkit.Sequential": tfkit_sequential,
}
MODELS = (
    *(Right(name, build) for name, build in STACKS.items()),
    *(Right(name, build) for name, build in OTHERS.items()),
    *(Right(name, activation(name)) for name in (*SMOOTH, *KINKED)),
    *(
        Right(name, with_end(end, name, targets))
        for name, (end, targets) in LOSSES.items()
    ),
    *(Right(name, build, training=True) for name, build in TRAINING.items()),
)
