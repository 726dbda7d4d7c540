"""Builders of the course's networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras.src.models import functional as keras_functional
from keras.src.models.model import functional_init_arguments

from tfkit import initializers
from tfkit.layers import BatchNormalization, InvertedDropout
from tfkit.regularizers import L1, L2
from tfkit.training.compiled_loops import CompiledLoops, accelerate

__all__ = ["Model", "Sequential", "accelerate", "mlp", "softmax_regression"]


@keras.saving.register_keras_serializable(package="tfkit")
class Sequential(CompiledLoops, keras.Sequential):
    """`keras.Sequential` whose `fit` runs many steps in one compiled call.

    Same constructor, `compile`, `fit`, `evaluate`, `predict`, history and callbacks.
    Given the same order of batches the weights are those of Keras's `fit`, dropout
    included, up to rounding; what differs:

    - Arrays stay in memory as tensors. Each epoch has an order of its own, a function
      of the seed (`keras.utils.set_random_seed`) and of the number of the epoch since
      the optimizer began. (With a seed set, Keras repeats one order in every epoch.)
    - A whole epoch, or a large part of it, is one call of a function compiled by XLA or
      as a TensorFlow graph, whichever is faster; dropout masks are drawn outside it.
    - Callbacks hear of batches once in a call. One that has methods for batches gets
      every batch, and so makes training slower, unless its class says
      `every_batch = False`.

    `compile(jit_compile=True)` insists on XLA, `False` on the graph,
    `steps_per_execution=n` on n steps in a call. `training_plan` tells what was chosen
    and why. What can't be compiled (`run_eagerly`, sparse or ragged data, other
    backends, `tf.distribute`) trains through Keras's own `fit`, with one warning.

    Args:
        layers: The layers, or None to `add` them later.
        trainable: Whether its weights are to be trained.
        name: Name of the model.

    Raises:
        ValueError, TypeError: As in Keras.

    Example:
        >>> import keras, numpy as np, tfkit
        >>> model = tfkit.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> x = np.random.default_rng(0).normal(size=(320, 2)).astype("float32")
        >>> history = model.fit(x, x.sum(axis=1), epochs=3, verbose=0)
        >>> len(history.history["loss"]), model.training_plan.steps_per_call
        (3, 10)
    """


@keras.saving.register_keras_serializable(package="tfkit")
class Model(CompiledLoops, keras.Model):
    """`keras.Model` whose `fit` runs many steps in one compiled call.

    As `tfkit.Sequential`, for the functional API and for subclasses with a `call`,
    a `train_step` or a `test_step` of their own.

    Args:
        *args: `inputs` and `outputs` of the functional API; nothing for a subclass.
        **kwargs: The same by name, and `name`.

    Example:
        >>> import keras, tfkit
        >>> inputs = keras.Input((4,))
        >>> model = tfkit.Model(inputs, keras.layers.Dense(2)(inputs))
        >>> model.output_shape
        (None, 2)
    """

    # What keras.Model does for its own functional models. Left to it, it would make the
    # base of this class Functional, and so of every subclass with a `call`.
    def __new__(cls, *args: Any, **kwargs: Any) -> Any:  # noqa: D102
        functional = cls is Model and functional_init_arguments(args, kwargs)
        return super().__new__(Functional if functional else cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if functional_init_arguments(args, kwargs):
            _make_functional(type(self))
            Functional.__init__(self, *args, **kwargs)
        else:
            super().__init__(*args, **kwargs)


@keras.saving.register_keras_serializable(package="tfkit")
class Functional(Model, keras_functional.Functional):
    """What `tfkit.Model(inputs, outputs)` makes."""

    # By its arguments Keras knows that such a model is saved as a graph of layers.
    __init__ = keras_functional.Functional.__init__


def _make_functional(cls: type) -> None:
    """Puts `Functional` in the place of `Model` among the bases of a subclass."""
    cls.__bases__ = tuple(
        Functional if base is Model else base for base in cls.__bases__
    )
    for base in cls.__bases__:
        if issubclass(base, Model) and not issubclass(base, Functional):
            _make_functional(base)


def mlp(
    input_shape: Sequence[int],
    num_classes: int,
    *,
    hidden: Sequence[int] = (128, 64),
    activation: str = "relu",
    initializer: str | keras.initializers.Initializer = "auto",
    batch_norm: bool = True,
    keep_prob: float | Sequence[float] = 0.8,
    input_keep_prob: float = 1.0,
    lambd: float = 0.0,
    penalty: str = "l2",
    examples: int | None = None,
    normalization: keras.Layer | None = None,
    augmentation: keras.Layer | None = None,
    seed: int | None = None,
    name: str | None = None,
) -> Sequential:
    r"""Builds a multilayer perceptron for classification.

    With $A^{[0]}$ the flattened (and normalized) input, each hidden layer computes

    $$Z^{[l]} = A^{[l-1]} W^{[l]} + b^{[l]}, \quad
      A^{[l]} = \mathrm{dropout}(g(\mathrm{BN}(Z^{[l]})))$$

    and the last one $\hat Y = \mathrm{softmax}(A^{[L-1]} W^{[L]} + b^{[L]})$. Under
    batch normalization a hidden layer has no bias: the mean takes it away again.
    No weight of the network, other than the kernels, is penalized.

    Args:
        input_shape: Shape of one example, `(features,)` or `(height, width, channels)`.
        num_classes: Units of the softmax layer, at least 2 (softmax with two classes
            is logistic regression).
        hidden: Units of each hidden layer; `()` gives softmax regression.
        activation: Name of the hidden layers' activation $g$.
        initializer: "auto" (the one that suits the activation), "he", "xavier",
            "glorot_average", or an initializer, for all kernels.
        batch_norm: Whether hidden layers are batch-normalized.
        keep_prob: Inverted dropout: probability of keeping a hidden unit, one for all
            hidden layers or one for each; 1 is off.
        input_keep_prob: The same for the inputs.
        lambd: The course's $\lambda$ of the penalty $\frac{\lambda}{2m}\sum\|W\|$.
        penalty: "l2" or "l1".
        examples: $m$, the number of training examples; needed when `lambd` > 0.
        normalization: Layer that normalizes the inputs, such as
            `tfkit.data.normalization_layer(x_train)`.
        augmentation: Layer that distorts training images, such as
            `tfkit.layers.augmentation("digits")`; it works on raw inputs.
        seed: Decides initial weights and dropout masks; layers differ all the same.
            Default: Keras's global generator (`keras.utils.set_random_seed`).
        name: Name of the model.

    Returns:
        An uncompiled `tfkit.Sequential` from `(batch, *input_shape)` to probabilities
        `(batch, num_classes)`.

    Raises:
        ValueError: If `num_classes` < 2, a layer has no unit, `keep_prob` fits
            neither form, or `lambd` > 0 comes without `examples`.

    Example:
        >>> model = mlp((4,), num_classes=3, hidden=(16,), seed=0)
        >>> model.output_shape
        (None, 3)

    Reference:
        Course notes, "Weight Initialization for Deep Networks", "Dropout
        Regularization", "Fitting Batch Normalization into a neural network",
        "Softmax Regression".
    """
    if num_classes < 2:
        raise ValueError(
            "`num_classes` must be at least 2; a two-class problem has two softmax "
            f"units. Received: num_classes={num_classes}"
        )
    if any(units < 1 for units in hidden):
        raise ValueError(
            "`hidden` must hold positive numbers of units. Received: "
            f"hidden={tuple(hidden)}. Use () for no hidden layer."
        )
    keep_probs = _one_per_layer(keep_prob, len(hidden))
    seeds = _seeds(seed)

    layers: list[Any] = [keras.Input(tuple(input_shape))]
    layers += [layer for layer in (augmentation, normalization) if layer is not None]
    if len(input_shape) > 1:
        layers.append(keras.layers.Flatten(name="flatten"))
    if input_keep_prob != 1:
        layers.append(
            InvertedDropout(input_keep_prob, seed=next(seeds), name="input_dropout")
        )
    # Names that say where in the network a curve in TensorBoard belongs.
    for number, (units, keep) in enumerate(zip(hidden, keep_probs, strict=True), 1):
        layers.append(
            keras.layers.Dense(
                units,
                use_bias=not batch_norm,
                kernel_initializer=_initializer(initializer, activation, next(seeds)),
                kernel_regularizer=_regularizer(penalty, lambd, examples),
                name=f"hidden_{number}",
            )
        )
        if batch_norm:
            layers.append(BatchNormalization(name=f"batch_norm_{number}"))
        layers.append(
            keras.layers.Activation(activation, name=f"{activation}_{number}")
        )
        if keep != 1:
            layers.append(
                InvertedDropout(keep, seed=next(seeds), name=f"dropout_{number}")
            )
    layers.append(
        keras.layers.Dense(
            num_classes,
            activation="softmax",
            kernel_initializer=_initializer(initializer, "softmax", next(seeds)),
            kernel_regularizer=_regularizer(penalty, lambd, examples),
            name="output",
        )
    )
    return Sequential(layers, name=name)


def softmax_regression(
    input_shape: Sequence[int], num_classes: int, **options: Any
) -> Sequential:
    r"""Builds softmax regression: $\hat Y = \mathrm{softmax}(X W + b)$.

    For two classes this is logistic regression:
    $\mathrm{softmax}(z_0, z_1)_1 = \sigma(z_1 - z_0)$.

    Args:
        input_shape: Shape of one example.
        num_classes: Number of classes.
        **options: `lambd`, `penalty`, `examples`, `initializer`, `normalization`,
            `augmentation`, `input_keep_prob`, `seed`, `name`, as for `mlp`.

    Raises:
        ValueError: As `mlp`.
        TypeError: For an option that `mlp` does not have, or has for hidden layers.

    Example:
        >>> softmax_regression((4,), 3).count_params()
        15

    Reference:
        Course notes, "Softmax Regression".
    """
    for option in ("hidden", "activation", "batch_norm", "keep_prob"):
        if option in options:
            raise TypeError(
                f"softmax_regression() has no hidden layer for `{option}` to act on. "
                "Use `tfkit.mlp` for a network with hidden layers."
            )
    return mlp(input_shape, num_classes, hidden=(), **options)


def _one_per_layer(keep_prob: float | Sequence[float], count: int) -> Sequence[float]:
    if isinstance(keep_prob, (int, float)):
        return (keep_prob,) * count
    if len(keep_prob) == 1:
        return tuple(keep_prob) * count
    if len(keep_prob) != count:
        raise ValueError(
            f"`keep_prob` must be one value, or one for each of the {count} hidden "
            f"layers. Received: keep_prob={tuple(keep_prob)}"
        )
    return keep_prob


def _seeds(seed: int | None) -> Any:
    """Yields a different seed for each layer, or None for ever."""
    generator = None if seed is None else np.random.default_rng(seed)
    while True:
        yield None if generator is None else int(generator.integers(2**31))


def _initializer(
    choice: str | keras.initializers.Initializer, activation: str, seed: int | None
) -> keras.initializers.Initializer:
    if not isinstance(choice, str):
        return choice
    if choice == "auto":
        return initializers.for_activation(activation, seed=seed)
    named = {
        "he": initializers.He,
        "xavier": initializers.Xavier,
        "glorot_average": initializers.GlorotAverage,
    }
    if choice not in named:
        raise ValueError(
            f"`initializer` must be 'auto' or one of {sorted(named)}, or an "
            f"initializer. Received: initializer={choice!r}"
        )
    return named[choice](seed=seed)


def _regularizer(
    penalty: str, lambd: float, examples: int | None
) -> keras.regularizers.Regularizer | None:
    if penalty not in ("l1", "l2"):
        raise ValueError(
            f"`penalty` must be 'l1' or 'l2'. Received: penalty={penalty!r}"
        )
    if lambd == 0:
        return None
    if examples is None:
        raise ValueError(
            "A penalty of lambda/(2m) needs m, the number of training examples. "
            f"Received: lambd={lambd} without `examples`. Pass examples=len(x_train)."
        )
    return (L1 if penalty == "l1" else L2)(lambd, examples)
