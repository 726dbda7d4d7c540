"""A training operation in one call; today `model.compile` and `model.fit`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.ops.control_flow_ops import with_dependencies
from tensorflow.python.training.moving_averages import assign_moving_average

from legacy_tf1.compat import namespace as _namespace

__all__ = [
    "OPTIMIZER_CLS_NAMES",
    "OPTIMIZER_SUMMARIES",
    "adaptive_clipping_fn",
    "optimize_loss",
]

OPTIMIZER_CLS_NAMES: dict[str, Callable[..., Any]] = {
    "Adagrad": tf.train.AdagradOptimizer,
    "Adam": tf.train.AdamOptimizer,
    "Ftrl": tf.train.FtrlOptimizer,
    "Momentum": lambda learning_rate: tf.train.MomentumOptimizer(
        learning_rate, momentum=0.9
    ),
    "RMSProp": tf.train.RMSPropOptimizer,
    "SGD": tf.train.GradientDescentOptimizer,
}

OPTIMIZER_SUMMARIES = [
    "learning_rate",
    "loss",
    "gradients",
    "gradient_norm",
    "global_gradient_norm",
]

Gradients = list[tuple[Any, Any]]


def optimize_loss(
    loss: Any,
    global_step: Any,
    learning_rate: Any,
    optimizer: Any,
    gradient_noise_scale: float | None = None,
    gradient_multipliers: Mapping[Any, float] | None = None,
    clip_gradients: Any = None,
    learning_rate_decay_fn: Callable[[Any, Any], Any] | None = None,
    update_ops: Iterable[Any] | None = None,
    variables: Sequence[Any] | None = None,
    name: str | None = None,
    summaries: Sequence[str] | None = None,
    colocate_gradients_with_ops: bool = False,
    increment_global_step: bool = True,
) -> Any:
    """As `tf.contrib.layers.optimize_loss` of TensorFlow 1.15.

    Returns a tensor of the loss; running it makes one training step.

    Args:
        learning_rate: A float or a scalar tensor; None for the optimizer's own.
        optimizer: A name of `OPTIMIZER_CLS_NAMES`, an optimizer, its class, or a
            function of the learning rate.
        clip_gradients: The largest norm of all gradients together, or a function of
            the gradients and variables.
        update_ops: Run before the loss; None for the collection UPDATE_OPS.
        summaries: Of `OPTIMIZER_SUMMARIES`; None for loss, learning rate and norm.
    """
    loss = tf.assert_scalar(tf.convert_to_tensor(loss))
    if global_step is None:
        global_step = tf.train.get_global_step()
    else:
        tf.train.assert_global_step(global_step)
    summaries = _known_summaries(summaries)
    with tf.variable_scope(name, "OptimizeLoss", [loss, global_step]):
        if update_ops is None:
            update_ops = dict.fromkeys(tf.get_collection(tf.GraphKeys.UPDATE_OPS))
        update_ops = list(update_ops)
        if update_ops:
            loss = _after(update_ops, loss)
        rate = _learning_rate(learning_rate)
        if learning_rate is not None and learning_rate_decay_fn is not None:
            if global_step is None:
                raise ValueError(
                    "global_step is required for learning_rate_decay_fn. "
                    "Pass tf.train.get_or_create_global_step()."
                )
            rate = learning_rate_decay_fn(rate, global_step)
            if "learning_rate" in summaries:
                tf.summary.scalar("learning_rate", rate)
        minimizer = _optimizer(optimizer, rate)
        gradients = minimizer.compute_gradients(
            loss,
            tf.trainable_variables() if variables is None else variables,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
        )
        if gradient_noise_scale is not None:
            gradients = _with_noise(gradients, gradient_noise_scale)
        if gradient_multipliers is not None:
            gradients = _multiplied(gradients, gradient_multipliers)
        norms = {"global_gradient_norm", "gradient_norm"}.intersection(summaries)
        if norms:
            _summarize_norm("gradient_norm", gradients)
        gradients = _clipped(gradients, clip_gradients)
        if "loss" in summaries:
            tf.summary.scalar("loss", loss)
        _summarize_each(gradients, summaries)
        if clip_gradients is not None and norms:
            _summarize_norm("clipped_gradient_norm", gradients)
        step = minimizer.apply_gradients(
            gradients,
            global_step=global_step if increment_global_step else None,
            name="train",
        )
        return _after([step], loss)


def _after(dependencies: Sequence[Any], value: Any) -> Any:
    return with_dependencies(list(dependencies), value)


def _known_summaries(summaries: Sequence[str] | None) -> Sequence[str]:
    if summaries is None:
        return ["loss", "learning_rate", "global_gradient_norm"]
    unknown = [each for each in summaries if each not in OPTIMIZER_SUMMARIES]
    if unknown:
        raise ValueError(
            f"Summaries should be of {OPTIMIZER_SUMMARIES}. Received: {unknown}."
        )
    return summaries


def _learning_rate(learning_rate: Any) -> Any:
    if learning_rate is None:
        return None
    if isinstance(learning_rate, tf.Tensor) and learning_rate.shape.ndims == 0:
        return learning_rate
    if isinstance(learning_rate, float) and learning_rate >= 0:
        return tf.get_variable(
            "learning_rate",
            [],
            trainable=False,
            initializer=tf.constant_initializer(learning_rate),
        )
    raise ValueError(
        "Learning rate should be a scalar Tensor or a float of at least 0. "
        f"Received: {learning_rate!r} of type {type(learning_rate)}."
    )


def _optimizer(optimizer: Any, rate: Any) -> Any:
    base = tf.train.Optimizer
    if isinstance(optimizer, base):
        return optimizer
    named = isinstance(optimizer, str)
    if named and optimizer not in OPTIMIZER_CLS_NAMES:
        raise ValueError(
            f"Optimizer name should be one of {', '.join(OPTIMIZER_CLS_NAMES)}. "
            f"Received: {optimizer!r}."
        )
    if named or (isinstance(optimizer, type) and issubclass(optimizer, base)):
        if rate is None:
            raise ValueError(
                "Learning rate is None, but should be specified if optimizer is a "
                f"name or class ({optimizer})."
            )
        make = OPTIMIZER_CLS_NAMES[optimizer] if named else optimizer
        return make(learning_rate=rate)
    made = None
    if callable(optimizer):
        made = optimizer() if rate is None else optimizer(rate)
    if not isinstance(made, base):
        raise ValueError(
            "Unrecognized optimizer: should be a name, a tf.train.Optimizer, its class, "
            f"or a function that returns one. Received: {optimizer!r}."
        )
    return made


def _scaled(gradient: Any, factor: Any) -> Any:
    """The gradient times a factor, sparse if it is."""
    if isinstance(gradient, tf.IndexedSlices):
        return tf.IndexedSlices(
            gradient.values * factor, gradient.indices, gradient.dense_shape
        )
    return gradient * factor


def _with_noise(gradients: Gradients, scale: float) -> Gradients:
    noisy = []
    for gradient, variable in gradients:
        if gradient is not None:
            sparse = isinstance(gradient, tf.IndexedSlices)
            shape = gradient.dense_shape if sparse else gradient.shape
            gradient = gradient + tf.truncated_normal(shape) * scale
        noisy.append((gradient, variable))
    return noisy


def _multiplied(gradients: Gradients, multipliers: Mapping[Any, float]) -> Gradients:
    by_name = {getattr(key, "name", key): value for key, value in multipliers.items()}
    result = []
    for gradient, variable in gradients:
        if gradient is not None and variable.name in by_name:
            factor = by_name[variable.name]
            if not isinstance(gradient, tf.IndexedSlices):
                factor = tf.cast(factor, gradient.dtype)
            gradient = _scaled(gradient, factor)
        result.append((gradient, variable))
    if not result:
        raise ValueError("There are no gradients to multiply: no trainable variables.")
    return result


def _clipped(gradients: Gradients, clip_gradients: Any) -> Gradients:
    if clip_gradients is None:
        return gradients
    if isinstance(clip_gradients, float):
        values, variables = zip(*gradients, strict=True)
        clipped, _ = tf.clip_by_global_norm(values, clip_gradients)
        return list(zip(clipped, variables, strict=True))
    if callable(clip_gradients):
        return clip_gradients(gradients)
    raise ValueError(
        "`clip_gradients` must be a float or a function of the gradients. "
        f"Received: {clip_gradients!r} of type {type(clip_gradients)}."
    )


def _summarize_norm(name: str, gradients: Gradients) -> None:
    values = [gradient for gradient, _ in gradients]
    tf.summary.scalar(f"global_norm/{name}", tf.global_norm(values))


def _summarize_each(gradients: Gradients, summaries: Sequence[str]) -> None:
    for gradient, variable in gradients:
        sparse = isinstance(gradient, tf.IndexedSlices)
        values = gradient.values if sparse else gradient
        if values is None:
            continue
        name = variable.name.replace(":", "_")
        if "gradients" in summaries:
            tf.summary.histogram(f"gradients/{name}", values)
        if "gradient_norm" in summaries:
            tf.summary.scalar(f"gradient_norm/{name}", tf.global_norm([values]))


def adaptive_clipping_fn(
    std_factor: float = 2.0,
    decay: float = 0.95,
    static_max_norm: float | None = None,
    global_step: Any = None,
    report_summary: bool = False,
    epsilon: float = 1e-8,
    name: str | None = None,
) -> Callable[[Gradients], Gradients]:
    """As `tf.contrib.layers.adaptive_clipping_fn` of TensorFlow 1.15.

    Clips where the norm is above its usual size: the moving mean of its logarithm plus
    `std_factor` deviations.
    """

    def average(key: str, value: Any, kept: Any) -> Any:
        variable = tf.get_variable(
            key,
            shape=value.shape,
            dtype=value.dtype,
            initializer=tf.zeros_initializer(),
            trainable=False,
        )
        return assign_moving_average(variable, value, kept, zero_debias=False)

    def clip(gradients: Gradients) -> Gradients:
        norm = tf.global_norm([gradient for gradient, _ in gradients])
        with tf.variable_scope(name, "AdaptiveMaxNorm", [norm]):
            logarithm = tf.log(norm + epsilon)
            kept: Any = decay
            if global_step is not None:
                step = tf.cast(global_step, tf.float32)
                kept = tf.minimum(decay, step / (step + 1.0))
            mean = average("mean", logarithm, kept)
            square = average("sq_mean", tf.square(logarithm), kept)
            deviation = tf.sqrt(tf.maximum(epsilon, square - tf.square(mean)))
            largest = tf.exp(mean + std_factor * deviation)
        if report_summary:
            tf.summary.scalar("global_norm/adaptive_max_gradient_norm", largest)
        factor = tf.where(norm < largest, tf.ones_like(norm), tf.exp(mean) / norm)
        if static_max_norm is not None:
            factor = tf.minimum(static_max_norm / norm, factor)
        return [
            (None if gradient is None else _scaled(gradient, factor), variable)
            for gradient, variable in gradients
        ]

    return clip


__getattr__, __dir__ = _namespace.attach(__name__)
