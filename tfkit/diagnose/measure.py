"""The errors of a classifier on its data, measured in inference mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfkit._checks import check_count
from tfkit._predictions import class_numbers
from tfkit.diagnose.arrays import check_pair, require_numbers
from tfkit.diagnose.bias_variance import BiasVariance, bias_variance
from tfkit.diagnose.error_rate import ErrorRate
from tfkit.diagnose.model_checks import require_built
from tfkit.diagnose.rehearsal import restored

Batch = tuple[Any, np.ndarray]

_BATCH_HINT = "It only decides speed and memory; 1024 is a good size."


def measure_bias_variance(
    model: keras.Model,
    *,
    train: Any,
    dev: Any,
    train_dev: Any = None,
    test: Any = None,
    human_error: float | ErrorRate = 0.0,
    tolerance: float = 0.02,
    batch_size: int = 1024,
    max_train_examples: int | None = 10_000,
) -> BiasVariance:
    """Measures every error in inference mode, and says bias, variance, or both.

    The training error in a Keras `History` is a running mean over the epoch, of a model
    under dropout that changes from batch to batch. Set against the dev error, which is
    measured in inference mode after the epoch, it can turn the verdict round: dropout
    makes it look like bias where the truth is variance. Here all parts are measured
    alike: no dropout, no augmentation, fixed statistics of batch normalization.

    The model is left as it is: weights, optimizer, metrics, compiled functions, seeds.

    Args:
        model: A built, compiled classifier of one output; see `measure_error`.
        train: The training set: `(x, y)`, or a batched `tf.data.Dataset` of such pairs.
        dev: The dev set, likewise.
        train_dev: Held-out data of the training distribution, where dev and test come
            from another one.
        test: The test set.
        human_error: Error of a careful person: a fraction, or an `ErrorRate`.
        tolerance: Gap above which a problem is called high.
        batch_size: Examples of one batch; a dataset has its own.
        max_train_examples: Most training examples to measure, an even sample that is
            the same each time; None for all. See `measure_error`.

    Raises:
        TypeError, ValueError: As `measure_error` and `bias_variance` do.

    Example:
        >>> import keras, numpy as np
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True))
        >>> model.set_weights([np.ones((1, 1)), np.zeros(1)])
        >>> x = np.linspace(-1, 1, 1000)[:, None]
        >>> right, y = x[:, 0] > 0, x[:, 0] > 0.4
        >>> found = measure_bias_variance(model, train=(x, right), dev=(x, y))
        >>> found.verdict, found.errors["train"], found.errors["dev"]
        ('high variance', 0.0, 0.2)

    Reference:
        Course notes, "Bias / Variance".
    """
    parts = {"train": train, "train_dev": train_dev, "dev": dev, "test": test}
    errors = {
        name: measure_error(
            model,
            data,
            batch_size=batch_size,
            max_examples=max_train_examples if name == "train" else None,
            name=name,
        )
        for name, data in parts.items()
        if data is not None or name in ("train", "dev")
    }
    return bias_variance(
        train_error=errors["train"],
        dev_error=errors["dev"],
        train_dev_error=errors.get("train_dev"),
        test_error=errors.get("test"),
        human_error=human_error,
        tolerance=tolerance,
    )


def measure_error(
    model: keras.Model,
    data: Any,
    *,
    batch_size: int = 1024,
    max_examples: int | None = None,
    name: str = "data",
) -> ErrorRate:
    """Counts a classifier's wrong answers, in inference mode.

    What is wrong follows from the model's loss and the targets:

    - several outputs, class numbers `(m,)` or one-hot or soft rows `(m, classes)`: the
      largest output is not at the label;
    - one output: it lies on the other side of 0.5; of 0 for logits and hinge losses;
    - several outputs under a *binary* loss (several labels an example): at least one of
      the labels is wrong. Single labels of one example err together, so to count them
      would make the interval too narrow.

    The model is left as it is. Sample weights are not looked at.

    Args:
        model: A built, compiled classifier of one output.
        data: `(x, y)`, with as many inputs in `x` as the model takes; a part of
            `tfkit.data.split`; or a batched, finite `tf.data.Dataset` of `(x, y)` or
            `(x, y, weights)`.
        batch_size: Examples of one batch; a dataset has its own.
        max_examples: Most examples to measure; None for all. Of arrays every n-th is
            taken, of datasets every n-th batch, where their length is known.
        name: What messages call the data.

    Raises:
        TypeError: If `model` is no Keras model, or `data` neither form.
        ValueError: If the model is not built or compiled, has several outputs or is no
            classifier; if shapes do not fit, labels are out of range, there is no
            example, or an output is NaN.

    Example:
        >>> import keras, numpy as np
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Softmax()])
        >>> model.compile(loss="sparse_categorical_crossentropy")
        >>> measure_error(model, (np.eye(2), np.array([0, 0])))
        ErrorRate(errors=1, examples=2)
    """
    wrong = wrong_answers(
        model, data, batch_size=batch_size, max_examples=max_examples, name=name
    )
    return ErrorRate(int(wrong.sum()), len(wrong))


def wrong_answers(
    model: keras.Model,
    data: Any,
    *,
    batch_size: int = 1024,
    max_examples: int | None = None,
    name: str = "data",
) -> np.ndarray:
    """Returns for each example whether the model is wrong, bool `(m,)`.

    Arguments and errors are those of `measure_error`.
    """
    batch_size = check_count("batch_size", batch_size, hint=_BATCH_HINT)
    if max_examples is not None:
        hint = "None takes all of them."
        max_examples = check_count("max_examples", max_examples, hint=hint)
    judge = _judge(model)
    predict = _inference(model)
    found = []
    # Stateful recurrent layers keep their state, dropout that is always on draws a mask.
    with restored(model):
        for x, y in _batches(data, batch_size, max_examples, name):
            outputs = keras.ops.convert_to_numpy(_called(predict, x, model, name))
            if outputs.ndim == 1:
                outputs = outputs[:, None]
            _check_outputs(outputs, y, name)
            found.append(judge(outputs.astype(np.float32), y, name))
    if not found:
        raise ValueError(
            f"`{name}` must hold one example at least. Received: none. Look at how it "
            "was split or filtered."
        )
    return np.concatenate(found)


def _called(
    predict: Callable[[Any], Any], x: Any, model: keras.Model, name: str
) -> Any:
    try:
        return predict(x)
    except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
        shapes = keras.tree.map_structure(lambda t: tuple(t.shape), x)
        raise ValueError(
            f"The inputs of `{name}` must be what the model takes: shape "
            f"{getattr(model, 'input_shape', 'not known')}. Received: a batch of shape "
            f"{shapes}. Prepare them as for `fit`."
        ) from error


def _inference(model: keras.Model) -> Callable[[Any], Any]:
    """Returns the model as a function, without the traces that `predict` leaves."""

    def call(x: Any) -> Any:
        return model(x, training=False)

    if model.run_eagerly or keras.backend.backend() != "tensorflow":
        return call
    function = tf.function(call, reduce_retracing=True)
    # TensorFlow would take one such function for each model for one traced anew.
    function._omit_frequent_tracing_warning = True
    return function


def _judge(model: keras.Model) -> Callable[[np.ndarray, np.ndarray, str], np.ndarray]:
    """Returns what tells wrong outputs for this model's loss, after checking both."""
    require_built(model)
    loss = classifier_loss(model)
    kind = _loss_name(loss)
    logits = bool(getattr(loss, "from_logits", False)) or "hinge" in kind
    threshold = 0.0 if logits else 0.5
    binary = "binary" in kind or ("hinge" in kind and "categorical" not in kind)

    def judge(outputs: np.ndarray, y: np.ndarray, name: str) -> np.ndarray:
        if outputs.shape[1] > 1 and not binary:
            return _labels(y, outputs.shape[1], name) != outputs.argmax(axis=1)
        if y.size != outputs.size:
            raise ValueError(
                f"The targets of `{name}` must have one column for each output under "
                f"{kind}: shape {outputs.shape}. Received: shape {y.shape}. If classes "
                "exclude each other, compile with sparse_categorical_crossentropy."
            )
        truth = y.reshape(outputs.shape)
        allowed = (-1, 0, 1) if "hinge" in kind else (0, 1)
        if not np.isin(truth, allowed).all():
            odd = truth[~np.isin(truth, allowed)][0]
            raise ValueError(
                f"The targets of `{name}` must be 0 or 1"
                f"{', or -1 or 1,' if 'hinge' in kind else ''} under {kind}. "
                f"Received: {odd}. Round soft targets first."
            )
        return ((outputs > threshold) != (truth > 0)).any(axis=1)

    return judge


