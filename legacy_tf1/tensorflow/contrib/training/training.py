"""Train ops, and a loop over one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import tensorflow.compat.v1 as tf

_USE_GLOBAL_STEP = 0


def _changed(gradient: Any, change: Callable[[Any], Any]) -> Any:
    """A gradient, dense or of some rows, with its values changed."""
    if isinstance(gradient, tf.IndexedSlices):
        values = change(gradient.values)
        return tf.IndexedSlices(values, gradient.indices, gradient.dense_shape)
    return change(gradient)


def add_gradients_summaries(grads_and_vars: Iterable[tuple[Any, Any]]) -> list[Any]:
    """A histogram and the norm of each gradient."""
    summaries = []
    for gradient, variable in grads_and_vars:
        if gradient is None:
            tf.logging.info("Var %s has no gradient", variable.op.name)
            continue
        sliced = isinstance(gradient, tf.IndexedSlices)
        values, name = gradient.values if sliced else gradient, variable.op.name
        summaries.append(tf.summary.histogram(f"{name}_gradient", values))
        norm = tf.global_norm([values])
        summaries.append(tf.summary.scalar(f"{name}_gradient_norm", norm))
    return summaries


def clip_gradient_norms(
    gradients_to_variables: Iterable[tuple[Any, Any]], max_norm: float
) -> list[tuple[Any, Any]]:
    """Clips each gradient by its own norm."""
    return [
        (
            None
            if gradient is None
            else _changed(gradient, lambda values: tf.clip_by_norm(values, max_norm)),
            variable,
        )
        for gradient, variable in gradients_to_variables
    ]


def clip_gradient_norms_fn(max_norm: float) -> Callable[[Any], list[tuple[Any, Any]]]:
    """`clip_gradient_norms` as the `transform_grads_fn` of a train op."""
    return lambda pairs: clip_gradient_norms(pairs, max_norm)


def multiply_gradients(
    grads_and_vars: Sequence[tuple[Any, Any]], gradient_multipliers: Mapping[Any, Any]
) -> list[tuple[Any, Any]]:
    """Multiplies the gradients of some variables, given by themselves or by name."""
    if not gradient_multipliers:
        raise ValueError("`gradient_multipliers` is empty.")
    by_name = {
        key if isinstance(key, str) else key.op.name: factor
        for key, factor in gradient_multipliers.items()
    }
    result = []
    for gradient, variable in grads_and_vars:
        factor = by_name.get(variable.op.name)
        if factor is not None:
            if gradient is None:
                raise ValueError(
                    f"Requested multiple of `None` gradient, of {variable.op.name}."
                )
            gradient = _times(gradient, factor)
        result.append((gradient, variable))
    return result


def _times(gradient: Any, factor: Any) -> Any:
    return _changed(gradient, lambda values: values * tf.cast(factor, values.dtype))


def create_train_op(
    total_loss: Any,
    optimizer: Any,
    global_step: Any = _USE_GLOBAL_STEP,
    update_ops: Iterable[Any] | None = None,
    variables_to_train: Sequence[Any] | None = None,
    transform_grads_fn: Callable[[Any], Any] | None = None,
    summarize_gradients: bool = False,
    gate_gradients: int = tf.train.Optimizer.GATE_OP,
    aggregation_method: Any = None,
    colocate_gradients_with_ops: bool = False,
    check_numerics: bool = True,
) -> Any:
    """A tensor that updates the variables and is the loss.

    As `tf.contrib.training.create_train_op` of TensorFlow 1.15: the ops of UPDATE_OPS,
    such as batch normalization's, run before the loss.
    """
    if global_step is _USE_GLOBAL_STEP:
        global_step = tf.train.get_or_create_global_step()
    collected = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    updates = collected if update_ops is None else list(update_ops)
    if any(op not in updates for op in collected):
        tf.logging.warning(
            "update_ops in create_train_op does not contain all the update_ops in "
            "GraphKeys.UPDATE_OPS"
        )
    if updates:
        with tf.control_dependencies(updates):
            barrier = tf.no_op(name="update_barrier")
        with tf.control_dependencies([barrier]):
            total_loss = tf.identity(total_loss)
    pairs = optimizer.compute_gradients(
        total_loss,
        tf.trainable_variables() if variables_to_train is None else variables_to_train,
        gate_gradients=gate_gradients,
        aggregation_method=aggregation_method,
        colocate_gradients_with_ops=colocate_gradients_with_ops,
    )
    if transform_grads_fn:
        pairs = transform_grads_fn(pairs)
    if summarize_gradients:
        with tf.name_scope("summarize_grads"):
            add_gradients_summaries(pairs)
    applied = optimizer.apply_gradients(pairs, global_step=global_step)
    with tf.name_scope("train_op"):
        if check_numerics:
            total_loss = tf.check_numerics(total_loss, "LossTensor is inf or nan")
        with tf.control_dependencies([applied]):
            train_op = tf.identity(total_loss)
    tf.add_to_collection(tf.GraphKeys.TRAIN_OP, train_op)
    return train_op


def train(
    train_op: Any,
    logdir: str | None,
    master: str = "",
    is_chief: bool = True,
    scaffold: Any = None,
    hooks: Sequence[Any] | None = None,
    chief_only_hooks: Sequence[Any] | None = None,
    save_checkpoint_secs: int | None = 600,
    save_summaries_steps: int | None = 100,
    config: Any = None,
    max_wait_secs: int = 7200,
    run_metadata: Any = None,
) -> Any:
    """Runs a train op until a hook stops it; returns the last loss."""
    for name, value in (
        ("save_summaries_steps", save_summaries_steps),
        ("save_checkpoint_secs", save_checkpoint_secs),
    ):
        if logdir is None and is_chief and value:
            raise ValueError(f"logdir cannot be None when {name} is not None")
    loss = None
    with tf.train.MonitoredTrainingSession(
        master=master,
        is_chief=is_chief,
        checkpoint_dir=logdir,
        scaffold=scaffold,
        hooks=hooks,
        chief_only_hooks=chief_only_hooks,
        save_checkpoint_secs=save_checkpoint_secs,
        save_summaries_steps=save_summaries_steps,
        config=config,
        max_wait_secs=max_wait_secs,
    ) as session:
        while not session.should_stop():
            loss = session.run(train_op, run_metadata=run_metadata)
    return loss
