"""Training that is only tried: everything that it changes is put back at the end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from tfkit.diagnose.random_states import random_states_restored

# What `fit` leaves on a model, other than in its variables.
_LEFT_BY_FIT = (
    "optimizer",
    "train_function",
    "test_function",
    "predict_function",
    "history",
    "stop_training",
    "training_plan",
    "_compiled_engine",
)


@contextlib.contextmanager
def restored(model: keras.Model) -> Iterator[None]:
    """Puts back at the end what training, or measuring, changes of a built model.

    Weights, states of random layers, metrics, moving averages, the states of all
    optimizers that the model holds, the functions that Keras has compiled for it, and
    the global random states of Python, NumPy, Keras and TensorFlow. Also when the block
    ends by an exception or Ctrl-C.
    """
    variables = _variables(model)
    values = [variable.numpy() for variable in variables]
    own = {key: vars(model)[key] for key in _LEFT_BY_FIT if key in vars(model)}
    engine = own.get("_compiled_engine")
    loops = {} if engine is None else dict(vars(engine))
    if engine is not None:
        # Changed in place by `fit`: it works on copies.
        for key, value in loops.items():
            if isinstance(value, (dict, set)):
                vars(engine)[key] = value.copy()
    try:
        with random_states_restored():
            yield
    finally:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        for key in _LEFT_BY_FIT:
            vars(model).pop(key, None)
        vars(model).update(own)
        if engine is not None:
            vars(engine).clear()
            vars(engine).update(loops)


@contextlib.contextmanager
def rehearsal(model: keras.Model) -> Iterator[keras.optimizers.Optimizer]:
    """A training of a compiled model that leaves no trace; see `restored`.

    The model trains with a copy of its optimizer, in the state of the original, but
    with a plain number as learning rate where that has a schedule: the schedule's value
    now. The original is not touched, nor are the model's compiled functions.

    Args:
        model: A built and compiled model.

    Yields:
        The copy, whose `learning_rate` can be set.

    Raises:
        ValueError: If the optimizer cannot be copied, or has more than one rate.
    """
    with restored(model):
        copy = _copy_of(model.optimizer, model)
        # Not by setattr, which Keras's models watch.
        vars(model)["optimizer"] = copy
        # Those there are were traced with the original.
        for name in ("train_function", "test_function", "predict_function"):
            vars(model)[name] = None
        yield copy


def anew(optimizer: Any) -> Any:
    """Makes an optimizer like this one, at its first step.

    Its rate is a plain number, the present one: schedules and functions of one's own
    cannot always be made from a config.

    Raises:
        ValueError: If it cannot be made from the optimizer's `get_config()`.
    """
    rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
    given = vars(getattr(optimizer, "inner_optimizer", optimizer))
    own = given["_learning_rate"]
    try:
        # A schedule of one's own seldom has a config; of a number there is one. Not by
        # setattr, which Keras's objects watch.
        given["_learning_rate"] = tf.constant(rate)
        copy = type(optimizer).from_config(optimizer.get_config())
    except (TypeError, ValueError, KeyError, NotImplementedError) as error:
        raise ValueError(
            "The optimizer must be one that can be made anew from its `get_config()`. "
            f"Received: {type(optimizer).__name__}, which says: {error}. Give it a "
            "get_config that returns its constructor's arguments."
        ) from error
    finally:
        given["_learning_rate"] = own
    return copy


def _variables(model: keras.Model) -> list[Any]:
    """All that a training can assign to, each once."""
    found: list[Any] = [*model.variables, *model.metrics_variables]
    # A model that is not compiled has no such attribute.
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None:
        found += optimizer.variables
    known = {id(getattr(each, "value", each)) for each in found}
    # What Keras does not count: tf.Variables of custom layers, the generators of
    # tf.random, a second optimizer that a `train_step` uses.
    for each in tf.train.TrackableView(model).descendants():
        if isinstance(each, tf.Variable) and id(each) not in known:
            known.add(id(each))
            found.append(each)
    return list({id(each): each for each in found}.values())


def _copy_of(optimizer: Any, model: keras.Model) -> keras.optimizers.Optimizer:
    if hasattr(optimizer, "optimizers"):
        raise ValueError(
            "The model must be compiled with one optimizer. Received: "
            f"{type(optimizer).__name__}, which holds {len(optimizer.optimizers)}. "
            "Compile a copy of the model with each of them alone."
        )
    copy = anew(optimizer)
    if optimizer.built:
        copy.build(model.trainable_variables)
        pairs = zip(_state(optimizer), _state(copy), strict=True)
        for original, variable in pairs:
            variable.assign(original)
    return copy


def _state(optimizer: Any) -> list[Any]:
    """The optimizer's variables but for the rate, which is none under a schedule."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    rate = inner._learning_rate
    return [each for each in optimizer.variables if each is not rate]