def classifier_loss(model: keras.Model) -> Any:
    """Returns the loss of a classifier of one output.

    Raises:
        ValueError: If the model is not compiled, has several outputs, or its loss is
            none of a classifier.
    """
    loss = getattr(model, "loss", None)
    if loss is None:
        raise ValueError(
            "`model` must be compiled with its loss: it says whether outputs are "
            f"logits, and labels exclude each other. Received: {model.name!r}, not "
            "compiled. Call model.compile(loss=...) first."
        )
    if isinstance(loss, (list, tuple, dict)):
        if len(loss) > 1:
            raise ValueError(
                "`model` must have one output. Received: losses for "
                f"{len(loss)}. Make a model of one output, "
                "keras.Model(model.inputs, model.outputs[0]), and compile it."
            )
        (loss,) = loss.values() if isinstance(loss, dict) else loss
    kind = _loss_name(loss)
    if not any(part in kind for part in ("crossentropy", "hinge", "focal")):
        raise ValueError(
            "`model` must be a classifier: compiled with a cross-entropy, focal or "
            f"hinge loss. Received: loss={kind!r}. Of a regression, judge the loss "
            "itself: model.evaluate on train and dev."
        )
    return loss


def _loss_name(loss: Any) -> str:
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", None)
    # The class tells more than an object's name, which may be anyone's.
    return (name or type(loss).__name__).replace("_", "").lower()


