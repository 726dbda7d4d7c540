"""Training by one call; today `model.fit`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.client import timeline
from tensorflow.python.ops.control_flow_ops import with_dependencies

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow import _saver

__all__ = [
    "add_gradients_summaries",
    "clip_gradient_norms",
    "create_train_op",
    "multiply_gradients",
    "train",
    "train_step",
]

Gradients = list[tuple[Any, Any]]

# TensorFlow 1's mark for an argument that was not given, where None has a meaning.
_USE_DEFAULT = 0


def _map_dense(function: Callable[[Any], Any], gradient: Any) -> Any:
    """Applies a function to a gradient, or to the values of a sparse one."""
    if isinstance(gradient, tf.IndexedSlices):
        values = function(gradient.values)
        return tf.IndexedSlices(values, gradient.indices, gradient.dense_shape)
    return function(gradient)


def clip_gradient_norms(
    gradients_to_variables: Gradients, max_norm: float
) -> Gradients:
    """As `slim.learning.clip_gradient_norms`: each gradient by its own norm."""
    return [
        (
            None
            if gradient is None
            else _map_dense(lambda value: tf.clip_by_norm(value, max_norm), gradient),
            variable,
        )
        for gradient, variable in gradients_to_variables
    ]


def multiply_gradients(
    grads_and_vars: Gradients, gradient_multipliers: Mapping[Any, Any]
) -> Gradients:
    """As `slim.learning.multiply_gradients`.

    Args:
        gradient_multipliers: Factors by variable or by its name.
    """
    if not isinstance(grads_and_vars, list):
        raise ValueError(
            "`grads_and_vars` must be a list of pairs. "
            f"Received: {type(grads_and_vars)}. Use optimizer.compute_gradients."
        )
    if not isinstance(gradient_multipliers, dict) or not gradient_multipliers:
        raise ValueError(
            "`gradient_multipliers` must be a dict with at least one entry. "
            f"Received: gradient_multipliers={gradient_multipliers!r}."
        )
    factors = {
        key if isinstance(key, str) else key.op.name: factor
        for key, factor in gradient_multipliers.items()
    }
    result = []
    for gradient, variable in grads_and_vars:
        if variable.op.name in factors:
            if gradient is None:
                raise ValueError(
                    f"Requested multiple of `None` gradient: {variable.op.name} does "
                    "not influence the loss. Remove it from gradient_multipliers."
                )
            factor = tf.convert_to_tensor(
                factors[variable.op.name], dtype=gradient.dtype
            )
            gradient = _map_dense(factor.__rmul__, gradient)
        result.append((gradient, variable))
    return result


def add_gradients_summaries(grads_and_vars: Gradients) -> list[Any]:
    """As `slim.learning.add_gradients_summaries`: histogram and norm of each."""
    summaries = []
    for gradient, variable in grads_and_vars:
        name = variable.op.name
        if gradient is None:
            tf.logging.info("Var %s has no gradient", name)
            continue
        sparse = isinstance(gradient, tf.IndexedSlices)
        values = gradient.values if sparse else gradient
        summaries.append(tf.summary.histogram(f"{name}_gradient", values))
        norm = tf.global_norm([values])
        summaries.append(tf.summary.scalar(f"{name}_gradient_norm", norm))
    return summaries


def create_train_op(
    total_loss: Any,
    optimizer: Any,
    global_step: Any = _USE_DEFAULT,
    update_ops: Iterable[Any] | None = None,
    variables_to_train: Sequence[Any] | None = None,
    clip_gradient_norm: float = 0,
    summarize_gradients: bool = False,
    gate_gradients: int = tf.train.Optimizer.GATE_OP,
    aggregation_method: int | None = None,
    colocate_gradients_with_ops: bool = False,
    gradient_multipliers: Mapping[Any, Any] | None = None,
    check_numerics: bool = True,
) -> Any:
    """As `slim.learning.create_train_op` of TensorFlow 1.15.

    Returns a tensor of the loss; running it updates the moving averages, makes one
    training step and counts it.

    Args:
        global_step: Left out, the graph's; None counts nothing.
        update_ops: Run before the gradients; None for the collection UPDATE_OPS.
        clip_gradient_norm: The largest norm of each gradient; 0 for any.
        check_numerics: Whether a loss that is not finite is an error.
    """

    def transform(gradients: Gradients) -> Gradients:
        if gradient_multipliers:
            with tf.name_scope("multiply_grads"):
                gradients = multiply_gradients(gradients, gradient_multipliers)
        if clip_gradient_norm > 0:
            with tf.name_scope("clip_grads"):
                gradients = clip_gradient_norms(gradients, clip_gradient_norm)
        return gradients

    return train_op(
        total_loss,
        optimizer,
        global_step=global_step,
        update_ops=update_ops,
        variables_to_train=variables_to_train,
        transform_grads_fn=transform,
        summarize_gradients=summarize_gradients,
        gate_gradients=gate_gradients,
        aggregation_method=aggregation_method,
        colocate_gradients_with_ops=colocate_gradients_with_ops,
        check_numerics=check_numerics,
    )


def train_op(
    total_loss: Any,
    optimizer: Any,
    global_step: Any = _USE_DEFAULT,
    update_ops: Iterable[Any] | None = None,
    variables_to_train: Sequence[Any] | None = None,
    transform_grads_fn: Callable[[Gradients], Gradients] | None = None,
    summarize_gradients: bool = False,
    gate_gradients: int = tf.train.Optimizer.GATE_OP,
    aggregation_method: int | None = None,
    colocate_gradients_with_ops: bool = False,
    check_numerics: bool = True,
) -> Any:
    """As `tf.contrib.training.create_train_op` of TensorFlow 1.15.

    It is `create_train_op` with one function for what is done to the gradients.
    """
    # 0 as the graph's own step; a variable must not be compared with it.
    if isinstance(global_step, int) and global_step == _USE_DEFAULT:
        global_step = tf.train.get_or_create_global_step()
    collected = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    updates = collected if update_ops is None else list(update_ops)
    if not {id(update) for update in collected} <= {id(update) for update in updates}:
        tf.logging.warning(
            "update_ops in create_train_op does not contain all the update_ops in "
            "GraphKeys.UPDATE_OPS"
        )
    if updates:
        with tf.control_dependencies(updates):
            barrier = tf.no_op(name="update_barrier")
        total_loss = with_dependencies([barrier], total_loss)
    trained = variables_to_train
    if trained is None:
        trained = tf.trainable_variables()
    if not trained:
        raise ValueError(
            "There are no variables to train. Build the network first, or pass "
            "variables_to_train."
        )
    gradients = optimizer.compute_gradients(
        total_loss,
        trained,
        gate_gradients=gate_gradients,
        aggregation_method=aggregation_method,
        colocate_gradients_with_ops=colocate_gradients_with_ops,
    )
    if transform_grads_fn:
        gradients = transform_grads_fn(gradients)
    if summarize_gradients:
        with tf.name_scope("summarize_grads"):
            add_gradients_summaries(gradients)
    step = optimizer.apply_gradients(gradients, global_step=global_step)
    with tf.name_scope("train_op"):
        if check_numerics:
            total_loss = tf.check_numerics(total_loss, "LossTensor is inf or nan")
        result = with_dependencies([step], total_loss)
    known = tf.get_collection_ref(tf.GraphKeys.TRAIN_OP)
    if not any(result is each for each in known):
        known.append(result)
    return result


def train_step(
    sess: Any, train_op: Any, global_step: Any, train_step_kwargs: dict[str, Any]
) -> tuple[Any, Any]:
    """As `slim.learning.train_step`: one step, returns the loss and whether to stop.

    Args:
        train_step_kwargs: Tensors "should_log", "should_stop" and "should_trace", with
            the "logdir" and "summary_writer" of a trace.
    """
    start = time.time()
    options = metadata = None
    if "should_trace" in train_step_kwargs and sess.run(
        train_step_kwargs["should_trace"]
    ):
        options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
        metadata = tf.RunMetadata()
    loss, step = sess.run(
        [train_op, global_step], options=options, run_metadata=metadata
    )
    seconds = time.time() - start
    if metadata is not None:
        _write_trace(metadata, step, train_step_kwargs)
    if "should_log" in train_step_kwargs and sess.run(train_step_kwargs["should_log"]):
        tf.logging.info(
            "global step %d: loss = %.4f (%.3f sec/step)", step, loss, seconds
        )
    stop = False
    if "should_stop" in train_step_kwargs:
        stop = sess.run(train_step_kwargs["should_stop"])
    return loss, stop


def _write_trace(metadata: Any, step: int, kwargs: Mapping[str, Any]) -> None:
    trace = timeline.Timeline(metadata.step_stats).generate_chrome_trace_format()
    path = f"{kwargs['logdir']}/tf_trace-{step}.json"
    tf.logging.info("Writing trace to %s", path)
    with tf.gfile.Open(path, "w") as file:
        file.write(trace)
    if kwargs.get("summary_writer"):
        kwargs["summary_writer"].add_run_metadata(metadata, f"run_metadata-{step}")


def train(
    train_op: Any,
    logdir: str | None,
    train_step_fn: Callable[..., tuple[Any, Any]] = train_step,
    train_step_kwargs: Any = _USE_DEFAULT,
    log_every_n_steps: int = 1,
    graph: Any = None,
    master: str = "",
    is_chief: bool = True,
    global_step: Any = None,
    number_of_steps: int | None = None,
    init_op: Any = _USE_DEFAULT,
    init_feed_dict: Mapping[Any, Any] | None = None,
    local_init_op: Any = _USE_DEFAULT,
    init_fn: Callable[[Any], None] | None = None,
    ready_op: Any = _USE_DEFAULT,
    summary_op: Any = _USE_DEFAULT,
    save_summaries_secs: int = 600,
    summary_writer: Any = _USE_DEFAULT,
    startup_delay_steps: int = 0,
    saver: Any = None,
    save_interval_secs: int = 600,
    sync_optimizer: Any = None,
    session_config: Any = None,
    session_wrapper: Callable[[Any], Any] | None = None,
    trace_every_n_steps: int | None = None,
    ignore_live_threads: bool = False,
) -> Any:
    """As `slim.learning.train` of TensorFlow 1.15: trains until told to stop.

    It goes on from the checkpoint in `logdir`, if there is one, and leaves one there.

    Args:
        train_op: What `create_train_op` returned.
        logdir: For checkpoints and summaries; None for neither.
        number_of_steps: The global step at which it stops; None for never.
        init_fn: Called with the session once the variables are initialized.
        sync_optimizer: Training on several machines, which is not supplied here.

    Returns:
        The loss of the last step.
    """
    _require_train_arguments(
        train_op,
        logdir,
        number_of_steps,
        sync_optimizer,
        {
            "summary_op": summary_op != _USE_DEFAULT,
            "saver": saver is not None,
            "trace_every_n_steps": trace_every_n_steps is not None,
        },
    )
    graph = graph or tf.get_default_graph()
    with graph.as_default():
        if global_step is None:
            global_step = tf.train.get_or_create_global_step()
        saver = saver or _saver.Saver()
        with tf.name_scope("init_ops"):
            if _left_out(init_op):
                init_op = tf.global_variables_initializer()
            if _left_out(ready_op):
                ready_op = tf.report_uninitialized_variables()
            if _left_out(local_init_op):
                local_init_op = tf.group(
                    tf.local_variables_initializer(), tf.tables_initializer()
                )
        if _left_out(summary_op):
            summary_op = tf.summary.merge_all()
        if _left_out(summary_writer):
            summary_writer = tf.train.Supervisor.USE_DEFAULT
        if _left_out(train_step_kwargs):
            train_step_kwargs = _step_kwargs(
                global_step,
                number_of_steps,
                log_every_n_steps,
                trace_every_n_steps if is_chief else None,
                logdir,
            )
    supervisor = tf.train.Supervisor(
        graph=graph,
        is_chief=is_chief,
        logdir=logdir,
        init_op=init_op,
        init_feed_dict=init_feed_dict,
        local_init_op=local_init_op,
        ready_for_local_init_op=None,
        ready_op=ready_op,
        summary_op=summary_op,
        summary_writer=summary_writer,
        global_step=global_step,
        saver=saver,
        save_summaries_secs=save_summaries_secs,
        save_model_secs=save_interval_secs,
        init_fn=init_fn,
    )
    if summary_writer is not None:
        train_step_kwargs["summary_writer"] = supervisor.summary_writer
    with supervisor.managed_session(
        master, start_standard_services=False, config=session_config
    ) as session:
        tf.logging.info("Starting Session.")
        if session_wrapper is not None:
            session = session_wrapper(session)
        if is_chief and logdir:
            supervisor.start_standard_services(session)
        threads = supervisor.start_queue_runners(session)
        tf.logging.info("Starting Queues.")
        loss = None
        try:
            while not supervisor.should_stop():
                loss, stop = train_step_fn(
                    session, train_op, global_step, train_step_kwargs
                )
                if stop:
                    tf.logging.info("Stopping Training.")
                    supervisor.request_stop()
        except tf.errors.OutOfRangeError as error:
            tf.logging.info("Caught OutOfRangeError. Stopping Training. %s", error)
        if logdir and supervisor.is_chief:
            tf.logging.info("Finished training! Saving model to disk.")
            supervisor.saver.save(
                session, supervisor.save_path, global_step=supervisor.global_step
            )
            # The end of the block closes the writer.
            supervisor.stop(
                threads,
                close_summary_writer=False,
                ignore_live_threads=ignore_live_threads,
            )
    return loss


def _left_out(argument: Any) -> bool:
    return isinstance(argument, int) and argument == _USE_DEFAULT


def _require_train_arguments(
    train_op: Any,
    logdir: str | None,
    number_of_steps: int | None,
    sync_optimizer: Any,
    need_logdir: Mapping[str, bool],
) -> None:
    if train_op is None:
        raise ValueError("train_op cannot be None. Use slim.learning.create_train_op.")
    for name, given in need_logdir.items():
        if logdir is None and given:
            raise ValueError(f"Cannot provide {name} because logdir=None.")
    if number_of_steps is not None and number_of_steps <= 0:
        raise ValueError(
            "`number_of_steps` must be either None or a positive number. "
            f"Received: number_of_steps={number_of_steps!r}."
        )
    if sync_optimizer is not None:
        raise ValueError(
            "Training on several machines (sync_optimizer) is not supplied here. "
            "Leave it out to train on this one; today tf.distribute does it."
        )


def _step_kwargs(
    global_step: Any,
    number_of_steps: int | None,
    log_every_n_steps: int,
    trace_every_n_steps: int | None,
    logdir: str | None,
) -> dict[str, Any]:
    """What `train_step` is told by default."""
    with tf.name_scope("train_step"):
        kwargs: dict[str, Any] = {
            "should_stop": tf.greater_equal(global_step, number_of_steps)
            if number_of_steps
            else tf.constant(False)
        }
        if log_every_n_steps > 0:
            kwargs["should_log"] = tf.equal(tf.mod(global_step, log_every_n_steps), 0)
        if trace_every_n_steps is not None:
            rest = tf.mod(global_step, trace_every_n_steps)
            kwargs["should_trace"] = tf.equal(rest, 0)
            kwargs["logdir"] = logdir
        return kwargs


__getattr__, __dir__ = _namespace.attach(__name__)
