"""Gradient checks of one part: a function, a loss or a regularizer alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfkit.diagnose.gradient_check.comparison import compare_coordinates
from tfkit.diagnose.gradient_check.cost import Cost
from tfkit.diagnose.gradient_check.model_copy import (
    float64_defaults,
    regularizer_in_float64,
)
from tfkit.diagnose.gradient_check.result import GradientCheck

#: What one call of a part under test gives: outputs of any structure.
Outputs = Callable[[list[Any]], Any]
# More would take minutes, and a wrong derivative shows in a small example as well.
_MOST = 100_000


def check_function_gradients(
    function: Callable[..., Any],
    *arrays: Any,
    epsilon: float | None = None,
    seed: int = 0,
) -> GradientCheck:
    r"""Checks the gradient of a function of tensors, `tf.custom_gradient` ones included.

    Reverse mode is compared with central differences of

    $$J = \sum_i c_i\, f_i(x)$$

    with respect to every float argument. The $c_i$ are random and fixed: a plain sum
    would hide mistakes that cancel, such as those in a softmax. Where `function` returns
    one number, that is $J$. Everything is computed in float64.

    Args:
        function: Takes tensors, returns a tensor, or a list, tuple or dict of them; in
            TensorFlow or `keras.ops`. It is also called inside a `tf.function`.
        *arrays: Its arguments. Gradients are checked with respect to floats; integers
            and booleans are passed on as they are.
        epsilon: The step; None for one near the best, 1e-7 as in the course.
        seed: Of the $c_i$.

    Returns:
        The report, with one row for each float argument.

    Raises:
        TypeError: If `function` is no function, no argument holds floats, or nothing it
            returns does.
        ValueError: If two calls with the same arguments differ, the answer is not
            finite, or the arguments have more than 100,000 numbers.

    Example:
        >>> @tf.custom_gradient
        ... def square(x):
        ...     return x * x, lambda dy: dy * x  # the 2 is missing
        >>> check = check_function_gradients(square, np.array([1.0, -2.0, 3.0]))
        >>> check.passed, check.tensors[0].path, check.tensors[0].hint
        (False, 'x', 'off by a factor of 1/2')

    Reference:
        Course notes, Gradient checking.
    """
    if not callable(function):
        raise TypeError(
            "`function` must be a function of tensors. Received: "
            f"function={function!r}. Pass it before its arguments."
        )
    values = [np.asarray(array) for array in arrays]
    names = _argument_names(function, len(values))
    floats = [place for place, value in enumerate(values) if value.dtype.kind == "f"]
    if not floats:
        received = ", ".join(
            f"{name} of {value.dtype}"
            for name, value in zip(names, values, strict=True)
        )
        raise TypeError(
            "At least one of `arrays` must hold floats, with respect to which there is "
            f"a gradient. Received: {received or 'no arrays'}. Pass 1.0 in place of 1, "
            "or array.astype(float)."
        )
    constants = [tf.constant(value) for value in values]

    def call(tensors: list[Any]) -> Any:
        arguments = list(constants)
        for place, tensor in zip(floats, tensors, strict=True):
            arguments[place] = tensor
        return function(*arguments)

    return check_outputs(
        call,
        [values[place] for place in floats],
        [names[place] for place in floats],
        epsilon=epsilon,
        seed=seed,
    )


def check_loss_gradients(
    loss: Any,
    y_true: Any,
    y_pred: Any,
    *,
    epsilon: float | None = None,
    seed: int = 0,
) -> GradientCheck:
    r"""Checks the gradient of a loss with respect to the predictions.

    A `keras.losses.Loss` is checked through its `call`, before the mean over the
    examples is taken, so that each example has a gradient of its own size.

    Args:
        loss: A Keras loss, its name, or a function of `y_true` and `y_pred`.
        y_true: The labels, as the loss takes them.
        y_pred: The predictions, floats, of the kind that the loss expects:
            probabilities away from 0 and 1, or logits.
        epsilon: The step; None for one near the best.
        seed: Of the weights that the examples get.

    Returns:
        The report, with the one row `y_pred`.

    Raises:
        TypeError: If `loss` is none, or `y_pred` holds no floats.
        ValueError: If the two do not fit, or the loss is not finite.

    Example:
        >>> y_true, y_pred = np.array([0, 2]), np.array([[0.7, 0.2, 0.1]] * 2)
        >>> loss = keras.losses.SparseCategoricalCrossentropy()
        >>> check_loss_gradients(loss, y_true, y_pred).passed
        True
        >>> wrong = lambda y, p: (tf.stop_gradient(p) - y) * (p - y)
        >>> check_loss_gradients(wrong, np.zeros(3), np.ones(3)).tensors[0].hint
        'off by a factor of 1/2'

    Reference:
        Course notes, Gradient checking.
    """
    function = keras.losses.get(loss) if isinstance(loss, str) else loss
    if isinstance(function, keras.losses.Loss):
        # Its __call__ would cast to the loss's own float32.
        function = function.call
    if not callable(function) or isinstance(loss, type):
        raise TypeError(
            "`loss` must be a Keras loss, its name, or a function of y_true and y_pred. "
            f"Received: loss={loss!r}."
            + (" Make an instance of the class." if isinstance(loss, type) else "")
        )
    labels = np.asarray(y_true)
    # As Keras does before it calls a loss.
    labels = tf.constant(labels.astype(np.float64))
    predictions = _floats("y_pred", y_pred)
    if labels.shape.rank and len(labels) != len(predictions):
        raise ValueError(
            "`y_true` and `y_pred` must hold as many examples. Received: y_true of "
            f"shape {tuple(labels.shape)} and y_pred of shape {predictions.shape}."
        )
    return check_outputs(
        lambda tensors: function(labels, tensors[0]),
        [predictions],
        ["y_pred"],
        examples=len(predictions),
        epsilon=epsilon,
        seed=seed,
    )


def check_regularizer_gradients(
    regularizer: Any, weight: Any, *, epsilon: float | None = None
) -> GradientCheck:
    r"""Checks the gradient of a penalty with respect to the weight.

    Args:
        regularizer: A Keras regularizer, its name, or a function of a weight that
            returns one number.
        weight: The weight, an array of floats; none of its entries 0, where the
            penalty has a kink there.
        epsilon: The step; None for one near the best.

    Returns:
        The report, with the one row `weight`.

    Raises:
        TypeError: If `regularizer` is none, or `weight` holds no floats.
        ValueError: If it does not return one finite number.

    Example:
        >>> from tfkit.regularizers import L2
        >>> weight = np.array([[1.0, -2.0], [0.5, 3.0]])
        >>> check_regularizer_gradients(L2(0.7, examples=5), weight).passed
        True
        >>> half = tf.custom_gradient(
        ...     lambda w: (tf.reduce_sum(w**2), lambda dy: dy * w)
        ... )
        >>> check_regularizer_gradients(half, weight).tensors[0].hint
        'off by a factor of 1/2'

    Reference:
        Course notes, Regularization; Gradient checking.
    """
    function = (
        keras.regularizers.get(regularizer)
        if isinstance(regularizer, str)
        else regularizer
    )
    if not callable(function) or isinstance(function, type):
        raise TypeError(
            "`regularizer` must be a Keras regularizer, its name, or a function of a "
            f"weight. Received: regularizer={regularizer!r}."
        )
    values = _floats("weight", weight)
    with float64_defaults():
        function = regularizer_in_float64(function)
        penalty = tf.convert_to_tensor(function(tf.constant(values)))
    if penalty.shape.rank != 0:
        raise ValueError(
            "`regularizer` must return one number, which is added to the cost. "
            f"Received: shape {tuple(penalty.shape)}. Sum over all entries."
        )
    return check_outputs(
        lambda tensors: function(tensors[0]), [values], ["weight"], epsilon=epsilon
    )


def check_outputs(
    outputs: Outputs,
    values: Sequence[np.ndarray],
    names: Sequence[str],
    *,
    layers: Sequence[str] | None = None,
    examples: int | None = None,
    epsilon: float | None = None,
    seed: int = 0,
    notes: tuple[str, ...] = (),
) -> GradientCheck:
    """Checks the gradient of a weighted sum of outputs.

    Args:
        outputs: Takes the float64 tensors, returns tensors in any structure.
        values: Where, one array a tensor.
        names: Name of each.
        layers: Name of the layer of each.
        examples: Size of the batch, for hints.
        epsilon: The step.
        seed: Of the weights of the sum.
        notes: What a reader has to know.

    Raises:
        TypeError, ValueError: As for `check_function_gradients`.
    """
    values = [np.asarray(value, dtype=np.float64) for value in values]
    size = sum(value.size for value in values)
    if size > _MOST:
        raise ValueError(
            f"The arrays must hold {_MOST:,} numbers or fewer, each of which is moved "
            f"by itself. Received: {size:,}. Take a smaller example; of a model, "
            "gradient_check(mode='directional') checks random directions."
        )
    # Constants that Keras makes on the way are float64, too.
    with float64_defaults():
        return _checked_outputs(
            outputs, values, names, layers, examples, epsilon, seed, notes
        )


def _checked_outputs(
    outputs: Outputs,
    values: list[np.ndarray],
    names: Sequence[str],
    layers: Sequence[str] | None,
    examples: int | None,
    epsilon: float | None,
    seed: int,
    notes: tuple[str, ...],
) -> GradientCheck:
    tensors = [tf.constant(value) for value in values]
    first = _float_outputs(_first_call(outputs, tensors))
    again = _float_outputs(outputs(tensors))
    for one, other in zip(first, again, strict=True):
        if not np.array_equal(one, other, equal_nan=True):
            raise ValueError(
                "Two calls with the same arguments must give the same answer. "
                f"Received: answers that differ by up to {np.abs(one - other).max():.3g}"
                ". Fix what is random: a mask or a seed as an argument."
            )
        if not np.isfinite(one).all():
            wrong = np.count_nonzero(~np.isfinite(one))
            raise ValueError(
                "The outputs must be finite. Received: "
                f"{wrong} of {one.size} that are NaN or infinite. Pass arguments at "
                "which the function is defined (probabilities inside 0 and 1, say)."
            )
    weights = _cotangents([one.shape for one in first], seed)

    def cost(tensors: list[Any]) -> Any:
        parts = _float_tensors(outputs(tensors))
        terms = [
            tf.reduce_sum(tf.cast(part, tf.float64) * weight)
            for part, weight in zip(parts, weights, strict=True)
        ]
        return tf.add_n(terms)

    compared = compare_coordinates(Cost(cost, values, names, layers, examples), epsilon)
    return GradientCheck(
        mode="full",
        difference=compared.difference,
        epsilon=epsilon,
        tensors=compared.tensors,
        worst=compared.worst,
        cost=float(cost(tensors)),
        penalty=0.0,
        noise=compared.noise,
        checked=compared.checked,
        notes=(*notes, *compared.notes),
    )


def _first_call(outputs: Outputs, tensors: list[Any]) -> Any:
    try:
        return outputs(tensors)
    except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
        shapes = ", ".join(str(tuple(tensor.shape)) for tensor in tensors)
        raise ValueError(
            "The part under test must take these arrays in float64. Received: float "
            f"arrays of shape {shapes}, for which it fails: {error} Check the shapes, "
            "and give constants the dtype of the argument (x.dtype), not float32."
        ) from error


def _cotangents(shapes: list[tuple[int, ...]], seed: int) -> list[np.ndarray]:
    """Random weights of the outputs; 1 for a single number."""
    if shapes == [()]:
        return [np.ones(())]
    generator = np.random.default_rng(seed)
    # Away from 0, so that no output goes unseen.
    return [
        generator.uniform(0.5, 1.5, shape) * generator.choice([-1.0, 1.0], shape)
        for shape in shapes
    ]


def _float_tensors(outputs: Any) -> list[Any]:
    found = [tf.convert_to_tensor(part) for part in tf.nest.flatten(outputs)]
    return [part for part in found if part.dtype.is_floating]


def _float_outputs(outputs: Any) -> list[np.ndarray]:
    found = _float_tensors(outputs)
    if not found:
        kinds = [
            tf.convert_to_tensor(part).dtype.name for part in tf.nest.flatten(outputs)
        ]
        raise TypeError(
            "The function must return floats, for which there are gradients. Received: "
            f"{', '.join(kinds) or 'nothing'}. A cast to integers has no derivative."
        )
    return [part.numpy().astype(np.float64) for part in found]


def _floats(name: str, array: Any) -> np.ndarray:
    values = np.asarray(array)
    if values.dtype.kind != "f":
        raise TypeError(
            f"`{name}` must hold floats, which can be moved a little. Received: "
            f"{name} of {values.dtype}. Pass {name}.astype(float)."
        )
    return values.astype(np.float64)


def _argument_names(function: Callable[..., Any], count: int) -> list[str]:
    """The names of the parameters, as far as they have any."""
    numbered = [f"argument {place}" for place in range(count)]
    # What tf.custom_gradient returns has the signature of what it wraps.
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # written in C
        return numbered
    names = [
        parameter.name
        for parameter in parameters
        if parameter.kind
        in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    return [*names[:count], *numbered[len(names) :]]