def _labels(y: np.ndarray, classes: int, name: str) -> np.ndarray:
    """Returns class numbers, from such, from one-hot rows or soft ones."""
    if y.ndim == 2 and y.shape[1] == classes:
        return y.argmax(axis=1)
    return class_numbers(y, classes, name=f"y of {name}")


def _check_outputs(outputs: np.ndarray, y: np.ndarray, name: str) -> None:
    if outputs.ndim != 2:
        raise ValueError(
            "`model` must give one answer an example, outputs of shape (m, classes). "
            f"Received: shape {outputs.shape}. For sequences and pixels, count with "
            "`error_rate` on flattened predictions: neighbours err together, so give "
            "the number of independent examples to `ErrorRate`."
        )
    fits = y.shape[0] == len(outputs) and (
        y.ndim == 1 or (y.ndim == 2 and y.shape[1] in (1, outputs.shape[1]))
    )
    if not fits:
        raise ValueError(
            f"The targets of `{name}` must fit the model's outputs of shape "
            f"{outputs.shape}. Received: shape {y.shape}. Pass one label an example, "
            "or one column for each output."
        )
    if np.issubdtype(y.dtype, np.floating) and np.isnan(y).any():
        raise ValueError(
            f"The targets of `{name}` must be numbers. Received: NaN in row "
            f"{int(np.isnan(y.reshape(len(y), -1)).any(axis=1).argmax())}. Fill in or "
            "drop what is missing."
        )
    if np.isnan(outputs).any():
        raise ValueError(
            f"The model's outputs on `{name}` must be numbers. Received: NaN. Training "
            "has diverged (lower the learning rate), or the inputs hold NaN; "
            "`find_first_bad_layer` says where it begins."
        )


def _batches(
    data: Any, batch_size: int, most: int | None, name: str
) -> Iterator[Batch]:
    """Yields `(x, y)` with `y` as an array."""
    if isinstance(data, tf.data.Dataset):
        yield from _dataset_batches(data, most, name)
        return
    x, y = check_pair(data, name)
    every = 1 if most is None else -(-len(y) // most)
    for start in range(0, len(y), batch_size * every):
        chosen = slice(start, start + batch_size * every, every)
        yield keras.tree.map_structure(lambda t: t[chosen], x), y[chosen]  # noqa: B023


def _dataset_batches(data: Any, most: int | None, name: str) -> Iterator[Batch]:
    spec = data.element_spec
    if not isinstance(spec, tuple) or len(spec) not in (2, 3):
        raise TypeError(
            f"`{name}` must be a dataset of (x, y) or (x, y, weights). Received: "
            f"elements {spec}. Zip inputs and labels."
        )
    if len(spec[1].shape) == 0:
        raise ValueError(
            f"`{name}` must be a batched dataset. Received: single examples. Call "
            ".batch(1024) on it."
        )
    count = int(data.cardinality())
    if count == tf.data.INFINITE_CARDINALITY:
        raise ValueError(
            f"`{name}` must be a finite dataset. Received: one that repeats for ever. "
            "Leave .repeat() out, or call .take(batches) on it."
        )
    if most is not None and count > 1:
        size = next((len(keras.tree.flatten(e[1])[0]) for e in data.take(1)), 1)
        # Every n-th batch rather than the first ones: files are often sorted.
        data = data.shard(max(1, -(-count * size // most)), 0)
    for element in data:
        require_numbers(element[1], f"y of {name}")
        yield element[0], np.asarray(element[1])
